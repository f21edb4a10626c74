"""Make an API token for a bot and print it once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import TokenScope
from apps.accounts.selectors import user_get_by_email
from apps.accounts.services import token_create
from core.exceptions import DomainError


class Command(BaseCommand):
    """``manage.py token_create ci@example.org --scope scan:write``."""

    help = "Create an API token. Its text is printed once and kept nowhere."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the user, a name, scopes and a life in days."""
        parser.add_argument("email", help="the user that the bot acts as")
        parser.add_argument("--name", default="command line")
        parser.add_argument(
            "--scope",
            action="append",
            choices=TokenScope.values,
            help="may be given several times; all scopes without it",
        )
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - argparse
        """Create and print."""
        try:
            _, text = token_create(
                user=user_get_by_email(email=options["email"]),
                name=options["name"],
                scopes=options["scope"] or TokenScope.values,
                days=options["days"],
            )
        except DomainError as error:
            raise CommandError(error.advice) from error
        self.stdout.write(text)
