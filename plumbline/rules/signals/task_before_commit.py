"""SIG-13."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceText
from plumbline.knowledge import LIFECYCLE_SIGNALS
from plumbline.project import Function, Project
from plumbline.project.events import Task
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_AT_ONCE = frozenset(("delay", "apply_async", "enqueue", "aenqueue", "send_task", "partial"))
_ON_COMMIT = frozenset(("delay_on_commit", "apply_async_on_commit"))
_TWINS = {"delay": "delay_on_commit", "apply_async": "apply_async_on_commit"}
_SINCE = Version("5.4")
_TASK = "from celery import shared_task\n\n\n@shared_task\ndef ship(order_id):\n    pass\n"
_HEAD = (
    "from functools import partial\n\nfrom django.db import transaction\n"
    "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
    "from shop.tasks import ship\n\n\n@receiver(post_save)\ndef order_saved(sender, instance, **kwargs):\n"
)


class TaskBeforeCommit(Rule):
    """Finds receivers of model signals that queue tasks before the transaction is committed."""

    code = "SIG13"
    slug = "task-queued-before-commit"
    title = "Receivers of model signals queue tasks on commit"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Signals"
    guide_lines = (418, 437)
    what = (
        "A receiver of `post_save` or another signal of the models that queues a task at once: not inside "
        "`transaction.on_commit`, and not by `delay_on_commit` or `apply_async_on_commit`."
    )
    why = (
        "The signal is sent while the transaction is still open. A free worker starts before the commit and does not "
        "find the row, and if the transaction is rolled back the task runs for something that never happened."
    )
    how = (
        "Write `ship.delay_on_commit(instance.pk)` (Celery 5.4), or `transaction.on_commit(lambda: "
        "ship.delay(instance.pk))`. Outside a transaction both run at once."
    )
    applies_when = "a receiver of model signals queues tasks of the repository"
    absent = "no receiver of model signals queues a task"
    errata = (
        "The guide's own sample queues at once. That works only while no transaction is open, which a receiver cannot "
        "know: the admin and every `atomic` block open one."
    )
    examples = (
        Example(
            "at once",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["celery>=5.4", "django"]\n',
                "shop/tasks.py": _TASK,
                "shop/signals.py": _HEAD + "    ship.delay(instance.pk)  # <-\n",
            },
            fixed={"shop/signals.py": _HEAD + "    ship.delay_on_commit(instance.pk)\n"},
        ),
        Example(
            "at once, with a result that is kept",
            {
                "shop/tasks.py": _TASK,
                "shop/signals.py": _HEAD
                + "    result = ship.apply_async(args=[instance.pk], countdown=3)  # <-\n    return result\n",
            },
        ),
        Example(
            "on commit",
            {
                "shop/tasks.py": _TASK,
                "shop/signals.py": _HEAD
                + "    def send():\n        ship.delay(instance.pk)\n\n"
                + "    transaction.on_commit(send)\n"
                + "    transaction.on_commit(lambda: ship.delay(instance.pk))\n"
                + "    transaction.on_commit(partial(ship.delay, instance.pk))\n"
                + "    ship.delay_on_commit(instance.pk)\n"
                + "    ship.s(instance.pk)\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a receiver of another signal",
            {
                "shop/tasks.py": _TASK,
                "shop/signals.py": (
                    "from django.contrib.auth.signals import user_logged_in\nfrom django.dispatch import receiver\n\n"
                    "from shop.tasks import ship\n\n\n"
                    "@receiver(user_logged_in)\ndef logged_in(sender, **kwargs):\n    ship.delay(1)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task that a receiver of model signals queues."""
        receivers = {
            (receiver.function.path, receiver.function.index)
            for receiver in project.events.own_receivers
            if not LIFECYCLE_SIGNALS.isdisjoint(receiver.signals)
        }
        if not receivers:
            return
        for task, call in project.events.dispatches():
            function = call.function
            if function is None or call.method not in _AT_ONCE | _ON_COMMIT:
                continue
            parent = (function.path, function.outline.parent)
            if (function.path, function.index) not in receivers and parent not in receivers:
                continue
            if call.method in _ON_COMMIT or _is_on_commit(project, call, function):
                yield call.in_order()
            elif call.method != "partial":
                name = task.function.name
                yield call.violation(
                    f"`{function.name}` queues `{name}` before the transaction is committed; queue it on commit",
                    fix=_fix(project, task, call),
                )


def _is_on_commit(project: Project, call: CallSite, function: Function) -> bool:
    """Whether a call stands in what is handed to ``on_commit``: in a lambda, a partial or a nested function."""
    if any(
        other.name.endswith("on_commit") and other.line <= call.line <= other.end_line
        for other in call.siblings
    ):
        return True
    outer = project.functions.by_index.get((function.path, function.outline.parent))
    names = {function.name} if outer is not None else set()
    if call.outline.bound:
        names.add(call.outline.bound)
    waiting = [*call.siblings, *(item.outline for item in (outer.calls if outer else ()))]
    return any(
        isinstance(value, o.Ref) and value.name in names
        for other in waiting
        if other.name.endswith("on_commit")
        for value in (*other.args, *(item for _, item in other.keywords))
    )


def _fix(project: Project, task: Task, call: CallSite) -> Fix | None:
    """Queue by the method's twin, where Celery has it and nobody looks at the result. Tests may see it later."""
    twin = _TWINS.get(call.method)
    lowest = project.dependencies.minimum("celery")
    if (
        twin is None
        or task.framework != "celery"
        or not call.has(o.DISCARDED)
        or lowest is None
        or lowest < _SINCE
    ):
        return None
    old, new = f".{call.method}(", f".{twin}("
    return Fix([ReplaceText(call.path, call.line, old, new)], is_safe=False)
