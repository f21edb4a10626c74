"""Syntax newer than the interpreter's own grammar, rewritten so that ``ast`` reads it, every line where it was.

Two constructs of Python 3.14 occur in real code and have a meaning that older grammars can express: ``except A, B:``
(PEP 758) gains its parentheses, a template string ``t"…"`` (PEP 750) becomes an f-string.
"""

from __future__ import annotations

import io
import re
import tokenize

_T_PREFIX = re.compile(r"(?<![\w\"'])(?:[tT][rR]?|[rR][tT])(?=[\"'])")


def rewritten(text: str) -> str | None:
    """``text`` with newer constructs in their older form, or None if it holds none."""
    changed = _T_PREFIX.sub(lambda match: match[0].replace("t", "f").replace("T", "F"), text)
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
    lines = changed.splitlines(keepends=True)
    for row, column, inserted in sorted(edits, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + inserted + line[column:]
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
