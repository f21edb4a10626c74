"""Sending the mails of a digest: each is claimed in the database before it leaves."""

import logging
from smtplib import SMTPException, SMTPRecipientsRefused

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Membership
from apps.scorecards.digests import Contents
from apps.scorecards.models import DigestMail, MailState
from apps.scorecards.services.digests.message import digest_message

logger = logging.getLogger(__name__)

MAIL_ATTEMPTS = 3


def digest_send(*, digest_id: int) -> int:
    """Send the mails of a digest that wait; how many were sent.

    Each mail is tried three times, an hour apart, as often as `digests_begin` runs. A server that does not take one
    is asked for no other in this round.
    """
    sent = 0
    while (mail := _claim(digest_id)) is not None:
        try:
            contents = msgspec.convert(mail.digest.content, Contents)
            digest_message(team=mail.digest.team, contents=contents, user=mail.user).send()
        except SMTPRecipientsRefused:
            _end(mail, MailState.FAILED, "the address was refused")
        except (SMTPException, OSError) as error:
            logger.warning("a digest was not sent", extra={"error": type(error).__name__})
            is_last = mail.attempts >= MAIL_ATTEMPTS
            state = MailState.FAILED if is_last else MailState.WAITING
            _end(mail, state, f"{type(error).__name__}")
            break
        else:
            _end(mail, MailState.SENT)
            sent += 1
    return sent


def _claim(digest_id: int) -> DigestMail | None:
    """Take the next mail that waits, for ourselves alone; skip those who want none any more."""
    while True:
        with transaction.atomic():
            mail = (
                DigestMail.objects.select_for_update(skip_locked=True, of=["self"])
                .select_related("digest__team", "user")
                .filter(digest_id=digest_id, state=MailState.WAITING)
                .order_by("attempts", "id")
                .first()
            )
            if mail is None:
                return None
            if not _is_wanted(mail):
                mail.delete()
                continue
            mail.state, mail.claimed_at = MailState.SENDING, timezone.now()
            mail.attempts += 1
            mail.save(update_fields=["state", "claimed_at", "attempts"])
        return mail


def _is_wanted(mail: DigestMail) -> bool:
    """Whether the reader is still a member who wants it."""
    return Membership.objects.filter(
        team=mail.digest.team_id, user=mail.user_id, wants_digest=True, user__is_active=True
    ).exists()


def _end(mail: DigestMail, state: MailState, problem: str = "") -> None:
    DigestMail.objects.filter(pk=mail.pk, state=MailState.SENDING).update(
        state=state, problem=problem[:200]
    )
