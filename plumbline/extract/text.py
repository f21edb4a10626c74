"""Command files: Makefiles, Dockerfiles, shell scripts."""

from __future__ import annotations

from plumbline.outline import TextOutline

_LINE_COUNT = 5_000
_LINE_LENGTH = 2_000


def text_outline(content: bytes) -> TextOutline:
    """The lines that say something: no blank lines, no comments; continued lines joined."""
    lines: list[tuple[int, str]] = []
    joined, start = "", 0
    for number, raw in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        text = raw.strip()
        if not joined:
            start = number
            if not text or text.startswith("#"):
                continue
        if text.endswith("\\") and len(joined) < _LINE_LENGTH:
            joined += text[:-1] + " "
            continue
        lines.append((start, (joined + text)[:_LINE_LENGTH]))
        joined = ""
        if len(lines) == _LINE_COUNT:
            break
    return TextOutline(lines)
