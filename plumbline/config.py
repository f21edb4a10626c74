"""``[tool.plumbline]`` of the judged repository: what it leaves out, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from plumbline import outline as o
from plumbline.report import Notice

_KEYS = frozenset(("exclude", "disable"))


class Config(msgspec.Struct, frozen=True):
    """Path patterns to leave out, and rule codes to leave unevaluated with the reason given for each."""

    path: str = "pyproject.toml"
    exclude: tuple[str, ...] = ()
    disable: Mapping[str, str] = {}
    notices: tuple[Notice, ...] = ()

    def leaves_out(self, path: str) -> bool:
        """Whether a path matches an ``exclude`` pattern: a glob of the whole path, or a folder."""
        return any(
            fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/*") + "/")
            for pattern in self.exclude
        )


def read_config(outlines: Mapping[str, o.Outline]) -> Config:
    """The configuration in the repository's top pyproject.toml; what is wrong with it becomes notices."""
    outline = outlines.get("pyproject.toml")
    tool = outline.tables.get("tool") if isinstance(outline, o.TomlOutline) else None
    table = tool.get("plumbline") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        return Config()
    notices = [
        _notice(f"unknown key {key!r} in [tool.plumbline]; known keys: {', '.join(sorted(_KEYS))}")
        for key in table
        if key not in _KEYS
    ]
    exclude = table.get("exclude", [])
    if not isinstance(exclude, list) or not all(isinstance(item, str) for item in exclude):
        notices.append(_notice("exclude in [tool.plumbline] must be a list of path patterns"))
        exclude = []
    disable = _disabled(table.get("disable", {}), notices)
    return Config("pyproject.toml", tuple(exclude), disable, tuple(notices))


def _disabled(value: Any, notices: list[Notice]) -> dict[str, str]:  # noqa: ANN401
    if not isinstance(value, dict):
        notices.append(
            _notice(
                'disable in [tool.plumbline] must be a table of reasons: disable = { MOD08 = "why" }'
            )
        )
        return {}
    disable: dict[str, str] = {}
    for code, reason in value.items():
        if not re.fullmatch(r"[A-Z0-9]{5,8}", code):
            notices.append(_notice(f"{code!r} in disable is not a rule code"))
        elif not isinstance(reason, str) or not reason.strip():
            notices.append(
                _notice(f"disable of {code} needs a reason; without one it has no effect")
            )
        else:
            disable[code] = reason.strip()
    return disable


def _notice(message: str) -> Notice:
    return Notice("configuration", "pyproject.toml", 1, message)
