"""Lock files of uv, poetry and pdm, read line by line: a TOML parser would take longer than all the rest."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from plumbline.extract.errors import decoded
from plumbline.outline import LockOutline

_FIELD = re.compile(r'^(name|version) = "([^"\n]{1,200})"$')
_HEADERS = ("[[package]]", "[[packages]]")


def lock_outline(content: bytes) -> LockOutline:
    """The packages that a lock file pins."""
    packages: dict[str, str] = {}
    name = ""
    inside = False
    for line in decoded(content).splitlines():
        if line.startswith("["):
            inside, name = line in _HEADERS, ""
        elif inside and (match := _FIELD.match(line)):
            if match[1] == "name":
                name = str(canonicalize_name(match[2]))
            elif name:
                packages.setdefault(name, match[2])
    return LockOutline(packages)
