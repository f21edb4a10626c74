"""`manage.py digest_preview TEAM`: what a team's digest would say now. Nothing is kept or sent."""

from datetime import date, timedelta

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import team_by_slug
from apps.scorecards.selectors.digests import digest_contents, week_before
from apps.scorecards.services.digests import digest_message
from core.exceptions import DomainError


class Command(BaseCommand):
    """Print a digest."""

    help = "Print the weekly digest of a team, as text or HTML, without keeping or sending it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the team's slug, and a day."""
        parser.add_argument("team", help="the team's slug")
        parser.add_argument("--html", action="store_true", help="print the HTML part")
        parser.add_argument(
            "--week", type=date.fromisoformat, help="a day of the week; by default of the last one"
        )

    def handle(self, *, team: str, html: bool, week: date | None, **_options: object) -> None:
        """Print it."""
        try:
            found = team_by_slug(slug=team)
        except DomainError as error:
            raise CommandError(error.text) from error
        monday = (
            week - timedelta(days=week.weekday()) if week else week_before(timezone.localdate())
        )
        contents = digest_contents(team=found, week=monday)
        if not contents.is_worth_a_mail:
            self.stderr.write("Nothing changed in this week: no mail would be sent.")
        reader = User(pk=0, email="preview@localhost")
        message = digest_message(team=found, contents=contents, user=reader)
        self.stdout.write(f"Subject: {message.subject}\n\n")
        self.stdout.write(str(message.alternatives[0][0] if html else message.body))
