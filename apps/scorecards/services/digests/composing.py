"""Putting the digests of a week together."""

from datetime import date, timedelta

import msgspec

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Team
from apps.scorecards.models import Digest, DigestMail, MailState
from apps.scorecards.selectors.digests import (
    digest_contents,
    digest_readers,
    digest_teams,
    digests_unfinished,
    week_before,
)
from core.queue import enqueue_on_commit

_SENDING_LASTS = timedelta(minutes=15)
_KEPT = timedelta(days=400)


def digests_begin(*, today: date | None = None) -> int:
    """Put the digests of the last week together that are not yet, and have those sent that wait; how many wait.

    It may run at any time and as often as somebody likes: a week of a team is put together once.
    """
    today = today or timezone.localdate()
    week = week_before(today)
    known = set(Digest.objects.filter(week=week).values_list("team_id", flat=True))
    for team in digest_teams():
        if team.pk not in known:
            _compose(team, week, today)
    _lost_note()
    Digest.objects.filter(week__lt=today - _KEPT).delete()
    waiting = digests_unfinished(week=week)
    for digest_id in waiting:
        enqueue_on_commit("scorecards.digest_send", digest_id, queue="quick")
    return len(waiting)


def _compose(team: Team, week: date, today: date) -> None:
    """Put a digest together with the list of those who get it, unless somebody else just did."""
    contents = digest_contents(team=team, week=week, today=today)
    try:
        with transaction.atomic():
            digest = Digest.objects.create(
                team=team, week=week, content=msgspec.to_builtins(contents)
            )
            if contents.is_worth_a_mail:
                DigestMail.objects.bulk_create(
                    DigestMail(digest=digest, user=user) for user in digest_readers(team=team)
                )
    except IntegrityError:
        if not Digest.objects.filter(team=team, week=week).exists():
            raise


def _lost_note() -> None:
    """Give up what a worker was sending when it died: nobody knows whether it arrived, and twice is worse than not."""
    DigestMail.objects.filter(
        state=MailState.SENDING, claimed_at__lt=timezone.now() - _SENDING_LASTS
    ).update(state=MailState.UNKNOWN)
