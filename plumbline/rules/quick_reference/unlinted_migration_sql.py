"""TOOL-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.roles import MIGRATION, is_project_file
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_MIGRATION = {"shop/migrations/0001_initial.py": "from django.db import migrations\n"}
_POSTGRES = {
    "shop/settings.py": 'import django\n\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
}


class UnlintedMigrationSql(Rule):
    """Finds projects on PostgreSQL in which nothing runs Squawk."""

    code = "TOOL05"
    slug = "unlinted-migration-sql"
    title = "Squawk lints the SQL of migrations"
    level = Level.MUST
    section = "Quick Reference"
    guide_lines = (16, 30)
    effort = Effort.HOUR
    what = "A project with migrations on PostgreSQL in which no step of CI, no hook and no task runs Squawk."
    why = (
        "Some statements lock a table for as long as they run, or break the version of the code that still serves "
        "requests. Squawk knows them; in review they look like any other migration."
    )
    how = (
        "For each new migration let CI print its SQL and pipe it on: `manage.py sqlmigrate shop 0002 | squawk`. "
        "Squawk comes as `squawk-cli`."
    )
    applies_when = "the project has migrations and uses PostgreSQL"
    absent = "no migrations, or no sign of PostgreSQL in settings or dependencies"
    errata = (
        "The guide's command `squawk migrations/*.sql` matches nothing, because Django's migrations are Python; any "
        "command that runs Squawk counts."
    )
    needs = ("python", "toml", "yaml")
    examples = (
        Example(
            "nothing runs it",
            {**_MIGRATION, **_POSTGRES, "Makefile": "check:\n\truff check .\n"},
            reports=(".github/workflows/ci.yml",),
        ),
        Example(
            "a driver tells the database",
            {
                **_MIGRATION,
                "requirements.txt": "django\npsycopg[binary]==3.2\n",
                ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n    - run: pytest\n",
            },
            reports=(".github/workflows/ci.yml",),
        ),
        Example(
            "the SQL is made in CI and linted there",
            {
                **_MIGRATION,
                **_POSTGRES,
                ".github/workflows/ci.yml": (
                    "jobs:\n  test:\n    steps:\n    - run: python manage.py sqlmigrate shop 0001 | squawk\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an action",
            {
                **_MIGRATION,
                **_POSTGRES,
                ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n    - uses: sbdchd/squawk-action@v2\n",
            },
            state="pass",
        ),
        Example(
            "another database",
            {
                **_MIGRATION,
                "shop/settings.py": (
                    'import django\n\nDATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example("no migrations", _POSTGRES, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        has_migrations = any(
            module.role == MIGRATION and is_project_file(module.path) for module in project.names
        )
        if not has_migrations or not project.uses_postgresql:
            return
        commands = project.configuration.commands
        subject = project.repository(
            "squawk",
            *([commands.main_ci_file] if commands.main_ci_file else []),
            ".github/workflows/ci.yml",
        )
        if commands.anything_runs("squawk") or commands.mentions("squawk"):
            yield subject.in_order()
        elif commands.ci_hidden:
            yield subject.unknown(f"`{commands.ci_hidden}` cannot be read")
        else:
            yield subject.violation(
                "Nothing lints the SQL of migrations; pipe `manage.py sqlmigrate` to `squawk` in CI"
            )
