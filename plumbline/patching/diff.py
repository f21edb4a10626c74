"""Unified diffs that ``git apply`` takes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def unified_diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """The diff from ``before`` to ``after``, which names the changed files only."""
    parts: list[str] = []
    for path in sorted(after):
        name = f"{path}\t" if " " in path else path
        lines = difflib.unified_diff(
            _lines(before[path]), _lines(after[path]), f"a/{name}", f"b/{name}"
        )
        parts += (
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )
    return "".join(parts)


def _lines(content: bytes) -> list[str]:
    return _LINE.findall(content.decode("utf-8", "replace"))
