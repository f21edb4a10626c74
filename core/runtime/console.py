"""What `up` shows: lines with the name of their source, and one status line that stays last."""

import re
import shutil
from typing import TextIO

COLOURS = ("36", "35", "33", "32", "34", "31")
NAME_WIDTH = 8
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


class Console:
    """Writes to a terminal or a file; colours and the status line only to a terminal."""

    def __init__(self, stream: TextIO, *, quiet: frozenset[str] = frozenset()) -> None:
        """Take the stream, and the names of children whose lines go to their log only."""
        self._stream = stream
        self._quiet = quiet
        self._terminal = stream.isatty()
        self._status = self._shown = ""
        self._colours: dict[str, str] = {}

    def say(self, text: str = "") -> None:
        """Write a line of our own."""
        self._write(text)

    def child_line(self, name: str, line: str) -> None:
        """Write a line of a child's output behind its name."""
        if name not in self._quiet:
            self._write(f"{self._label(name)} {CONTROL.sub('', line)}")

    def status(self, text: str) -> None:
        """Show what goes on now; a terminal overwrites it, a file gets each change as a line."""
        if text == self._shown:
            return
        self._shown = text
        if not self._terminal:
            if text:
                self._stream.write(f"{text}\n")
                self._stream.flush()
            return
        # A line that wraps could not be taken back.
        self._status = text[: shutil.get_terminal_size().columns - 1]
        self._stream.write(f"\r\x1b[K{self._status}")
        self._stream.flush()

    def _write(self, text: str) -> None:
        if self._terminal and self._status:
            self._stream.write(f"\r\x1b[K{text}\n{self._status}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def _label(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}}|"
        if not self._terminal:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"
