"""Stocks beside this machine's copy of a repository: outlines of its latest commits, and what ruff said of them.

They save reading thousands of rows from the database for a push that changes ten files. They are caches: whatever is
wrong with one, it is thrown away, and the scan reads the database instead.
"""

import contextlib
import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from apps.scans.stock import (
    SIZE_LIMIT,
    Key,
    Names,
    Segment,
    StockDamaged,
    names_scan,
    segments_read,
)

logger = logging.getLogger(__name__)

_UNFINISHED = ".lock"  # the copy's own upkeep removes what has this ending
_CHUNK = 1 << 20
_SEGMENTS = 40
_USEFUL = 0.75  # a stock of which less than this part is still wanted is made anew


class Stock:
    """A stock as it was when it was opened. A context manager that closes its file."""

    def __init__(self, folder: Path, version: str, name: str = "outlines") -> None:
        """Open one of the stocks of a folder, which may not hold it or hold that of another version."""
        self._path = folder / f"plumbline-{name}"
        self.version = version
        self._file: BinaryIO | None = None
        self._segments: list[Names] = []
        self.numbers: dict[Key, int] = {}
        """The number of each outline in it, the newest where there are several."""
        self.count = 0
        """How many outlines it holds."""
        with contextlib.suppress(OSError):
            self._open()

    def __enter__(self) -> Self:
        """Give the stock."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its file."""
        self._close()

    @property
    def descriptor(self) -> int:
        """Its open file; negative if there is none."""
        return self._file.fileno() if self._file is not None else -1

    @property
    def noted_on(self) -> str:
        """The day (ISO 8601) on which its outlines were last noted as used; blank if there are none."""
        return self._segments[-1].day if self._segments else ""

    def discard(self) -> None:
        """Throw it away."""
        self._close()
        self._path.unlink(missing_ok=True)

    def read(self) -> dict[Key, memoryview]:
        """Give all that it holds.

        Raises:
            StockDamaged: It is not what was written.
        """
        if self._file is None:
            return {}
        self._file.seek(0)
        return {
            key: outline
            for segment in segments_read(self._file.read())
            for key, outline in zip(segment.names.keys, segment.outlines(), strict=True)
        }

    def keep(self, outlines: Mapping[Key, bytes], *, wanted: Collection[Key], day: str) -> None:
        """Write the stock for the next time.

        Args:
            outlines: Those to be added.
            wanted: Everything that the commit needs.
            day: Today; all wanted outlines are noted as used.
        """
        new = list(outlines.items())
        if not new and self.noted_on in ("", day):
            return
        useful = sum(key in self.numbers for key in wanted)
        try:
            if self.count and (useful < _USEFUL * self.count or len(self._segments) >= _SEGMENTS):
                kept = self.read()
                still = {key: kept[key] for key in wanted if key in kept} | dict(new)
                self._write([Segment.of(self.version, day, still.items())])
            else:
                self._write([Segment.of(self.version, day, new)], after=self._file)
        except (OSError, StockDamaged):
            logger.warning("a stock of outlines was not written", exc_info=True)

    def _open(self) -> None:
        self._file = self._path.open("rb")
        try:
            for names in names_scan(self._file):
                if names.version != self.version:
                    raise StockDamaged  # it was written by another version
                self._segments.append(names)
                self.numbers.update(zip(names.keys, itertools.count(self.count), strict=False))
                self.count += len(names.keys)
        except StockDamaged:
            self.discard()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
        self._segments = []
        self.numbers = {}
        self.count = 0

    def _write(self, segments: Collection[Segment], *, after: BinaryIO | None = None) -> None:
        """Put a new file in the place of the old one, in one step."""
        content = BytesIO()
        for segment in segments:
            segment.write_to(content)
        sizes = [sum(segment.names.sizes) for segment in segments]
        if after is not None:
            sizes += [sum(names.sizes) for names in self._segments]
        if sum(sizes) > SIZE_LIMIT:
            self.discard()
            return
        with tempfile.NamedTemporaryFile(
            dir=self._path.parent, prefix=f"{self._path.name}.", suffix=_UNFINISHED, delete=False
        ) as file:
            try:
                if after is not None:
                    after.seek(0)
                    shutil.copyfileobj(after, file, _CHUNK)
                file.write(content.getbuffer())
                file.close()
                os.replace(file.name, self._path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
