"""``plumbline: ignore[CODE] reason`` in comments."""

from __future__ import annotations

import io
import re
import tokenize

from plumbline.outline import Suppression

MARK = "plumbline:"
_UNTIL = re.compile(r"(?:^|\s)until=(\S{1,40})")
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
        and (found := suppression(line[line.index("#") :], _target(lines, number), number))
        is not None
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
                number = token.start[0]
                request = suppression(token.string, _target(lines, number), number)
                if request is not None:
                    found.append(request)
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def suppression(comment: str, line: int, place: int) -> Suppression | None:
    """The request that a comment on line ``place`` makes for a line, if it makes one."""
    match = _REQUEST.search(comment)
    if match is None:
        return None
    codes = [code.strip().upper() for code in match[1].split(",") if code.strip()]
    text = match[2].strip().strip("#-: ").removesuffix("#}").removesuffix("-->")
    until = _UNTIL.search(text)
    reason = _UNTIL.sub("", text, count=1).strip().strip("#-: ")
    return Suppression(line, codes, reason, until[1].rstrip(",;:.") if until else "", place)


def _target(lines: list[str], number: int) -> int:
    """The line that a comment on line ``number`` speaks of: its own, or the next that is not a comment."""
    if not lines[number - 1].lstrip().startswith("#"):
        return number
    for later in range(number, len(lines)):
        text = lines[later].strip()
        if text and not text.startswith("#"):
            return later + 1
    return number
