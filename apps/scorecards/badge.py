"""The badge: a score and a standing as a small picture for a README."""

import hashlib
import hmac
from html import escape

from django.urls import reverse
from django.utils.crypto import salted_hmac

from apps.repositories.models import Repository

_SALT = "apps.scorecards.badge"
_KEY_LENGTH = 24
_LABEL = "plumbline"
_COLOURS = {"plumb": "#2f6f4f", "leaning": "#8a6116", "off": "#a33a2c"}
_UNKNOWN = "#5d6470"
_CHARACTER = 6.6
_PADDING = 10


def badge_key(repository: Repository) -> str:
    """What makes a badge's address hard to guess, so that it may be public."""
    return salted_hmac(_SALT, str(repository.public_id), algorithm="sha256").hexdigest()[
        :_KEY_LENGTH
    ]


def badge_path(repository: Repository) -> str:
    """The path of a repository's badge with the key that makes it public."""
    return f"{reverse('badge', args=[repository.slug])}?key={badge_key(repository)}"


def badge_key_fits(repository: Repository, key: str) -> bool:
    """Whether somebody knows the key of a repository's badge."""
    return hmac.compare_digest(badge_key(repository).encode(), key.encode())


def badge_svg(score: float | None, standing: str, without: float | None = None) -> str:
    """Draw the badge; text is escaped and sized without a font.

    Args:
        score: 0 to 100; None for none.
        standing: As a word; blank for none.
        without: The score without waivers, which the badge's title tells where it is another.
    """
    text = "not scored" if score is None else f"{score:.0f}"
    if standing:
        text = f"{text} · {standing}"
    left = round(len(_LABEL) * _CHARACTER + 2 * _PADDING)
    right = round(len(text) * _CHARACTER + 2 * _PADDING)
    width = left + right
    differs = without is not None and score is not None and f"{without:.0f}" != f"{score:.0f}"
    note = f" ({without:.0f} without waivers)" if differs else ""
    title = escape(f"{_LABEL}: {text}{note}")
    colour = _COLOURS.get(standing, _UNKNOWN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="22" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
        f'<clipPath id="r"><rect width="{width}" height="22" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="22" fill="#2b2f36"/>'
        f'<rect x="{left}" width="{right}" height="22" fill="{colour}"/></g>'
        '<g fill="#fff" text-anchor="middle" font-size="11.5" '
        'font-family="Verdana,DejaVu Sans,sans-serif">'
        f'<text x="{left / 2:g}" y="15">{_LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="15">{escape(text)}</text></g></svg>'
    )


def badge_etag(svg: str) -> str:
    """Name a drawing by what it shows."""
    return f'"{hashlib.sha256(svg.encode()).hexdigest()[:32]}"'
