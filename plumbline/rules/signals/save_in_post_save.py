"""SIG-14."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SAVED = "django.db.models.signals.post_save"
_SAVES = ("instance.save", "instance.asave")
_HEAD = (
    "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
    "from shop.models import Order\n\n\n"
    "@receiver(post_save, sender=Order)\ndef order_saved(sender, instance, created, **kwargs):\n"
)


class SaveInPostSave(Rule):
    """Finds receivers of `post_save` that save the same instance again."""

    code = "SIG14"
    slug = "save-in-post-save"
    title = "A receiver of `post_save` does not save its instance again unguarded"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (303, 335)
    what = (
        "`instance.save()` in a receiver of `post_save` that stands under no condition, behind no early return, and "
        "names no `update_fields`."
    )
    why = (
        "Saving sends the signal again, which calls the receiver again. It ends in a `RecursionError`, or in twice the "
        "writes and twice the side effects."
    )
    how = (
        "Set the value in `save()`, in a service or in `pre_save`, or write the column alone with "
        "`Order.objects.filter(pk=instance.pk).update(…)`, which sends no signal. At the least ask for `created`."
    )
    applies_when = "the repository has receivers of `post_save`"
    absent = "no receivers of `post_save`"
    examples = (
        Example(
            "saved again, always",
            {
                "shop/signals.py": _HEAD
                + "    instance.number = 1000 + instance.pk\n    instance.save()  # <-\n"
            },
        ),
        Example(
            "for new rows alone",
            {
                "shop/signals.py": _HEAD
                + "    if created:\n        instance.number = 1000 + instance.pk\n        instance.save()\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an early return",
            {
                "shop/signals.py": _HEAD
                + "    if not created:\n        return\n    instance.save()\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "one column, or a query",
            {
                "shop/signals.py": _HEAD
                + '    instance.save(update_fields=["number"])\n'
                + "    Order.objects.filter(pk=instance.pk).update(number=1)\n    instance.customer.save()\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example("no receivers", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver of ``post_save``, at the call that saves again."""
        seen: set[str] = set()
        for receiver in project.events.own_receivers:
            function = receiver.function
            if _SAVED not in receiver.signals or function.symbol in seen:
                continue
            seen.add(function.symbol)
            line = _unguarded(function)
            if line:
                yield function.violation(
                    f"`{function.name}` saves its instance, which calls `{function.name}` again; "
                    "use `update()` or ask for `created`",
                    at=project.located_in(function.module, line, "instance.save()"),
                )
            else:
                yield function.in_order()


def _unguarded(function: Function) -> int:
    """The line of a save of the instance that nothing keeps from repeating itself; 0 if there is none."""
    if function.outline.exits & o.RETURNS_NOTHING:
        return 0
    calls = function.module.calls_by_scope.get(function.index, [])
    if any(call.name.endswith(".disconnect") for call in calls):
        return 0
    return next(
        (
            call.line
            for call in calls
            if call.name in _SAVES
            and not call.flags & (o.CONDITIONAL | o.IN_LAMBDA)
            and not any(name in ("update_fields", "**") for name, _ in call.keywords)
        ),
        0,
    )
