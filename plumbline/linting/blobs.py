"""What ruff says of one blob in one role: how often it names each code, and nothing of single findings."""

from __future__ import annotations

import re
from collections.abc import Buffer, Collection

import msgspec

_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+(\w[\w.]*)[ \t]+import|import[ \t]+(\w[^\n#;]*))", re.M)
_TOP = re.compile(rb"(?:^|,)[ \t]*([A-Za-z_]\w*)")
_EXEMPT = re.compile(
    rb"^[ \t]*#[ \t]*(?:ruff|flake8)[ \t]*:[ \t]*noqa[ \t\r]*(?:#|$)", re.M | re.IGNORECASE
)


class BlobLint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Code to how often it is violated, or the reason why that is not known.

    ``imports`` are the top-level names that the file imports, and whether each was taken for the repository's own:
    the order of imports is right or wrong only with that.
    """

    counts: dict[str, int]
    imports: dict[str, bool] = {}
    reason: str = ""

    def fits(self, own_names: Collection[str]) -> bool:
        """Whether the result holds in a repository with these names of its own."""
        return all((name in own_names) == is_own for name, is_own in self.imports.items())


_decoder = msgspec.msgpack.Decoder(BlobLint)


def encode(result: BlobLint) -> bytes:
    """A result as msgpack."""
    return msgspec.msgpack.encode(result)


def decode(encoded: Buffer) -> BlobLint:
    """The result behind ``encoded``; raises ``msgspec.DecodeError`` on anything else."""
    return _decoder.decode(encoded)


def imported_names(content: bytes) -> set[str]:
    """Top-level names in the import statements of a file; a text that looks like one counts too."""
    names: set[str] = set()
    for source, listed in _IMPORT.findall(content):
        if source:
            names.add(source.partition(b".")[0].decode("utf-8", "replace"))
        else:
            names.update(name.decode("utf-8", "replace") for name in _TOP.findall(listed))
    return names


def is_exempt(content: bytes) -> bool:
    """Whether a comment switches every rule off for the whole file, which is then not clean but unknown."""
    return b"noqa" in content.lower() and _EXEMPT.search(content) is not None
