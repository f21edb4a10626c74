"""TPF-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict
from plumbline.rules.test_performance.rebuilt_test_database import judge_option

_DEV = '[project]\nname = "shop"\ndependencies = ["django"]\n[dependency-groups]\ndev = ["pytest-django"]\n'
_OPTIONS = ("--no-migrations", "--nomigrations")


class MigratedTestDatabase(Rule):
    """Finds configurations of pytest that run every migration before the first test."""

    code = "TPF03"
    slug = "migrated-test-database"
    title = "Tests make their tables from models, not from migrations"
    level = Level.SHOULD
    section = "Test Performance"
    guide_lines = (1981, 1991)
    what = (
        "A configuration of pytest in a repository with pytest-django where neither `addopts` nor a command of CI "
        "or a task passes `--no-migrations`."
    )
    why = (
        "A long history of migrations is replayed for every new test database, only to arrive at what the models say "
        "anyway."
    )
    how = (
        'Add `"--no-migrations"` to `addopts`. Data and extensions that tests expect from migrations then have to '
        "come from "
        "fixtures. Tests of migrations run in a command of their own with `--migrations`."
    )
    applies_when = "the repository configures pytest and installs pytest-django"
    absent = "no configuration of pytest with pytest-django"
    errata = (
        "The guide also shows a test that applies all migrations, which cannot run under this option. Where tests "
        "drive migrations, or a command passes `--migrations`, the suite is in order without it."
    )
    needs = ("toml", "ini")
    examples = (
        Example(
            "migrations for every run",
            {"pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["--reuse-db"]\n'},
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": _DEV
                + '[tool.pytest.ini_options]\naddopts = ["--reuse-db", "--no-migrations"]\n'
            },
        ),
        Example(
            "tables from models",
            {"pyproject.toml": _DEV + '[tool.pytest]\naddopts = "--nomigrations"\n'},
            state="pass",
        ),
        Example(
            "tests of migrations need them",
            {
                "pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["-q"]\n',
                "tests/test_migrations.py": (
                    "from django.db import connection\n"
                    "from django.db.migrations.executor import MigrationExecutor\n\n"
                    "def test_it_applies(transactional_db):\n"
                    "    MigrationExecutor(connection).migrate([])\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a command of CI that asks for migrations",
            {
                "pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["-q"]\n',
                ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n    - run: pytest --migrations\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no pytest", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the configuration of pytest."""
        for verdict in judge_option(
            project,
            _OPTIONS,
            'tests replay every migration; add `"--no-migrations"` to `addopts`',
        ):
            if verdict.outcome == "violation" and _drives_migrations(project):
                yield verdict.subject.in_order()
            else:
                yield verdict


def _drives_migrations(project: Project) -> bool:
    """Whether tests or commands need the migrations to be there."""
    if project.configuration.commands.mentions("--migrations"):
        return True
    if project.calls.named("MigrationExecutor", tests=True) or project.installs(
        "django-test-migrations"
    ):
        return True
    return any(
        call.outline.args[:1] == ["migrate"]
        for call in project.calls.named("call_command", tests=True)
    )
