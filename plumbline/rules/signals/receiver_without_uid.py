"""SIG-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, SetKeyword
from plumbline.project import Project
from plumbline.project.events import Receiver
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_UID = "dispatch_uid"
_HEAD = "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n\n"


class ReceiverWithoutUid(Rule):
    """Finds receivers that are connected without `dispatch_uid`."""

    code = "SIG07"
    slug = "receiver-without-dispatch-uid"
    title = "Receivers have a `dispatch_uid`"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Signals"
    guide_lines = (439, 443)
    preview = True
    what = "A receiver that is connected without `dispatch_uid`, by decorator or by call."
    why = (
        "Django tells receivers apart by identity. A bound method, a nested function, or a module that is imported "
        "under two names is a new receiver each time, and its work is then done twice for every signal."
    )
    how = (
        'Give each connection a name of its own, such as `dispatch_uid="shop.signals.order_saved"`.'
    )
    applies_when = "the repository has signal receivers"
    absent = "no signal receivers"
    errata = (
        "The guide marks the form with the uid as good, and shows most of its receivers without one. A plain function "
        "of a module that is imported once needs none, so this rule counts and does not score."
    )
    examples = (
        Example(
            "by decorator and by call",
            {
                "shop/signals.py": _HEAD
                + "@receiver(post_save)\ndef order_saved(sender, **kwargs):  # <-\n    pass\n\n\n"
                + "def item_saved(sender, **kwargs):\n    pass\n\n\n"
                + "post_save.connect(item_saved)  # <-\n"
            },
            fixed={
                "shop/signals.py": _HEAD
                + '@receiver(post_save, dispatch_uid="shop.signals.order_saved")\n'
                + "def order_saved(sender, **kwargs):\n    pass\n\n\n"
                + "def item_saved(sender, **kwargs):\n    pass\n\n\n"
                + 'post_save.connect(item_saved, dispatch_uid="shop.signals.item_saved")\n'
            },
        ),
        Example(
            "named",
            {
                "shop/signals.py": _HEAD
                + '@receiver(post_save, dispatch_uid="order_saved")\ndef order_saved(sender, **kwargs):\n    pass\n'
            },
            state="pass",
        ),
        Example("no receivers", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver and place where it is connected."""
        found: dict[tuple[str, int], list[Receiver]] = {}
        for receiver in project.events.own_receivers:
            place = receiver.place
            found.setdefault((place.path, place.line), []).append(receiver)
        severed = _severed(project)
        for receivers in found.values():
            bare = [item for item in receivers if not {_UID, "**"} & item.options.keys()]
            place = receivers[0].place
            if not bare:
                yield place.in_order()
                continue
            function = receivers[0].function
            edits = [edit for item in bare for edit in _name(place, item)]
            # A `disconnect` of the function itself would no longer find a receiver that has a name.
            is_safe = function.name not in severed
            yield place.violation(
                f"the receiver `{function.name}` is connected without `{_UID}`; give it a name of its own",
                fix=Fix(list(dict.fromkeys(edits)), is_safe) if edits else None,
            )


def _name(place: Located, receiver: Receiver) -> Iterator[SetKeyword]:
    """Give the connection the dotted name of its function."""
    function = receiver.function
    value = f'"{function.qualified_name}"'
    if isinstance(place, CallSite):
        # A nested function or method stands for several receivers, which one name would make one.
        if not function.is_nested and function.owner is None:
            yield SetKeyword(place.path, place.line, place.column, place.outline.name, _UID, value)
        return
    for decorator in function.outline.decorators:
        if isinstance(decorator, o.Invocation) and _UID not in dict(decorator.keywords):
            name = function.names.resolve(function.module, decorator.name, function.outline.parent)
            if name == "django.dispatch.receiver" or name.endswith(".connect"):
                column = function.column + 1
                yield SetKeyword(function.path, decorator.line, column, decorator.name, _UID, value)


def _severed(project: Project) -> set[str]:
    """Last names of what any code disconnects."""
    return {
        value.name.rpartition(".")[2]
        for tests in (False, True)
        for call in project.calls.named("disconnect", tests=tests)
        for value in (*call.outline.args, *(item for _, item in call.outline.keywords))
        if isinstance(value, o.Ref)
    }
