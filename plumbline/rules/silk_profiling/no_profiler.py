"""SLK-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_OTHERS = (
    "django-debug-toolbar", "kolo", "nplusone", "django-querycount", "django-cprofile-middleware", "pyinstrument",
    "scout-apm", "ddtrace", "newrelic", "elastic-apm", "blackfire", "opentelemetry-sdk", "opentelemetry-distro",
    "opentelemetry-instrumentation-django",
)  # fmt: skip
_SETTINGS = {"config/settings.py": "INSTALLED_APPS = []\n"}


class NoProfiler(Rule):
    """Finds projects that have nothing to see requests and queries by."""

    code = "SLK01"
    slug = "no-request-profiler"
    title = "Requests can be profiled in development and staging"
    level = Level.SHOULD
    section = "Performance Profiling: django-silk"
    guide_lines = (1477, 1533)
    preview = True
    needs = ("toml", "requirements", "python")
    what = (
        "A Django project that declares neither django-silk nor another tool that shows what a request and its queries "
        "cost."
    )
    why = (
        "Slow pages and queries in a loop do not show with the few rows of a developer's database. A profiler that is "
        "at hand shows them while the code is being written."
    )
    how = (
        "Add django-silk to the development dependencies, and its app, middleware and URLs to the settings for "
        "development. Keep it out of production."
    )
    applies_when = "the repository is a Django project with settings that are deployed"
    absent = "no settings that are deployed"
    errata = (
        "django-debug-toolbar, kolo and agents that trace requests serve the same end and count as well. Nothing tells "
        "whether a staging site has one, so this is advice only."
    )
    examples = (
        Example(
            "no tool at all",
            {**_SETTINGS, "requirements.txt": "django\n"},
            reports=("requirements.txt",),
        ),
        Example(
            "django-silk for development",
            {**_SETTINGS, "requirements.txt": "django\n", "requirements-dev.txt": "django-silk\n"},
            state="pass",
        ),
        Example(
            "another tool for the same",
            {
                **_SETTINGS,
                "requirements.txt": "django\n",
                "requirements-dev.txt": "django-debug-toolbar\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable app",
            {"requirements.txt": "django\n", "shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the repository."""
        if not project.settings.deployed or not project.dependencies.is_known:
            return
        dependency = project.dependencies.get("django")
        path = dependency.path if dependency is not None else project.dependencies.files[0]
        subject = project.located_at(path, "profiler", "profiler")
        if project.installs("django-silk", *_OTHERS) or "silk" in project.imported_packages:
            yield subject.in_order()
        else:
            yield subject.violation(
                "nothing shows what requests and queries cost; add django-silk to the development dependencies"
            )
