"""All rules, found by walking the package ``plumbline.rules``."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from plumbline import rules
from plumbline.rule import Rule


@functools.cache
def all_rules() -> Mapping[str, Rule]:
    """Code to rule, in the order of the guide; those that judge the others' work come last."""
    for module in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        importlib.import_module(module.name)
    found: dict[str, Rule] = {}
    for kind in _subclasses(Rule):
        rule = kind()
        if rule.code in found:
            raise ValueError(f"{rule.code} is the code of two rules")
        found[rule.code] = rule
    return dict(
        sorted(found.items(), key=lambda item: (item[1].comes_last, item[1].guide_lines, item[0]))
    )


def _subclasses(kind: type[Rule]) -> list[type[Rule]]:
    """Subclasses that state a code: bases shared by several rules do not."""
    found: list[type[Rule]] = []
    for child in kind.__subclasses__():
        if child.__module__.startswith(rules.__name__) and hasattr(child, "code"):
            found.append(child)
        found += _subclasses(child)
    return found
