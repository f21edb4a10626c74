"""Django templates, read with a lexer of one regular expression, as Django's own is."""

from __future__ import annotations

import re

from plumbline.extract.errors import decoded
from plumbline.extract.suppressions import MARK, suppression
from plumbline.outline import Element, Suppression, Tag, TemplateOutline

# Possessive, and a tag ends where another begins: what never closes must not cost the square of its length.
_TOKEN = re.compile(
    r"\{%((?:[^\n%{]++|%(?!\})|\{(?!%))*+)%\}|\{#((?:[^\n#{]++|#(?!\})|\{(?!#))*+)#\}"
)
# An attribute may hold template tags and quoted text with a `>` in it.
_ELEMENT = re.compile(
    r"""<(script|style)\b((?:[^<>"'{]++|"[^"]*+"|'[^']*+'|\{[%{][^}]*+\}*+|\{)*+)>""", re.IGNORECASE
)
_CLOSE = {name: re.compile(rf"</{name}\s*+>", re.IGNORECASE) for name in ("script", "style")}
_COMMENT = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+-->|\{#[^\n#]*+#\}|\{%\s*+comment\b(?:[^{]++|\{(?!%\s*+endcomment))*+\{%\s*+endcomment"
)


def template_outline(content: bytes) -> TemplateOutline:
    """The tags of a template in order; what stands in comments and verbatim blocks is not a tag."""
    text = decoded(content)
    tags: list[Tag] = []
    suppressions: list[Suppression] = []
    position, line = 0, 1
    until = ""
    for match in _TOKEN.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        if match[2] is not None:
            if MARK in match[2] and (found := suppression(match[2], line, line)) is not None:
                suppressions.append(found)
            continue
        words = match[1].strip()
        name, _, rest = words.partition(" ")
        if until:
            # `verbatim name` ends only at `endverbatim name`.
            until = "" if words == until else until
        elif name in ("comment", "verbatim"):
            until = f"endverbatim {rest}".strip() if name == "verbatim" else "endcomment"
        else:
            tags.append(Tag(name, rest.strip(), line))
    return TemplateOutline(text.count("\n") + 1, tags, suppressions, _elements(text))


def _elements(text: str) -> list[Element]:
    """The ``script`` and ``style`` elements in order, outside comments."""
    if "<script" not in text.lower() and "<style" not in text.lower():
        return []
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    found: list[Element] = []
    position, line = 0, 1
    while (match := _ELEMENT.search(text, position)) is not None:
        line += text.count("\n", position, match.start())
        close = _CLOSE[match[1].lower()].search(text, match.end())
        end = close.start() if close else len(text)
        is_filled = bool(text[match.end() : end].strip())
        found.append(Element(match[1].lower(), match[2].strip()[:500], line, is_filled))
        line += text.count("\n", match.start(), end)
        position = end
    return found
