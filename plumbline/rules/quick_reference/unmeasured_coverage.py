"""TOOL-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'
_TEST = {"shop/tests/test_orders.py": "def test_order():\n    assert True\n"}


class UnmeasuredCoverage(Rule):
    """Finds test suites whose coverage nothing measures."""

    code = "TOOL04"
    slug = "unmeasured-coverage"
    title = "The coverage of the tests is measured"
    level = Level.MUST
    section = "Quick Reference"
    guide_lines = (16, 29)
    what = (
        "A repository with tests but without pytest-cov, without `--cov` in pytest's options or a command, and "
        "without "
        "coverage.py, be it installed, configured or run."
    )
    why = (
        "Without a measurement nobody knows which branches have never run, and no gate can keep that share from "
        "growing."
    )
    how = (
        "Run `uv add --dev pytest-cov`, add a `[tool.coverage.run]` table with `branch = true` and your packages as "
        "`source`, and "
        "run `pytest --cov` in CI."
    )
    applies_when = "the repository has tests"
    absent = "no tests"
    errata = (
        "The guide names pytest-cov; `coverage run -m pytest` measures the same and is accepted."
    )
    needs = ("toml", "yaml", "requirements", "ini")
    examples = (
        Example(
            "tests without coverage",
            {"pyproject.toml": _PROJECT + '[dependency-groups]\ndev = ["pytest"]\n', **_TEST},
            reports=("pyproject.toml",),
        ),
        Example(
            "pytest-cov is declared",
            {
                "pyproject.toml": _PROJECT + '[dependency-groups]\ndev = ["pytest-cov>=7"]\n',
                **_TEST,
            },
            state="pass",
        ),
        Example(
            "the option stands in pytest's options only",
            {
                "requirements.txt": "django\n",
                "pytest.ini": "[pytest]\naddopts = -q --cov=shop\n",
                **_TEST,
            },
            state="pass",
        ),
        Example(
            "coverage.py without the plugin",
            {
                "pyproject.toml": _PROJECT,
                ".github/workflows/ci.yml": (
                    "jobs:\n  test:\n    steps:\n    - run: |\n        pip install coverage\n"
                    "        coverage run -m pytest\n"
                ),
                **_TEST,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no tests yet",
            {"pyproject.toml": _PROJECT, "shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return None if project.has_tests else self.absent

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        configuration = project.configuration
        subject = project.repository("coverage", "pyproject.toml")
        if (
            project.installs("pytest-cov", "coverage", "nose-cov", "pytest-codecov")
            or "--cov" in configuration.pytest_options
            or configuration.has_coverage
            or configuration.commands.anything_runs("coverage")
            or configuration.commands.mentions("--cov")
        ):
            yield subject.in_order()
        elif project.unreadable_configuration:
            yield subject.unknown(f"`{project.unreadable_configuration}` cannot be read")
        else:
            yield subject.violation(
                "Nothing measures the tests' coverage; add `pytest-cov` and run `pytest --cov` in CI"
            )
