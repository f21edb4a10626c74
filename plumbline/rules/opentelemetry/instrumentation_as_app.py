"""OTL-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, RemoveItem
from plumbline.project import Project
from plumbline.project.installed import giving, holds, holds_in_some_runs, once
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = "opentelemetry.instrumentation.django"
_REQUIREMENTS = {"requirements.txt": "django\nopentelemetry-instrumentation-django\n"}


class InstrumentationAsApp(Rule):
    """Finds the instrumentation for Django listed as an app."""

    code = "OTL04"
    slug = "instrumentation-as-app"
    title = "The instrumentation for Django is not listed as an app"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1545, 1549)
    what = f"`{_APP}` among `INSTALLED_APPS`."
    why = (
        "The package is no Django app. Django accepts it under the label `django` and nothing happens, so the list "
        "suggests tracing that is not there."
    )
    how = (
        "Take the line out. Call `DjangoInstrumentor().instrument()` where the process starts, or start the server "
        "under `opentelemetry-instrument`."
    )
    applies_when = "settings list apps in a project that uses OpenTelemetry"
    absent = "OpenTelemetry is not used, or no settings list apps"
    errata = "The guide's sample adds the package to the apps, where it has no effect. Plumbline asks for the opposite."
    examples = (
        Example(
            "listed for production",
            {
                **_REQUIREMENTS,
                "config/settings/__init__.py": "",
                "config/settings/base.py": 'INSTALLED_APPS = ["shop"]\n',
                "config/settings/production.py": (
                    'from .base import *\n\nINSTALLED_APPS += [\n    "storages",\n'
                    f'    "{_APP}",\n]\n'
                ).replace("INSTALLED_APPS += [", "INSTALLED_APPS += [  # <-"),
            },
            fixed={
                "config/settings/production.py": (
                    'from .base import *\n\nINSTALLED_APPS += [\n    "storages",\n]\n'
                )
            },
        ),
        Example(
            "not listed",
            {**_REQUIREMENTS, "config/settings.py": 'INSTALLED_APPS = ["shop"]\n'},
            state="pass",
        ),
        Example(
            "without OpenTelemetry",
            {"requirements.txt": "django\n", "config/settings.py": 'INSTALLED_APPS = ["shop"]\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each settings module that lists apps."""
        if project.telemetry.is_used:
            yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.modules:
            setting = module.get("INSTALLED_APPS")
            if setting is None:
                continue
            if holds(project, module, "INSTALLED_APPS", _APP):
                place = giving(project, module, "INSTALLED_APPS", _APP)
                yield place.violation(
                    f"`{_APP}` does nothing as an app; remove it and call `DjangoInstrumentor().instrument()` at start",
                    fix=Fix([RemoveItem(place.path, place.line, _APP)])
                    if place is not setting
                    else None,
                )
            elif holds_in_some_runs(module, "INSTALLED_APPS", _APP):
                yield setting.violation(
                    f"`{_APP}` does nothing as an app, in the runs that list it either; remove it"
                )
            else:
                yield setting.in_order()
