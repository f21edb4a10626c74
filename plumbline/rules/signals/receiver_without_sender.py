"""SIG-12."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.knowledge import LIFECYCLE_SIGNALS
from plumbline.project import Function, Project
from plumbline.project.events import Receiver
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_HEAD = (
    "from django.db.models.signals import m2m_changed, post_save\nfrom django.dispatch import receiver\n\n"
    "from shop.models import Order\n\n\n"
)
_SUBJECTS = ("sender", "instance")


class ReceiverWithoutSender(Rule):
    """Finds receivers of model signals that are called for every model."""

    code = "SIG12"
    slug = "receiver-without-sender"
    title = "Receivers of model signals name a sender"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (303, 335)
    what = (
        "A receiver of `pre_save`, `post_save`, `pre_delete`, `post_delete`, `pre_init`, `post_init` or `m2m_changed` "
        "that names no `sender` and does nothing that shows it is meant for any model: it never asks what `sender` or "
        "`instance` is, and hands neither on whole."
    )
    why = (
        "Without a sender the receiver runs for every save of every model, also of sessions, migrations and other "
        "packages. It costs time everywhere, and fails on the first instance that lacks the attribute that it reads."
    )
    how = "Name the model: `@receiver(post_save, sender=Order)`. For several models, connect the receiver to each."
    applies_when = "the repository has receivers of model signals"
    absent = "no receivers of model signals"
    errata = (
        "The guide does not speak of receivers that are meant for every model, such as an audit log. One that looks at "
        "`sender` or `instance` in a way that fits any model, or hands one on, is in order."
    )
    examples = (
        Example(
            "written for one model, called for all",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\ndef order_saved(sender, instance, **kwargs):  # <-\n"
                + "    instance.customer.refresh()\n"
            },
        ),
        Example(
            "by call",
            {
                "shop/signals.py": _HEAD
                + "def order_saved(sender, instance, **kwargs):\n    instance.customer.refresh()\n\n\n"
                + "post_save.connect(order_saved)  # <-\n"
            },
        ),
        Example(
            "with a sender, by keyword or by position",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save, sender=Order)\ndef order_saved(sender, instance, **kwargs):\n    pass\n\n\n"
                + "def tags_changed(sender, **kwargs):\n    pass\n\n\n"
                + "m2m_changed.connect(tags_changed, Order.tags.through)\n"
            },
            state="pass",
        ),
        Example(
            "an audit log, on purpose for every model",
            {
                "shop/signals.py": _HEAD
                + "from shop.audit import record\n\n\n"
                + "@receiver(post_save)\ndef saved(sender, instance, **kwargs):\n    record(instance)\n\n\n"
                + '@receiver(post_save)\ndef logged(sender, instance, **kwargs):\n    if hasattr(instance, "log"):\n'
                + "        instance.log()\n"
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "another signal",
            {
                "shop/signals.py": (
                    "from django.core.signals import request_finished\nfrom django.dispatch import receiver\n\n\n"
                    "@receiver(request_finished)\ndef finished(sender, **kwargs):\n    pass\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver and place where it is connected."""
        seen: dict[tuple[str, int], bool] = {}
        places: dict[tuple[str, int], tuple[Located, Receiver]] = {}
        for receiver in project.events.own_receivers:
            if LIFECYCLE_SIGNALS.isdisjoint(receiver.signals):
                continue
            key = (receiver.place.path, receiver.place.line)
            has_sender = receiver.options.get("sender") is not None or "**" in receiver.options
            seen[key] = seen.get(key, True) and has_sender
            places.setdefault(key, (receiver.place, receiver))
        for key, (place, receiver) in places.items():
            function = receiver.function
            if seen[key] or _is_for_any_model(function):
                yield place.in_order()
            else:
                yield place.violation(
                    f"the receiver `{function.name}` names no sender, so it runs for every model; name its model"
                )


def _is_for_any_model(function: Function) -> bool:
    """Whether a receiver asks what its sender or instance is, or hands one on: it is not written for one model."""
    return any(
        _looks_at_kind(call) for call in function.module.calls_by_scope.get(function.index, ())
    )


def _looks_at_kind(call: o.Call) -> bool:
    given = [*call.args, *(value for _, value in call.keywords)]
    named = [value.name for value in given if isinstance(value, o.Ref)]
    if any(name in _SUBJECTS for name in named):
        return True
    chains = [name.split(".") for name in (call.name, *named)]
    return any(
        parts[0] == "sender" or (parts[0] == "instance" and parts[1] in ("_meta", "__class__"))
        for parts in chains
        if len(parts) > 1
    )
