"""TYP-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.roles import SETTINGS, SOURCE, is_project_file
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_NAMES = ("django-stubs-ext", "django-stubs")


class StubsExtensionNotInstalled(Rule):
    """Finds source that imports django_stubs_ext where only development installs it."""

    code = "TYP04"
    slug = "stubs-extension-not-installed"
    title = "django-stubs-ext is installed wherever the code imports it"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Type Checking: django-stubs"
    guide_lines = (95, 99)
    what = (
        "Source that imports `django_stubs_ext` when it runs, while the package is declared for development only or "
        "not at all. An import for type checkers alone, or under `try`, needs nothing at run time."
    )
    why = (
        "`django_stubs_ext.monkeypatch()` is usually called from settings. An image that installs only what "
        "production needs then does not start."
    )
    how = "Declare `django-stubs-ext` with the dependencies that production installs: `uv add django-stubs-ext`."
    applies_when = "the repository uses django-stubs or its extension"
    absent = "neither django-stubs nor django-stubs-ext"
    errata = (
        "The guide adds both packages to the development group. django-stubs brings the extension along, so it counts "
        "as present wherever django-stubs is; run time decides the rest."
    )
    needs = ("python", "toml", "requirements")
    examples = (
        Example(
            "imported by settings, installed for development",
            {
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = ["django"]\n\n[dependency-groups]\n'
                    'dev = ["django-stubs", "django-stubs-ext"]\n'
                ),
                "config/settings/base.py": "import django_stubs_ext\n\ndjango_stubs_ext.monkeypatch()\n",
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "installed at run time",
            {
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = ["django", "django-stubs-ext"]\n\n'
                    '[dependency-groups]\ndev = ["django-stubs"]\n'
                ),
                "config/settings/base.py": "import django_stubs_ext\n\ndjango_stubs_ext.monkeypatch()\n",
            },
            state="pass",
        ),
        Example(
            "for development only, and only type checkers import it",
            {
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = ["django"]\n\n[dependency-groups]\n'
                    'dev = ["django-stubs"]\n'
                ),
                "shop/models.py": (
                    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
                    "    from django_stubs_ext import StrOrPromise\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no stubs", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        declared = project.dependencies.get(*_NAMES)
        if not project.installs(*_NAMES) and "django_stubs_ext" not in project.imported_packages:
            return
        path = declared.path if declared is not None else "pyproject.toml"
        place = declared or project.repository("django-stubs-ext", path)
        subject = project.located_at(place.path, "django-stubs-ext", "django-stubs-ext")
        importer = next(iter(_importers(project)), "")
        at_run_time = any(
            item.is_runtime
            for name in _NAMES
            for item in project.dependencies.declared.get(name, ())
        )
        if not importer or at_run_time:
            yield subject.in_order()
        elif not project.dependencies.is_known or project.unreadable_configuration:
            yield subject.unknown("what production installs is not known")
        else:
            yield subject.violation(
                f"`{importer}` imports `django_stubs_ext` when it runs, but production does not install it; declare "
                f"`django-stubs-ext` as an ordinary dependency",
                at=place,
            )


def _importers(project: Project) -> Iterator[str]:
    """Paths of the modules that load the extension whenever they are loaded."""
    if "django_stubs_ext" not in project.imported_packages:
        return
    for module in project.importers("django_stubs_ext"):
        if module.role not in (SOURCE, SETTINGS) or not is_project_file(module.path):
            continue
        for item in module.outline.imports:
            if item.module.partition(".")[0] == "django_stubs_ext" and not (
                item.typing_only or item.guarded or item.scope >= 0
            ):
                yield module.path
