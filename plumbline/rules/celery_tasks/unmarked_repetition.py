"""CEL-12."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.events import Task
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_TASK = "from celery import shared_task\n\nfrom shop.models import Entry, Order\n\n\n"
_CREATES = frozenset(("create", "bulk_create", "acreate", "abulk_create"))
_GUARDS = frozenset(
    "get_or_create update_or_create select_for_update exists aexists aget_or_create aupdate_or_create lock acquire "
    "advisory_lock cache_lock memcache_lock in_bulk".split()
)


class UnmarkedRepetition(Rule):
    """Finds tasks that add rows each time they run."""

    code = "CEL12"
    slug = "task-that-repeats-itself"
    title = "A task that writes may run twice"
    level = Level.MUST
    basis = Basis.MARKED
    preview = True
    section = "Production Background Tasks with Celery"
    guide_lines = (1138, 1156)
    effort = Effort.HOUR
    what = (
        "A Celery task that creates rows and shows no sign that a second run was thought of: no lock, no "
        "`get_or_create`, no `exists`, no row locked, no condition on what was found."
    )
    why = (
        "Celery promises to run a task at least once. Retries, a lost worker and an impatient click all run it again, "
        "and each run adds the same rows once more."
    )
    how = (
        "Lock the row and look at its state before writing, write with `update_or_create` or "
        "`bulk_create(ignore_conflicts=True)` under a unique constraint, or hold a lock made of the task's arguments."
    )
    applies_when = "a Celery task creates rows"
    absent = "no Celery task is seen to create rows"
    errata = (
        "That a task is idempotent cannot be proved by looking at it. The rule only shows tasks without a sign of it, "
        "and stays advice."
    )
    examples = (
        Example(
            "one more row each time",
            {
                "shop/tasks.py": (
                    f"{_TASK}@shared_task\ndef book(order_id):  # <-\n    Entry.objects.create(order_id=order_id)\n"
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "a lock, a state, or a write that repeats itself",
            {
                "shop/tasks.py": (
                    "from django.core.cache import cache\n"
                    f"{_TASK}"
                    "@shared_task\ndef book(order_id):\n"
                    '    if not cache.add(f"book-{order_id}", 1, timeout=60):\n        return\n'
                    "    Entry.objects.create(order_id=order_id)\n\n\n"
                    "@shared_task\ndef pay(order_id):\n"
                    "    Entry.objects.update_or_create(order_id=order_id)\n\n\n"
                    "@shared_task\ndef load(rows):\n"
                    "    Entry.objects.bulk_create(rows, ignore_conflicts=True)\n\n\n"
                    "@shared_task\ndef ship(order_id):\n"
                    "    if not Entry.objects.filter(order_id=order_id).exists():\n"
                    "        Entry.objects.create(order_id=order_id)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a task that only sets values",
            {
                "shop/tasks.py": (
                    f"{_TASK}@shared_task\ndef close():\n    Order.objects.filter(paid=True).update(open=False)\n"
                ),
                "manage.py": "import django\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task that creates rows."""
        for task in project.events.tasks:
            function = task.function
            if task.framework != "celery" or function.module.role != "source":
                continue
            created = [call for call in function.calls if _creates(call)]
            if not created:
                continue
            if all(_is_repeatable(call) for call in created) or _is_guarded(task):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` creates rows each time it runs; check whether it has run before"
                )


def _creates(call: CallSite) -> bool:
    name = call.outline.name
    return call.method in _CREATES and (".objects." in name or "_default_manager" in name)


def _is_repeatable(call: CallSite) -> bool:
    return call.keyword("ignore_conflicts") is True or call.keyword("update_conflicts") is True


def _is_guarded(task: Task) -> bool:
    """Whether the body holds a lock, asks what is there, or decides by a name that it tests."""
    function = task.function
    tested = {name for name, _ in function.outline.tested}
    own = {item.name for item in function.outline.parameters}
    if tested - own:
        return True
    for call in function.calls:
        if call.method in _GUARDS or "lock" in call.method.lower():
            return True
        if call.method == "add" and "cache" in call.outline.name:
            return True
        if call.method == "filter" and call.has(o.CONDITIONAL):
            return True
    return any("once" in name or "lock" in name for name, _ in function.decorators)
