"""Reading a CODEOWNERS file: whom it names, and for how much. The text is a stranger's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from plumbline.source import Entry

_ROOT, _DOCS = "CODEOWNERS", "docs/CODEOWNERS"
_OWN = {
    "github": (".github/CODEOWNERS", _ROOT, _DOCS),
    "gitlab": (_ROOT, _DOCS, ".gitlab/CODEOWNERS"),
    "gitea": (_ROOT, _DOCS, ".gitea/CODEOWNERS"),
    "forgejo": (_ROOT, _DOCS, ".forgejo/CODEOWNERS", ".gitea/CODEOWNERS"),
    "bitbucket": (".bitbucket/CODEOWNERS", _ROOT),
}
_ANYWHERE = tuple(dict.fromkeys(path for paths in _OWN.values() for path in paths))
SIZE_LIMIT = 256 << 10
_LINES, _OWNERS = 5000, 50
_SECTION = re.compile(r"\^?\[[^\]]*\](\[\d+\])?")
_HANDLE = re.compile(r"@{1,2}[A-Za-z0-9][\w.-]{0,99}(/[A-Za-z0-9][\w.-]{0,99}){0,5}", re.ASCII)
_EVERYTHING = frozenset(("*", "/", "/**", "**", "**/*", "/*"))


_ENCODED = frozenset(path.encode() for path in _ANYWHERE)


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody whom the file names, without ``@``, in how many patterns, and whether for all that no other one fits."""

    name: str
    patterns: int
    is_default: bool


@dataclass(slots=True)
class OwnersFiles:
    """Notices, in a listing that somebody else reads, where a commit has a CODEOWNERS file."""

    found: dict[str, Entry] = field(default_factory=dict)

    def among(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, looked through on their way."""
        for entry in entries:
            if entry.path in _ENCODED:
                self.found[entry.path.decode()] = entry
            yield entry

    def chosen(self, provider: str) -> Entry | None:
        """The file that counts for a host: the first of the places where it looks. A link is none."""
        for path in (*_OWN.get(provider, ()), *_ANYWHERE):
            entry = self.found.get(path)
            if entry is not None and entry.mode.startswith("100"):
                return entry
        return None


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
