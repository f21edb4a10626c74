"""``plumbline: ignore[CODE] reason`` in comments."""

from __future__ import annotations

import io
import re
import tokenize

from plumbline.outline import Suppression

MARK = "plumbline:"
_REQUEST = re.compile(r"plumbline:\s*ignore\[([A-Za-z0-9, ]{1,200})\](.{0,500})")


def hash_suppressions(text: str) -> list[Suppression]:
    """Suppressions in the ``#`` comments of a TOML, YAML or other line-based file."""
    if MARK not in text:
        return []
    lines = text.split("\n")
    return [
        found
        for number, line in enumerate(lines, 1)
        if "#" in line
        and (found := suppression(line[line.index("#") :], _target(lines, number))) is not None
    ]


def python_suppressions(text: str) -> list[Suppression]:
    """Suppressions in the comments of a Python file; text in strings does not count."""
    if MARK not in text:
        return []
    found: list[Suppression] = []
    lines = text.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT and MARK in token.string:
                request = suppression(token.string, _target(lines, token.start[0]))
                if request is not None:
                    found.append(request)
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def suppression(comment: str, line: int) -> Suppression | None:
    """The request that a comment makes for a line, if it makes one."""
    match = _REQUEST.search(comment)
    if match is None:
        return None
    codes = [code.strip().upper() for code in match[1].split(",") if code.strip()]
    return Suppression(
        line, codes, match[2].strip().strip("#-: ").removesuffix("#}").removesuffix("-->").strip()
    )


def _target(lines: list[str], number: int) -> int:
    """The line that a comment on line ``number`` speaks of: its own, or the next that is not a comment."""
    if not lines[number - 1].lstrip().startswith("#"):
        return number
    for later in range(number, len(lines)):
        text = lines[later].strip()
        if text and not text.startswith("#"):
            return later + 1
    return number
