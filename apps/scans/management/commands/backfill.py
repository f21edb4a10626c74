"""`manage.py backfill`: ask for the history of repositories."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.repositories.selectors import repository_by_slug
from apps.scans.services import backfill_request
from core.exceptions import DomainError


class Command(BaseCommand):
    """Asks for the judgement of the last months of repositories."""

    help = "Judge the last months of repositories, one commit for each, when the workers are idle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare repositories and months."""
        parser.add_argument("slugs", nargs="+", metavar="slug", help="a repository")
        parser.add_argument("--months", type=int, help="1 to 60; default: as the setting says")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401  # Django's own signature
        """Ask, one repository after another."""
        for slug in options["slugs"]:
            try:
                backfill = backfill_request(
                    repository=repository_by_slug(slug), months=options["months"]
                )
            except DomainError as error:
                raise CommandError(f"{slug}: {error.advice}") from error
            self.stdout.write(f"{slug}: {backfill.months} months, {backfill.get_state_display()}")
