"""Django templates, read with a lexer of one regular expression, as Django's own is."""

from __future__ import annotations

import re

from plumbline.extract.errors import decoded
from plumbline.extract.suppressions import MARK, suppression
from plumbline.outline import Suppression, Tag, TemplateOutline

# Possessive, and a tag ends where another begins: what never closes must not cost the square of its length.
_TOKEN = re.compile(
    r"\{%((?:[^\n%{]++|%(?!\})|\{(?!%))*+)%\}|\{#((?:[^\n#{]++|#(?!\})|\{(?!#))*+)#\}"
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
            if MARK in match[2] and (found := suppression(match[2], line)) is not None:
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
    return TemplateOutline(text.count("\n") + 1, tags, suppressions)
