"""``[tool.plumbline]`` of the judged repository: what it leaves out, and why."""

from __future__ import annotations

import difflib
import fnmatch
import posixpath
import re
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

import msgspec

from plumbline import outline as o

PATH = "pyproject.toml"
_KEYS = ("exclude", "disable", "source-roots")
# A table may name anything any number of times; nobody reads more complaints than these.
_MISTAKE_LIMIT = 20
_LIST_LIMIT = 200


class Config(msgspec.Struct, frozen=True):
    """Path patterns to leave out, rule codes to leave unevaluated with the reason for each, folders of sources.

    ``mistakes`` are sentences about what is wrong with the table; that part of it has no effect.
    """

    is_present: bool = False
    exclude: tuple[str, ...] = ()
    disable: Mapping[str, str] = {}
    source_roots: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()

    def leaves_out(self, path: str) -> bool:
        """Whether a path matches an ``exclude`` pattern: a glob of the whole path, or a folder."""
        return any(
            fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/*") + "/")
            for pattern in self.exclude
        )


def read_config(outlines: Mapping[str, o.Outline], codes: Collection[str] = ()) -> Config:
    """The configuration in the repository's top pyproject.toml. ``codes`` are those of all rules, if they are known."""
    outline = outlines.get(PATH)
    tool = outline.tables.get("tool") if isinstance(outline, o.TomlOutline) else None
    table = tool.get("plumbline") if isinstance(tool, dict) else None
    if table is None:
        return Config()
    if not isinstance(table, dict):
        return Config(True, mistakes=("`tool.plumbline` must be a table: `[tool.plumbline]`",))
    mistakes = [
        f"`{key[:80]}` is no key of [tool.plumbline]; {_nearest(key, _KEYS)}"
        for key in islice((key for key in table if key not in _KEYS), _MISTAKE_LIMIT)
    ]
    return Config(
        True,
        _texts(table, "exclude", "path patterns", mistakes),
        _disabled(table.get("disable", {}), codes, mistakes),
        tuple(
            posixpath.normpath(root).removeprefix("./")
            for root in _texts(table, "source-roots", "folders", mistakes)
            if posixpath.normpath(root) != "."
        ),
        tuple(mistakes),
    )


def _texts(table: Mapping[str, Any], key: str, what: str, mistakes: list[str]) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        mistakes.append(f"`{key}` in [tool.plumbline] must be a list of {what}")
        return ()
    if len(value) > _LIST_LIMIT:
        mistakes.append(f"`{key}` in [tool.plumbline] has more than {_LIST_LIMIT} {what}")
    return tuple(value[:_LIST_LIMIT])


def _disabled(
    value: Any,  # noqa: ANN401
    codes: Collection[str],
    mistakes: list[str],
) -> dict[str, str]:
    if not isinstance(value, dict):
        mistakes.append(
            '`disable` in [tool.plumbline] must be a table of reasons: `disable = { MOD08 = "why" }`'
        )
        return {}
    disable: dict[str, str] = {}
    unknown = 0
    for code, reason in value.items():
        if not re.fullmatch(r"[A-Z0-9]{4,8}", code) or (codes and code not in codes):
            unknown += 1
            if unknown <= _MISTAKE_LIMIT:
                mistakes.append(
                    f"`disable` names `{code[:80]}`, which is not a rule code; {_nearest(code, codes)}"
                )
        elif not isinstance(reason, str) or not reason.strip():
            mistakes.append(f"`disable` of {code} needs a reason; without one it has no effect")
        else:
            disable[code] = reason.strip()
    if unknown > _MISTAKE_LIMIT:
        mistakes.append(f"`disable` names {unknown - _MISTAKE_LIMIT:,} more that are no rule codes")
    return disable


def _nearest(word: str, known: Collection[str]) -> str:
    """What was probably meant, or all that could have been."""
    near = difflib.get_close_matches(word[:80], list(known), 1)
    if near:
        return f"did you mean `{near[0]}`?"
    if len(known) <= len(_KEYS):
        return f"known keys: {', '.join(f'`{key}`' for key in known)}"
    return "`plumbline rule` lists them"
