"""Syntax newer than the interpreter's own grammar, rewritten so that ``ast`` reads it, every line where it was.

Two constructs of Python 3.14 occur in real code and have a meaning that older grammars can express: ``except A, B:``
(PEP 758) gains its parentheses, a template string ``t"…"`` (PEP 750) becomes an f-string.
"""

from __future__ import annotations

import io
import re
import tokenize

_T_PREFIX = re.compile(r"(?<![\w\"'])(?:[tT][rR]?|[rR][tT])(?=[\"'])")
_PREFIX = re.compile(r"[tT][rR]?|[rR][tT]")
_AS_F = str.maketrans("tT", "fF")


def rewritten(text: str) -> str | None:
    """``text`` with newer constructs in their older form, or None if it holds none."""
    changed = _without_templates(text)
    edits: list[tuple[int, int, str]] = []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(changed).readline))
    except (tokenize.TokenError, SyntaxError):
        return changed if changed != text else None
    for index, token in enumerate(tokens):
        if token.type == tokenize.NAME and token.string == "except":
            edits += _parentheses(tokens, index + 1)
    if not edits and changed == text:
        return None
    lines = io.StringIO(changed).readlines()
    for row, column, inserted in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + inserted + line[column:]
    return "".join(lines)


def _without_templates(text: str) -> str:
    """``text`` with the prefix of template strings made that of f-strings; every character stays in its place."""
    if _T_PREFIX.search(text) is None:
        return text
    places: list[tuple[int, int]] = []
    before: tokenize.TokenInfo | None = None
    try:
        # To an older tokenizer the prefix is a name that a string follows without a space.
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if (
                before is not None
                and token.type == tokenize.STRING
                and before.type == tokenize.NAME
                and before.end == token.start
                and _PREFIX.fullmatch(before.string)
            ):
                places.append(before.start)
            before = token
    except (tokenize.TokenError, SyntaxError):
        return _T_PREFIX.sub(lambda match: match[0].translate(_AS_F), text)
    lines = io.StringIO(text).readlines()
    for row, column in places:
        line = lines[row - 1]
        prefix = line[column : column + 2].translate(_AS_F)
        lines[row - 1] = line[:column] + prefix + line[column + 2 :]
    return "".join(lines)


def _parentheses(tokens: list[tokenize.TokenInfo], index: int) -> list[tuple[int, int, str]]:
    """The two insertions that parenthesise the bare tuple of an ``except`` clause, if it has one."""
    if tokens[index].string == "*":
        index += 1
    start, depth, has_comma = index, 0, False
    while index < len(tokens):
        text = tokens[index].string
        if text in "([{" and text:
            depth += 1
        elif text in ")]}" and text:
            depth -= 1
        elif depth == 0 and text == ",":
            has_comma = True
        elif depth == 0 and text in ("as", ":"):
            break
        elif tokens[index].type == tokenize.NEWLINE:
            return []
        index += 1
    if not has_comma or index == start or index == len(tokens):
        return []
    end = tokens[index - 1].end
    return [(*tokens[start].start, "("), (*end, ")")]
