"""SIG-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_RECEIVER = "django.dispatch.receiver"
_HEAD = (
    "from django.db.models.signals import post_delete, post_save\nfrom django.dispatch import receiver\n\n"
    "from shop.tools import quietly\n\n\n"
)


class ReceiverUnderDecorator(Rule):
    """Finds `@receiver` below another decorator."""

    code = "SIG10"
    slug = "receiver-under-decorator"
    title = "`@receiver` is the outermost decorator"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (303, 335)
    what = "A function with `@receiver(…)` below another decorator that is none."
    why = (
        "Decorators work from below: `@receiver` connects the function as it stands there, without what the decorators "
        "above it add. The guard, retry or log that they were put there for never happens when the signal is sent."
    )
    how = "Move `@receiver` above all other decorators. Several of them may stand above each other."
    applies_when = "a function is decorated with `@receiver`"
    absent = "no function is decorated with `@receiver`"
    examples = (
        Example(
            "another decorator on top",
            {
                "shop/signals.py": _HEAD
                + "@quietly\n@receiver(post_save)\ndef order_saved(sender, **kwargs):  # <-\n    pass\n"
            },
        ),
        Example(
            "on top",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\n@quietly\ndef order_saved(sender, **kwargs):\n    pass\n"
            },
            state="pass",
        ),
        Example(
            "several receivers above each other",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\n@receiver(post_delete)\n@quietly\n"
                + "def order_changed(sender, **kwargs):\n    pass\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a static method, which only so is a function when it is connected",
            {
                "shop/signals.py": _HEAD
                + "class Orders:\n    @staticmethod\n    @receiver(post_save)\n"
                + "    def saved(sender, **kwargs):\n        pass\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "connected by call",
            {"shop/signals.py": _HEAD + "@quietly\ndef order_saved(sender, **kwargs):\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each decorated receiver."""
        seen: set[str] = set()
        for receiver in project.events.own_receivers:
            function = receiver.function
            names = [name for name, _ in function.decorators]
            if _RECEIVER not in names or function.symbol in seen:
                continue
            seen.add(function.symbol)
            last = len(names) - 1 - names[::-1].index(_RECEIVER)
            above = [
                name
                for name in names[:last]
                if name not in (_RECEIVER, "staticmethod")
                and not project.events.is_signal(name.removesuffix(".connect"))
            ]
            if above:
                shown = above[0].rpartition(".")[2]
                yield function.violation(
                    f"`@receiver` connects `{function.name}` without `@{shown}`, which stands above it; "
                    "move `@receiver` to the top"
                )
            else:
                yield function.in_order()
