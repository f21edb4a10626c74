"""Which rules a ruff configuration switches on, and for which files."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import Any

import msgspec

RUFF_DEFAULT = ("E4", "E7", "E9", "F")
"""What ruff selects by itself, as far as all of its versions agree."""
_WHOLE = {
    "DJ0": "DJ",
    "DJ00": "DJ",
    "N8": "N",
    "UP0": "UP",
    "I0": "I",
    "I00": "I",
    "I001": "I",
    "C40": "C4",
}
"""Longer prefixes that select as much as a family's own: all of its rules start so."""
_LETTERS = re.compile(r"[A-Z]+")


class FileExemption(msgspec.Struct, frozen=True):
    """A glob of ``per-file-ignores``, the folder that it starts from, and the rule prefixes that it switches off."""

    folder: str
    glob: str
    codes: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """Whether the exemption holds for a file: its path or its name fits, or does not where ``!`` asks so."""
        glob = self.glob.removeprefix("!")
        name = posixpath.basename(path)
        fits = bool(_absolute(self.folder, glob).match(f"/{path}") or _pattern(glob).match(name))
        return fits != self.glob.startswith("!")


class RuffConfig(msgspec.Struct, frozen=True):
    """A ruff configuration: where it is and which rule prefixes it switches on and off, whatever the key's age.

    ``extends`` says that it builds on a file that cannot be read here. ``left_out`` are folder and glob of the files
    that ruff does not read, ``isort`` the options for the order of imports.
    """

    path: str
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    extends: bool
    exemptions: tuple[FileExemption, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    isort: dict[str, Any] = {}

    def governs(self, path: str) -> bool:
        """Whether a file lies below the configuration's folder."""
        folder = posixpath.dirname(self.path)
        return not folder or path.startswith(f"{folder}/")

    def enables(self, code: str) -> bool:
        """Whether a rule is on where no exemption holds. The longer prefix wins, as in ruff."""
        chosen = max((_reach(prefix, code) for prefix in self.select), default=-1)
        return chosen > max((_reach(prefix, code) for prefix in self.ignore), default=-1)

    def ignores_family(self, family: str) -> bool:
        """Whether a family that is selected is dropped again as a whole."""
        chosen = max((_reach(prefix, family) for prefix in self.select), default=-1)
        dropped = max((_reach(prefix, family) for prefix in self.ignore), default=-1)
        return 0 <= chosen <= dropped

    def leaves_out(self, path: str) -> bool:
        """Whether ruff never reads a file, because the path, a folder on it or its name is excluded."""
        return bool(self.left_out and _any_of(self.left_out).match(f"/{path}"))

    def exempts(self, path: str, code: str) -> bool:
        """Whether ``per-file-ignores`` switches a rule off for a file."""
        return any(
            any(_reach(prefix, code) >= 0 for prefix in item.codes) and item.covers(path)
            for item in self.exemptions
        )

    def judges(self, path: str, code: str) -> bool:
        """Whether ruff looks for a rule's violations in a file, comments in the file aside."""
        return (
            self.enables(code)
            and self.governs(path)
            and not self.exempts(path, code)
            and not self.leaves_out(path)
        )

    def coverage(self, family: str) -> str:
        """How much of a rule family is on: ``all``, ``part`` or ``none``. The longer prefix wins, as in ruff."""
        chosen = max((_reach(prefix, family) for prefix in self.select), default=-1)
        dropped = max((_reach(prefix, family) for prefix in self.ignore), default=-1)
        if chosen > dropped:
            return "all"
        inside = re.compile(rf"{re.escape(family)}\d+")
        return "part" if any(inside.fullmatch(prefix) for prefix in self.select) else "none"


@functools.lru_cache(maxsize=4_096)
def _reach(prefix: str, family: str) -> int:
    """How closely a selector names a whole family: 0 for ``ALL``, else its length; -1 if it does not."""
    if prefix == "ALL":
        return 0
    prefix = _WHOLE.get(prefix, prefix)
    same = _LETTERS.match(prefix), _LETTERS.match(family)
    if same[0] is None or same[1] is None or same[0][0] != same[1][0]:
        return -1
    return len(prefix) if family.startswith(prefix) else -1


def _absolute(folder: str, glob: str) -> re.Pattern[str]:
    return _pattern(posixpath.join(f"/{folder}" if folder else "/", glob.removeprefix("./")))


_GLOB = re.compile(
    r"(?P<deep>(?<=/)\*\*/|^\*\*/)|(?P<rest>\*+)|(?P<one>\?)|\[(?P<not>!?)(?P<set>[^\]/]{1,50})\]|(?P<text>.)"
)
_GLOB_LIMIT = 300


@functools.lru_cache(maxsize=4_096)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(_expression(glob) + r"\Z", re.DOTALL)


@functools.lru_cache(maxsize=64)
def _any_of(globs: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    """Whether one of the globs fits a path or a folder on it; one without a slash, the name of either."""
    choices = [_expression(posixpath.join(f"/{folder}", glob)) for folder, glob in globs]
    choices += [f"(?:.*/){_expression(glob)}" for _, glob in globs if "/" not in glob]
    return re.compile(rf"(?:{'|'.join(choices)})(?:/.*)?\Z", re.DOTALL)


def _expression(glob: str) -> str:
    """A glob as ruff understands it: ``*`` also passes slashes, ``**/`` stands for any folders or none."""
    parts: list[str] = []
    depth = 0
    for match in _GLOB.finditer(glob[:_GLOB_LIMIT]):
        if match["deep"]:
            part = "(?:.*/)?"
        elif match["rest"] or match["one"]:
            part = ".*" if match["rest"] else "."
        elif match["set"]:
            part = f"[{'^' if match['not'] else ''}{_set(match['set'])}]"
        elif match["text"] == "{":
            depth, part = depth + 1, "(?:"
        elif match["text"] == "}" and depth:
            depth, part = depth - 1, ")"
        else:
            part = "|" if match["text"] == "," and depth else re.escape(match["text"])
        if not (part == ".*" and parts[-1:] == [".*"]):
            parts.append(part)
    return "".join(parts) + ")" * depth


def _set(characters: str) -> str:
    """The inside of a character class with all but ranges between letters or digits escaped."""
    ranges = re.compile(r"[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]|.", re.DOTALL)
    return "".join(
        found if len(found) == 3 and found[0] <= found[2] else re.escape(found)
        for found in ranges.findall(characters)
    )


def django_section(ruff: RuffConfig) -> tuple[str, list[str]]:
    """The section into which isort puts Django, empty if it has none of its own, and the order of all sections."""
    sections = ruff.isort.get("sections")
    name = next(
        (
            name
            for name, packages in (sections if isinstance(sections, dict) else {}).items()
            if isinstance(packages, list) and "django" in packages
        ),
        "",
    )
    order = ruff.isort.get("section-order")
    return name, order if isinstance(order, list) else []
