"""The configuration with which ruff is asked: Plumbline's own, the same for every repository.

What deviates from the guide's configuration is here with its reason; decision 21 tells the whole of it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

FAMILIES = {
    "E": "pycodestyle errors",
    "F": "Pyflakes",
    "W": "pycodestyle warnings",
    "I": "isort",
    "UP": "pyupgrade",
    "B": "flake8-bugbear",
    "C4": "flake8-comprehensions",
    "SIM": "flake8-simplify",
    "S": "flake8-bandit",
    "N": "pep8-naming",
    "D": "pydocstyle",
    "ANN": "flake8-annotations",
    "RUF": "Ruff's own rules",
    "DJ": "flake8-django",
}
"""The rule families that the guide names, in its order, and what each is called."""

IGNORED = {
    "E501": "the guide names no line length, and a formatter decides it",
    "D106": "nobody documents `class Meta`, the guide neither",
    "RUF012": "Django reads lists from class attributes; the guide's own models have them",
    "RUF100": "a suppression of a rule that only the repository's configuration has is not unused",
    "RUF102": "the same, for rules that only another linter has",
}
"""Rules of these families that are left out, and why."""

EXEMPT = {
    "test": ("S101", "S105", "S106", "ANN"),
    "migration": ("D",),
    "settings": ("F403", "F405"),
    "asgi": ("E402",),
}
"""Part that a file plays to what is not asked of it there."""

FOLDERS = {"migration": "migrations"}
"""Part to the folder in which its files are linted, where that is not the part itself: ruff knows this name."""

TARGET = "py312"
"""The oldest Python that the guide's Django runs on."""
_LINE_LENGTH = 88

UNSORTED = "I001"
# How imports are sorted is a matter of configuration, and any of these will do: ruff's default, the same for
# lines of any length, and the guide's own, with a section for Django.
_LONG_LINES = ("--line-length", "320")
_DJANGO_SECTION = (
    "--config",
    'lint.isort.section-order=["future","standard-library","third-party","django","first-party","local-folder"]',
    "--config",
    'lint.isort.sections={django=["django"]}',
)
ARRANGEMENTS = (_LONG_LINES, (*_LONG_LINES, *_DJANGO_SECTION))
"""Further options under each of which imports may be sorted just as well."""

_ALWAYS = (
    *("check", "--isolated", "--no-cache", "--no-respect-gitignore", "--no-preview", "--no-fix"),
    *("--exit-zero", "--quiet", "--output-format", "concise", "--target-version", TARGET),
)
_CODE = re.compile(rf"({'|'.join(sorted(FAMILIES, key=len, reverse=True))})\d+")


@functools.cache
def family_of(code: str) -> str | None:
    """The family that a code belongs to, None if it is none of the guide's."""
    found = _CODE.fullmatch(code)
    return found[1] if found else None


def is_asked(family: str, part: str) -> bool:
    """Whether a family is asked of files that play this part at all."""
    return family not in EXEMPT.get(part, ())


def check_arguments(own_names: Iterable[str]) -> list[str]:
    """The arguments of a whole check, up to the names of the files; ``own_names`` are first-party in imports."""
    exempt = ",".join(
        f"{FOLDERS.get(part, part)}/**:{code}" for part, codes in EXEMPT.items() for code in codes
    )
    return [
        *_ALWAYS,
        *("--line-length", str(_LINE_LENGTH)),
        *("--select", ",".join(FAMILIES), "--ignore", ",".join(IGNORED)),
        *("--per-file-ignores", exempt),
        *("--config", 'lint.pydocstyle.convention="google"'),
        *_first_party(own_names),
    ]


def sorting_arguments(arrangement: Iterable[str], own_names: Iterable[str]) -> list[str]:
    """The arguments of a check for the order of imports alone, under other options."""
    return [*_ALWAYS, "--select", UNSORTED, *arrangement, *_first_party(own_names)]


def _first_party(own_names: Iterable[str]) -> list[str]:
    names = ",".join(f'"{name}"' for name in sorted(own_names))
    return ["--config", f"lint.isort.known-first-party=[{names}]"]
