"""Print the SQL of a repository's migrations, and what Squawk says of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.findings.migration_sql import SquawkFailed, lint_migrations, report_lines
from plumbline.command.trees import NotJudgeable


class Command(BaseCommand):
    """``manage.py migration_sql PATH``."""

    help = "Print the SQL for PostgreSQL of a repository's migrations, and Squawk's findings in it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the repository, and whether to leave out the SQL."""
        parser.add_argument("path", type=Path, help="a checkout, a folder or a bare repository")
        parser.add_argument("--summary", action="store_true", help="counts and findings only")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - argparse
        """Lint and print."""
        try:
            result = lint_migrations(options["path"])
        except (NotJudgeable, SquawkFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(report_lines(result, with_sql=not options["summary"])))
