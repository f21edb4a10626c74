"""What the rules of ruff are called: a table beside this module, checked against the bundled ruff by a test."""

from __future__ import annotations

import functools
from importlib import resources


@functools.cache
def _names() -> dict[str, str]:
    import tomllib

    text = resources.files("plumbline.linting").joinpath("names.toml").read_text("utf-8")
    return tomllib.loads(text)


def rule_title(code: str) -> str:
    """The name of a rule as words, such as ``Unused import``; the code itself for one that is not known."""
    name = _names().get(code)
    return name.replace("-", " ").capitalize() if name else code
