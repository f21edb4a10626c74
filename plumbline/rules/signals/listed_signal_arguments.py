"""SIG-11."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, RemoveKeyword
from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict


class ListedSignalArguments(Rule):
    """Finds signals that are made with the old `providing_args`."""

    code = "SIG11"
    slug = "listed-signal-arguments"
    title = "`Signal()` takes no list of arguments"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (352, 376)
    what = "A signal made with `providing_args`, or with a list in the first place, where that argument used to be."
    why = (
        "The argument never did anything. Since Django 4.0 the keyword is a `TypeError` at import, and a list in the "
        "first place switches `use_caching` on without a word."
    )
    how = "Write `Signal()` and name what it provides in a comment beside it."
    applies_when = "the repository defines signals of its own"
    absent = "no signals are defined"
    examples = (
        Example(
            "by keyword and by position",
            {
                "shop/signals.py": (
                    "from django.dispatch import Signal\n\n"
                    'order_completed = Signal(providing_args=["order", "user"])  # <-\n'
                    'order_paid = Signal(providing_args=["order"], use_caching=True)  # <-\n'
                )
            },
            fixed={
                "shop/signals.py": (
                    "from django.dispatch import Signal\n\n"
                    "order_completed = Signal()\n"
                    "order_paid = Signal(use_caching=True)\n"
                )
            },
        ),
        Example(
            "a list in the first place",
            {
                "shop/signals.py": (
                    'from django.dispatch import Signal\n\norder_paid = Signal(["order"])  # <-\n'
                )
            },
        ),
        Example(
            "a comment says it",
            {
                "shop/signals.py": (
                    "from django.dispatch import Signal\n\n"
                    "order_completed = Signal()  # Provides: order, user\n"
                    "order_paid = Signal(use_caching=True)\n"
                )
            },
            state="pass",
        ),
        Example(
            "signals of another library",
            {
                "shop/signals.py": (
                    "import django\nfrom blinker import Signal\n\norder_paid = Signal(['order'])\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each signal."""
        for call in project.events.signals.values():
            name = call.outline.bound
            if call.has_keyword("providing_args") and "providing_args" in dict(
                call.outline.keywords
            ):
                edit = RemoveKeyword(
                    call.path, call.line, call.column, call.outline.name, "providing_args"
                )
                yield call.violation(
                    f"`{name}` is made with `providing_args`, which Django 4.0 took away; say it in a comment",
                    fix=Fix([edit]),
                )
            elif call.outline.args and isinstance(call.outline.args[0], o.Many):
                yield call.violation(
                    f"the list given to `{name}` switches `use_caching` on; say what it provides in a comment"
                )
            else:
                yield call.in_order()
