"""What addresses and forms say: reading their whole numbers, writing a query without its blanks."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode


def query_string(named: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Give the query with its question mark, of what is not blank; blank if nothing is left."""
    pairs = named.items() if isinstance(named, Mapping) else named
    said = urlencode([(name, value) for name, value in pairs if value])
    return f"?{said}" if said else ""


def whole_number(text: str, *, digits: int) -> int | None:
    """Read a whole number of at most so many ASCII digits; nothing if the text is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= digits
    return int(text) if is_number else None
