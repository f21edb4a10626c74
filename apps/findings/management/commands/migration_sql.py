"""Print the SQL of a repository's migrations, and what Squawk says of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.findings.migration_sql import SquawkFailed, lint_migrations, report_lines
from plumbline.command.trees import NotJudgeable


class Command(BaseCommand):
    """``manage.py migration_sql PATH``; with ``--strict`` it fails where Squawk finds something."""

    help = "Print the SQL for PostgreSQL of a repository's migrations, and Squawk's findings in it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the repository, whether to leave out the SQL, and what to make of findings."""
        parser.add_argument("path", type=Path, help="a checkout, a folder or a bare repository")
        parser.add_argument("--summary", action="store_true", help="counts and findings only")
        parser.add_argument(
            "--strict",
            action="store_true",
            help="fail if Squawk finds anything that is not accepted",
        )
        parser.add_argument(
            "--accept",
            metavar="APP.MIGRATION",
            action="append",
            default=[],
            help="a migration whose findings somebody has looked at and accepted",
        )

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - argparse
        """Lint and print."""
        try:
            result = lint_migrations(options["path"])
        except (NotJudgeable, SquawkFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(report_lines(result, with_sql=not options["summary"])))
        paths = {
            f"{item.script.label}.{item.script.name}": item.script.path
            for item in result.migrations
        }
        unknown = sorted(set(options["accept"]) - set(paths))
        if unknown:
            raise CommandError(f"--accept: there is no migration {', '.join(unknown)}")
        accepted = {paths[name] for name in options["accept"]}
        found = [item for item in result.findings if item.path not in accepted]
        if options["strict"] and found:
            raise CommandError(
                f"Squawk finds {len(found)} hazards; change the migrations, or accept them by name"
            )
