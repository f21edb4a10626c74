"""Make a new webhook secret for a repository and print it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.repositories.selectors import endpoint_path, repository_by_slug
from apps.repositories.services import webhook_secret_reset
from core.exceptions import DomainError


class Command(BaseCommand):
    """``manage.py webhook_secret my-repository``."""

    help = "Reset a repository's webhook secret. Prints the path to call and the secret, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the repository."""
        parser.add_argument("slug", help="the repository, as its page's address names it")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - argparse
        """Reset and print."""
        try:
            repository = repository_by_slug(options["slug"])
        except DomainError as error:
            raise CommandError(error.advice) from error
        self.stdout.write(endpoint_path(repository))
        self.stdout.write(webhook_secret_reset(repository=repository))
