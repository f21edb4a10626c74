"""Git objects and packs made byte by byte: what git itself would refuse to make."""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_REF_DELTA = 7
MIB = 1 << 20


@dataclass(frozen=True)
class GitObject:
    """One object as it is hashed."""

    kind: str
    content: bytes

    @property
    def sha(self) -> str:
        """Its name."""
        head = f"{self.kind} {len(self.content)}\0".encode()
        return hashlib.sha1(head + self.content, usedforsecurity=False).hexdigest()


def blob(content: bytes) -> GitObject:
    """A file's content."""
    return GitObject("blob", content)


def entry(name: bytes, target: GitObject | str, mode: bytes = b"") -> bytes:
    """One line of a tree."""
    sha = target if isinstance(target, str) else target.sha
    usual = b"40000" if isinstance(target, GitObject) and target.kind == "tree" else b"100644"
    return (mode or usual) + b" " + name + b"\0" + bytes.fromhex(sha)


def tree(*entries: bytes) -> GitObject:
    """A folder; the entries stand as they are given."""
    return GitObject("tree", b"".join(entries))


def commit(
    root: GitObject | str,
    *,
    parents: Sequence[str] = (),
    author: bytes = b"A <a@example.com> 1700000000 +0000",
    extra: bytes = b"",
    message: bytes = b"change\n",
) -> GitObject:
    """A commit of a root folder."""
    lines = [b"tree " + (root if isinstance(root, str) else root.sha).encode()]
    lines += [b"parent " + parent.encode() for parent in parents]
    lines += [b"author " + author, b"committer " + author]
    return GitObject("commit", b"\n".join(lines) + b"\n" + extra + b"\n" + message)


def pack(*parts: GitObject | bytes, count: int | None = None) -> bytes:
    """A pack of objects, and of entries that are packed already; ``count`` is what its head claims."""
    number = len(parts) if count is None else count
    body = b"PACK" + struct.pack(">II", 2, number)
    body += b"".join(part if isinstance(part, bytes) else packed(part) for part in parts)
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def packed(item: GitObject, *, claimed: int | None = None, kind: int | None = None) -> bytes:
    """An object as it stands in a pack; it may lie about its size and kind."""
    size = len(item.content) if claimed is None else claimed
    number = _KINDS[item.kind] if kind is None else kind
    return _head(number, size) + zlib.compress(item.content)


def delta(base: GitObject | str, size: int, result: int, instructions: bytes) -> bytes:
    """An object as a difference from another one: sizes before and after, and what to copy."""
    content = _varint(size) + _varint(result) + instructions
    sha = base if isinstance(base, str) else base.sha
    return _head(_REF_DELTA, len(content)) + bytes.fromhex(sha) + zlib.compress(content)


def copy(offset: int, size: int) -> bytes:
    """The instruction to copy from the base."""
    code, arguments = 0x80, b""
    for bit in range(4):
        if (byte := offset >> (8 * bit) & 0xFF) != 0:
            code |= 1 << bit
            arguments += bytes([byte])
    for bit in range(3):
        if (byte := size >> (8 * bit) & 0xFF) != 0:
            code |= 0x10 << bit
            arguments += bytes([byte])
    return bytes([code]) + arguments


def delta_bomb(results: int = 8, copies: int = 60) -> list[bytes | GitObject]:
    """A few kilobytes that are, unpacked, so many blobs of nearly a gigabyte each."""
    base = blob(bytes(15 * MIB))
    step = copy(0, 15 * MIB)
    return [
        base,
        *(
            delta(base, 15 * MIB, 15 * MIB * copies + number, step * copies + copy(0, number))
            for number in range(1, results + 1)
        ),
    ]


def _head(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 0x0F, size >> 4
    out = []
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes([*out, first])


def _varint(value: int) -> bytes:
    out = []
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
