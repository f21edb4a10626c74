"""Bytes to outlines: step 1 of the engine.

``outline_bytes`` never raises on bad input; what cannot be read comes back as an encoded ``Unreadable``. It is meant
to run in the disposable child of ``plumbline.sandbox``: a parser can still die of what it is fed.
"""

from __future__ import annotations

from collections.abc import Callable

from plumbline.extract.errors import NotReadable
from plumbline.extract.ini import ini_outline
from plumbline.extract.lock import lock_outline
from plumbline.extract.python import python_outline
from plumbline.extract.requirements import requirements_outline
from plumbline.extract.template import template_outline
from plumbline.extract.text import text_outline
from plumbline.extract.toml import toml_outline
from plumbline.extract.yaml import yaml_outline
from plumbline.outline import Outline, Unreadable, encode
from plumbline.version import extractor_version

__all__ = ["extractor_version", "outline_bytes", "read_outline", "unreadable_bytes"]

LINE_LIMIT = 100_000
LARGE_FILE_POINTER = b"version https://git-lfs.github.com/spec/"
_READERS: dict[str, Callable[[bytes], Outline]] = {
    "python": python_outline,
    "toml": toml_outline,
    "ini": ini_outline,
    "lock": lock_outline,
    "yaml": yaml_outline,
    "requirements": requirements_outline,
    "template": template_outline,
    "text": text_outline,
}


def read_outline(kind: str, content: bytes) -> Outline:
    """The outline of a file of the given kind; ``Unreadable`` with the reason if it has none."""
    try:
        if content.startswith(LARGE_FILE_POINTER):
            raise NotReadable("a pointer of Git LFS: the file itself is not fetched")
        if b"\0" in content:
            raise NotReadable("binary: it contains null bytes")
        if len(content) > LINE_LIMIT and _has_long_line(content):
            raise NotReadable(f"a line is longer than {LINE_LIMIT:,} bytes")
        return _READERS[kind](content)
    except NotReadable as error:
        return Unreadable(str(error))
    except RecursionError:
        return Unreadable("nested too deeply")
    except MemoryError:
        return Unreadable("nested too deeply, or the parser ran out of memory")
    except Exception as error:
        return Unreadable(f"the parser failed: {type(error).__name__}")


def _has_long_line(content: bytes) -> bool:
    position, size = 0, len(content)
    while size - position > LINE_LIMIT:
        end = content.rfind(b"\n", position, position + LINE_LIMIT + 1)
        if end < 0:
            return True
        position = end + 1
    return False


def outline_bytes(kind: str, content: bytes) -> bytes:
    """The encoded outline of a file of the given kind."""
    try:
        return encode(read_outline(kind, content))
    except (OverflowError, ValueError, TypeError, RecursionError, MemoryError) as error:
        return unreadable_bytes(f"its outline cannot be stored: {type(error).__name__}")


def unreadable_bytes(reason: str) -> bytes:
    """An encoded ``Unreadable`` outline."""
    return encode(Unreadable(reason))
