"""Names of branches."""

import re

from apps.repositories.exceptions import RefInvalid

_HEADS = "refs/heads/"
_LONGEST = 255
# What `git check-ref-format --branch` refuses, as one expression.
_FORBIDDEN = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/]|^@$|/$|\.$|(^|/)\.|\.lock(/|$)", re.ASCII
)


def branch_valid(name: str) -> str:
    """Give a branch's name without ``refs/heads/``.

    Raises:
        RefInvalid: git would not accept it.
    """
    name = name.strip().removeprefix(_HEADS)
    if not name or len(name) > _LONGEST or not name.isprintable() or _FORBIDDEN.search(name):
        raise RefInvalid
    return name


def ref_normalised(ref: str, *, watched: str) -> str:
    """Give a branch as scans store it: blank for the watched one.

    Raises:
        RefInvalid: git would not accept it.
    """
    if not ref.strip():
        return ""
    name = branch_valid(ref)
    return "" if name == watched else name
