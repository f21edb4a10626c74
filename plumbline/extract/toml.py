"""TOML documents."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from plumbline.extract.errors import NotReadable, decoded
from plumbline.extract.suppressions import hash_suppressions
from plumbline.outline import TomlOutline

# tomllib nests one dictionary per part: a key of 100,000 parts costs it gigabytes.
_DEEP_KEY = re.compile(r"(?:[\w\"'-]{1,200}\s{0,20}\.\s{0,20}){50}")
_BRACKETS = re.compile(r"[\[{]{100}")


def toml_outline(content: bytes) -> TomlOutline:
    """The outline of a TOML file; raises ``NotReadable`` on bad syntax."""
    text = decoded(content)
    if _DEEP_KEY.search(text) or _BRACKETS.search(text):
        raise NotReadable("nested too deeply")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotReadable(f"not valid TOML: {error}") from None
    return TomlOutline(_plain(tables), hash_suppressions(text))


def _plain(value: Any) -> Any:  # noqa: ANN401  (a TOML document is any value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str):
        return value
    return str(value)
