"""SIG-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddParameter, Fix
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n\n"


class ReceiverWithoutKeywords(Rule):
    """Finds signal receivers that do not take any keyword argument."""

    code = "SIG09"
    slug = "receiver-without-keywords"
    title = "Receivers take any keyword argument"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (303, 335)
    what = (
        "A function or method that is connected to a signal and has no `**kwargs` among its parameters, be it "
        "connected by `@receiver` or by `connect`."
    )
    why = (
        "A signal sends all its arguments by keyword, and may send more tomorrow: Django adds `signal` itself. With "
        "`DEBUG` on, Django refuses to connect such a receiver; with `DEBUG` off the first `send` fails in it."
    )
    how = "Add `**kwargs` behind the parameters that the receiver uses."
    applies_when = "the repository has signal receivers"
    absent = "no signal receivers"
    examples = (
        Example(
            "a receiver that names what it takes and nothing else",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\ndef order_saved(sender, instance, created):  # <-\n    pass\n"
            },
            fixed={
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\ndef order_saved(sender, instance, created, **kwargs):\n    pass\n"
            },
        ),
        Example(
            "a method, connected by call",
            {
                "shop/search.py": (
                    "from django.db.models.signals import post_save\n\n\n"
                    "class Index:\n"
                    "    def connect(self):\n        post_save.connect(self.update)\n\n"
                    "    def update(self, sender, instance):  # <-\n        pass\n"
                )
            },
            fixed={
                "shop/search.py": (
                    "from django.db.models.signals import post_save\n\n\n"
                    "class Index:\n"
                    "    def connect(self):\n        post_save.connect(self.update)\n\n"
                    "    def update(self, sender, instance, **kwargs):\n        pass\n"
                )
            },
        ),
        Example(
            "any name will do",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\ndef order_saved(sender, instance, **_options):\n    pass\n"
            },
            state="pass",
        ),
        Example(
            "a partial, whose parameters are not seen",
            {
                "shop/signals.py": (
                    "from functools import partial\nfrom django.db.models.signals import post_save\n\n\n"
                    "def saved(kind, sender, instance, **kwargs):\n    pass\n\n\n"
                    "def order_saved(sender, **kwargs):\n    pass\n\n\n"
                    'post_save.connect(partial(saved, "order"), weak=False)\npost_save.connect(order_saved)\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "signals of Celery",
            {
                "shop/celery.py": (
                    "import django\nfrom celery.signals import worker_ready\n\n\n"
                    "@worker_ready.connect\ndef ready(sender):\n    pass\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver."""
        seen: set[str] = set()
        for receiver in project.events.own_receivers:
            function = receiver.function
            if function.symbol in seen:
                continue
            seen.add(function.symbol)
            if any(item.kind == "**" for item in function.outline.parameters):
                yield function.in_order()
            elif _is_wrapped(project, function):
                yield function.unknown("another decorator may take the keywords")
            else:
                yield function.violation(
                    f"the receiver `{function.name}` takes no `**kwargs`, which every signal asks for; add it",
                    fix=Fix(
                        [AddParameter(function.path, function.line, function.column, "**kwargs")]
                    ),
                )


def _is_wrapped(project: Project, function: Function) -> bool:
    """Whether a decorator stands on the function that does not merely connect it."""
    return any(
        name != "django.dispatch.receiver"
        and name not in ("staticmethod", "classmethod")
        and not project.events.is_signal(name.removesuffix(".connect"))
        for name, _ in function.decorators
    )
