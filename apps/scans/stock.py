"""The form of a stock: outlines of a repository's latest commits, together in one piece.

A stock is a row of segments. Each names its outlines by blob and kind and holds them compressed, with checksums over
both parts. Nothing here knows Django: the child that evaluates reads stocks too.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Buffer, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Self

import msgspec
import zstandard

type Key = tuple[str, str]
"""Blob and kind: what an outline depends on, beside the extractor."""

SIZE_LIMIT = 256 << 20
"""A stock with more bytes of outlines than this is not kept and not read."""

_PREFIX = struct.Struct("!8sIQ16s")  # mark, sizes of names and outlines, digest of names
_MARK = b"plstock1"
_NAMES_LIMIT = 32 << 20
_LEVEL = 3


class StockDamaged(ValueError):
    """It is not what was written."""


class Names(msgspec.Struct, array_like=True, gc=False):
    """What a segment holds: outlines in order, by key and size in bytes.

    ``version`` is what made them, ``day`` the day (ISO 8601) on which they were noted as used.
    """

    version: str
    day: str
    keys: list[Key]
    sizes: list[int]


_names_decoder = msgspec.msgpack.Decoder(Names)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stock; ``packed`` are its outlines, compressed together."""

    names: Names
    packed: bytes | memoryview

    @classmethod
    def of(cls, version: str, day: str, outlines: Collection[tuple[Key, Buffer]]) -> Self:
        """The segment that holds these outlines."""
        content = [memoryview(outline) for _, outline in outlines]
        names = Names(version, day, [key for key, _ in outlines], [len(one) for one in content])
        compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        return cls(names, compressor.compress(b"".join(content)))

    def outlines(self) -> list[memoryview]:
        """The outlines, in the order of their names.

        Raises:
            StockDamaged: they are not what was written.
        """
        size = sum(self.names.sizes)
        try:
            found = zstandard.get_frame_parameters(self.packed)
            if found.content_size != size or not found.has_checksum:
                raise StockDamaged
            content = memoryview(zstandard.ZstdDecompressor().decompress(self.packed))
        except zstandard.ZstdError as error:
            raise StockDamaged from error
        places, end = [], 0
        for size in self.names.sizes:
            places.append(content[end : end + size])
            end += size
        return places

    def write_to(self, file: BinaryIO) -> None:
        """Add the segment to a file."""
        names = msgspec.msgpack.encode(self.names)
        file.write(_PREFIX.pack(_MARK, len(names), len(self.packed), _digest(names)))
        file.write(names)
        file.write(self.packed)


def segments_read(content: Buffer) -> Iterator[Segment]:
    """The segments of a stock that lies in memory.

    Raises:
        StockDamaged: it is not what was written.
    """
    view, start, size = memoryview(content), 0, 0
    while start < len(view):
        try:
            prefix = _PREFIX.unpack_from(view, start)
        except struct.error as error:
            raise StockDamaged from error
        start += _PREFIX.size
        names = names_read(prefix, view[start : start + prefix[1]])
        start += prefix[1]
        packed = view[start : start + prefix[2]]
        start += prefix[2]
        size += sum(names.sizes)
        if len(packed) != prefix[2] or size > SIZE_LIMIT:
            raise StockDamaged
        yield Segment(names, packed)


def names_scan(file: BinaryIO) -> Iterator[Names]:
    """What the segments of a stock in a file hold, without reading the outlines.

    Raises:
        StockDamaged: it is not what was written.
    """
    end = file.seek(0, 2)
    start = 0
    while start < end:
        file.seek(start)
        head = file.read(_PREFIX.size)
        if len(head) < _PREFIX.size:
            raise StockDamaged
        prefix = _PREFIX.unpack(head)
        if prefix[1] > _NAMES_LIMIT:
            raise StockDamaged
        yield names_read(prefix, file.read(prefix[1]))
        start += _PREFIX.size + prefix[1] + prefix[2]
    if start != end:
        raise StockDamaged


def names_read(prefix: tuple[bytes, int, int, bytes], encoded: Buffer) -> Names:
    """The names behind their encoded form.

    Raises:
        StockDamaged: they are not what was written.
    """
    mark, _, _, digest = prefix
    if mark != _MARK or _digest(encoded) != digest:
        raise StockDamaged
    try:
        names = _names_decoder.decode(encoded)
    except msgspec.DecodeError as error:
        raise StockDamaged from error
    if len(names.keys) != len(names.sizes):
        raise StockDamaged
    return names


def _digest(content: Buffer) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()
