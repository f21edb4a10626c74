"""What the database can store, made from whatever a hostile file says."""

import math
from typing import Any

from core.text import text_visible


def clean_text(text: str, *, limit: int = 0, lines: bool = False) -> str:
    r"""Give text without NUL, lone surrogates, control or direction characters.

    Each is shown as its escape (``\x00``, ``\u202e``), so nothing is hidden or lost.

    Args:
        text: Anything.
        limit: Longest result in characters, an ellipsis included; 0 is no limit.
        lines: Keep line feeds and tabs, for source code.
    """
    if lines:
        text = text.replace("\r\n", "\n")
    cleaned = text_visible(text[:limit] if limit else text, keep="\n\t" if lines else "")
    if limit and (len(text) > limit or len(cleaned) > limit):
        return cleaned[: limit - 1] + "…"
    return cleaned


def clean_json(value: Any) -> Any:  # noqa: ANN401 - JSON is any of six kinds
    """Give a value that a jsonb column accepts: clean strings, null for NaN and infinity."""
    match value:
        case str():
            return clean_text(value, lines=True)
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {clean_text(str(key)): clean_json(item) for key, item in value.items()}
        case list() | tuple():
            return [clean_json(item) for item in value]
        case _:
            return value
