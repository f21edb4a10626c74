"""I18-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Module, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_GETTEXT = "django.utils.translation."
_HEAD = "from django.utils.translation import gettext as _\n\n\n"


class ShadowedGettext(Rule):
    """Finds code that binds `_` to something else where it is the function that translates."""

    code = "I1802"
    slug = "shadowed-gettext"
    title = "`_` stays the function that translates"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Internationalization Testing"
    guide_lines = (2256, 2267)
    what = (
        "A loop or an assignment that binds `_` in a function that also calls `_()` for a translation, or at the "
        "top of a module that imports a translation function as `_`."
    )
    why = "Python makes `_` local to such a function: the translation calls a string or a number, and fails."
    how = "Give the value that nobody needs another name, such as `_name` or `unused`."
    applies_when = "a module imports a translation function as `_`"
    absent = "no module imports a translation function as `_`"
    errata = (
        "The guide's own test binds `_` in a loop in which it translates. In functions that translate nothing, `_` "
        "for an unused value does no harm and is not reported."
    )
    examples = (
        Example(
            "a loop takes the name away",
            {
                "shop/views.py": _HEAD
                + "def names(languages):\n    for code, _ in languages:  # <-\n        yield _('Order'), code\n"
            },
        ),
        Example(
            "nothing is translated where `_` is unused",
            {
                "shop/views.py": _HEAD
                + "def first(pairs):\n    name, _ = pairs[0]\n    return name\n\n\n"
                + "def title():\n    return _('Order')\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no translation",
            {"shop/views.py": "import django\n\nfor _ in range(3):\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each module that translates by `_`."""
        importing = project.names.importers(lambda name: name.startswith(_GETTEXT[:-1]))
        for module in project.names:
            scopes = _translating(module) if module.path in importing else set()
            if not scopes:
                continue
            found = [
                line
                for line, scope in module.outline.underscores
                if _is_harmful(module, scope, scopes)
            ]
            if not found:
                yield project.located_at(module.path, module.name, "_").in_order()
            for line in found:
                yield project.located_in(module, line, "_").violation(
                    "this binds `_`, which is the translation function here; use another name"
                )


def _translating(module: Module) -> set[int]:
    """The scopes in which imports bind `_` to a translation function."""
    return {
        item.scope
        for item in module.outline.imports
        if item.alias == "_" and module.import_target(item).startswith(_GETTEXT)
    }


def _is_harmful(module: Module, scope: int, scopes: set[int]) -> bool:
    if -1 not in scopes and scope not in scopes:
        return False
    return scope == -1 or any(call.name == "_" for call in module.calls_by_scope.get(scope, ()))
