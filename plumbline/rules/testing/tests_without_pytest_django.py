"""TST-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import set_option, settings_candidate
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_PROJECT = (
    '[project]\nname = "shop"\ndependencies = ["django"]\n'
    '[dependency-groups]\ndev = ["pytest-django"]\n'
)
_TEST = {"shop/tests/test_orders.py": "def test_order():\n    assert True\n"}


class TestsWithoutPytestDjango(Rule):
    """Finds test suites that pytest-django does not run, or that it cannot find the settings of."""

    code = "TST01"
    slug = "tests-without-pytest-django"
    title = "Tests run under pytest-django with a settings module"
    level = Level.MUST
    section = "Testing with pytest-django"
    guide_lines = (1933, 1933)
    effort = Effort.HOUR
    what = (
        "A repository with tests that does not install pytest-django, or installs it and names no settings module to "
        "it: not in "
        "pytest's configuration, not by `--ds`, not in an environment variable or a `conftest.py`."
    )
    why = (
        "Fixtures, parametrised tests, marks for the database and parallel runs need pytest-django. Without a "
        "settings module it "
        "leaves Django unconfigured, and the first test that touches a model fails."
    )
    how = (
        'Run `uv add --dev pytest-django` and set `DJANGO_SETTINGS_MODULE = "config.settings.test"` in '
        "`[tool.pytest.ini_options]`. "
        "Tests written for Django's `TestCase` run unchanged."
    )
    applies_when = "the repository has tests"
    absent = "no tests"
    needs = ("toml", "requirements", "ini")
    examples = (
        Example(
            "Django's own runner",
            {"requirements.txt": "django\n", **_TEST},
            reports=("requirements.txt",),
        ),
        Example(
            "no settings module anywhere",
            {"pyproject.toml": _PROJECT + '[tool.pytest.ini_options]\naddopts = "-q"\n', **_TEST},
            reports=("pyproject.toml",),
        ),
        Example(
            "no settings module, and one to name",
            {
                "pytest.ini": "[pytest]\naddopts = -q\n",
                "pyproject.toml": _PROJECT,
                "config/settings/base.py": "INSTALLED_APPS = []\n",
                "config/settings/test.py": "from .base import *\n",
                **_TEST,
            },
            reports=("pytest.ini",),
            fixed={
                "pytest.ini": "[pytest]\naddopts = -q\nDJANGO_SETTINGS_MODULE = config.settings.test\n"
            },
        ),
        Example(
            "configured in pyproject.toml",
            {
                "pyproject.toml": _PROJECT
                + '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "config.settings.test"\n',
                **_TEST,
            },
            state="pass",
        ),
        Example(
            "by an option",
            {
                "pyproject.toml": _PROJECT
                + '[tool.pytest]\naddopts = ["--ds=config.settings.test"]\n',
                **_TEST,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "by the environment of CI",
            {
                "pyproject.toml": _PROJECT,
                ".github/workflows/ci.yml": (
                    "jobs:\n  test:\n    env:\n      DJANGO_SETTINGS_MODULE: config.settings.test\n"
                    "    steps:\n    - run: pytest\n"
                ),
                **_TEST,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "by conftest.py",
            {
                "pyproject.toml": _PROJECT,
                "conftest.py": 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")\n',
                **_TEST,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no tests yet",
            {"requirements.txt": "django\n", "shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return None if project.has_tests else self.absent

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        pytest = project.configuration.pytest
        candidates = ("pyproject.toml", "requirements-dev.txt", "requirements.txt")
        subject = project.repository("pytest-django", *candidates)
        if not project.installs("pytest-django"):
            if project.unreadable_configuration:
                yield subject.unknown(f"`{project.unreadable_configuration}` cannot be read")
            elif not project.dependencies.is_known:
                yield subject.unknown("the repository declares no dependencies")
            else:
                yield subject.violation(
                    "`pytest-django` is not installed; add it to the development dependencies and run the tests with "
                    "pytest"
                )
        elif project.names_test_settings:
            yield subject.in_order()
        else:
            place = (
                project.located_at(pytest[0], "pytest-django", "settings") if pytest else subject
            )
            yield place.violation(
                "pytest-django is given no settings module; set `DJANGO_SETTINGS_MODULE` in pytest's configuration",
                fix=_fix(project),
            )


def _fix(project: Project) -> Fix | None:
    """Name the settings module in pytest's configuration, where there are both, and one to name."""
    pytest, name = project.configuration.pytest, settings_candidate(project)
    if pytest is None or name is None:
        return None
    edit = set_option(project, pytest, "DJANGO_SETTINGS_MODULE", name)
    return Fix([edit]) if edit is not None else None
