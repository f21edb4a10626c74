"""Reading a CODEOWNERS file: whom it names, and for how much. The text is a stranger's."""

import re
from collections import Counter
from dataclasses import dataclass

PATHS = (
    *("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"),
    *(".gitlab/CODEOWNERS", ".gitea/CODEOWNERS", ".forgejo/CODEOWNERS"),
)
"""Where forges look for it."""
SIZE_LIMIT = 256 << 10
_LINES, _OWNERS = 5000, 50
_SECTION = re.compile(r"\^?\[[^\]]*\](\[\d+\])?")
_HANDLE = re.compile(r"@{1,2}[A-Za-z0-9][\w.-]{0,99}(/[A-Za-z0-9][\w.-]{0,99}){0,5}", re.ASCII)
_EVERYTHING = frozenset(("*", "/", "/**", "**", "**/*", "/*"))


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody whom the file names, without ``@``, in how many patterns, and whether for all that no other one fits."""

    name: str
    patterns: int
    is_default: bool


def owners_parse(text: str) -> list[Owner]:
    """The owners that a CODEOWNERS file names: those of everything first, then by number of patterns.

    Sections of GitLab give their owners to patterns that name none. E-mail addresses are left out: they are people's.
    """
    counts: Counter[str] = Counter()
    default: set[str] = set()
    of_section: list[str] = []
    for line in text.splitlines()[:_LINES]:
        words = re.sub(r"(^|\s)#.*", "", line[:4000]).split()
        if not words:
            continue
        section = _SECTION.match(line.strip())
        named = [word.lstrip("@").lower() for word in words if _HANDLE.fullmatch(word)]
        if section:
            of_section = named
            continue
        named = list(dict.fromkeys(named or (of_section if len(words) == 1 else [])))
        counts.update(named)
        if words[0] in _EVERYTHING:
            default = set(named)
    found = [Owner(name, number, name in default) for name, number in counts.items()]
    return sorted(found, key=lambda owner: (not owner.is_default, -owner.patterns, owner.name))[
        :_OWNERS
    ]
