"""What the query of an address says: reading its numbers, writing it again without its blanks."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode


def query_string(named: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Give the query with its question mark, of what is not blank; blank if nothing is left."""
    pairs = named.items() if isinstance(named, Mapping) else named
    said = urlencode([(name, value) for name, value in pairs if value])
    return f"?{said}" if said else ""
