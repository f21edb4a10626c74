"""A digest as a mail: text and HTML, with the way out in its headers."""

import hashlib
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from apps.accounts.digest_links import digest_stop_path
from apps.accounts.models import Team, User
from apps.scorecards.digests import Contents
from core.text import text_visible

_SUBJECT_LIMIT = 160


def digest_message(*, team: Team, contents: Contents, user: User) -> EmailMultiAlternatives:
    """Write the mail. Nothing in it is fetched from anywhere when it is read.

    Args:
        team: Whose digest.
        contents: What it says.
        user: Who gets it.
    """
    site = settings.SITE_URL.rstrip("/")
    stop = site + digest_stop_path(team_id=team.pk, user_id=user.pk)
    context = {
        "team": team,
        "digest": contents,
        "last_day": contents.week + timedelta(days=6),
        "site": site,
        "profile": site + reverse("accounts:profile"),
        "stop": stop,
    }
    subject = text_visible(f"[Plumbline] {team.name}: {contents.summary}")[:_SUBJECT_LIMIT]
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("digests/digest.txt", context),
        to=[user.email],
        headers={
            # One that is sent twice after all is recognised by it.
            "Message-ID": f"<{_key(team, contents, user)}@{urlsplit(site).hostname or 'plumbline'}>",
            "List-Id": f"<team-{team.pk}.digest.{urlsplit(site).hostname or 'plumbline'}>",
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    message.attach_alternative(render_to_string("digests/digest.html", context), "text/html")
    return message


def _key(team: Team, contents: Contents, user: User) -> str:
    told = f"{settings.SITE_URL} {team.pk} {contents.week} {user.pk}"
    return f"digest.{hashlib.sha256(told.encode()).hexdigest()[:32]}"
