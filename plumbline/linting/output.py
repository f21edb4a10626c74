"""Reading what ruff prints, one line a finding, about files whose text may try to look like such lines.

The names of the files hold a random token that no file can know, so nothing in a message passes for a line about
another file.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

BROKEN = "invalid-syntax"
UNREAD = "E902"
REASONS = {
    BROKEN: "it is no Python that ruff can parse",
    UNREAD: "it is not UTF-8, the only encoding that ruff reads",
}


def counts_read(output: bytes, token: str) -> dict[int, Counter[str]]:
    """Number of a file to its codes and how often each is there; syntax that is merely newer than ours is none."""
    line = re.compile(
        rb"^[a-z]+/[_mM-]*%s_([0-9]+)[^:\n]*:(?:[0-9]+:[0-9]+:)? "
        rb"(?!invalid-syntax: [^\n]*\(syntax was added in Python 3\.[0-9]+\)$)([A-Za-z0-9-]+)"
        % re.escape(token).encode(),
        re.M,
    )
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for (number, code), count in Counter(line.findall(output)).items():
        found[int(number)][code.decode()] += count
    return dict(found)
