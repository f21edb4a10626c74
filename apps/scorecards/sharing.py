"""The address of a shared scorecard, and what a badge looks like in a README."""

import hmac
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import escape

from apps.repositories.models import Repository
from apps.scorecards.badge import badge_path
from apps.scorecards.models import SharedLink

_SALT = "apps.scorecards.sharing"
_KEY_LENGTH = 40


def shared_key(link: SharedLink) -> str:
    """What makes a link's address impossible to guess."""
    digest = salted_hmac(_SALT, str(link.public_id), algorithm="sha256").hexdigest()
    return digest[:_KEY_LENGTH]


def shared_key_fits(link: SharedLink, key: str) -> bool:
    """Whether somebody knows the key of a link."""
    return hmac.compare_digest(shared_key(link).encode(), key.encode())


def shared_path(link: SharedLink) -> str:
    """The path under which the scorecard is read without signing in."""
    return reverse("shared_scorecard", args=[link.public_id, shared_key(link)])


@dataclass(frozen=True, slots=True)
class Snippet:
    """A badge in a markup language."""

    name: str
    language: str
    text: str


def badge_snippets(
    request: HttpRequest, repository: Repository, link: SharedLink | None = None
) -> list[Snippet]:
    """The badge of a repository for Markdown, HTML and reStructuredText; it leads to the shared page, if any."""
    image = request.build_absolute_uri(badge_path(repository))
    page = reverse("scorecards:repository", args=[repository.slug])
    page = request.build_absolute_uri(shared_path(link) if link else page)
    return [
        Snippet("markdown", "Markdown", f"[![Plumbline]({image})]({page})"),
        Snippet(
            "html",
            "HTML",
            f'<a href="{escape(page)}"><img src="{escape(image)}" alt="Plumbline"></a>',
        ),
        Snippet(
            "rest",
            "reStructuredText",
            f".. image:: {image}\n   :target: {page}\n   :alt: Plumbline",
        ),
    ]
