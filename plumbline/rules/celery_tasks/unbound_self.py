"""CEL-15."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, RemoveKeyword, ReplaceText, SetKeyword
from plumbline.project import Function, Project
from plumbline.project.events import Task
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_IMPORT = "from celery import shared_task\n\n\n"
_USES_TASK = ("retry", "update_state", "apply_async", "delay", "replace", "send_event", "signature")


class UnboundSelf(Rule):
    """Finds tasks whose first parameter does not fit ``bind``."""

    code = "CEL15"
    slug = "unbound-task-self"
    title = "A task takes self exactly when it is bound"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Background Tasks with Celery"
    guide_lines = (1100, 1121)
    what = (
        "A Celery task with a first parameter `self` that is not declared with `bind=True`, and a bound task that has "
        "no parameter for the task itself."
    )
    why = (
        "`bind=True` puts the task before the arguments of each call, and nothing else does. Without it `self` takes "
        "the first argument of the caller; with it and no `self`, every argument lands one place too far to the right."
    )
    how = (
        "Add `bind=True` where the body needs `self.retry` or `self.request`; take `self` away where it does not. Take "
        "`bind=True` away from a task that never uses the task object."
    )
    applies_when = "the repository has Celery tasks"
    absent = "no Celery tasks"
    examples = (
        Example(
            "self without bind",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task\ndef ship(self, order_id):  # <-\n    self.retry()\n\n\n"
                    "@shared_task(max_retries=3)\ndef send(self, order_id):  # <-\n    self.retry()\n"
                ),
                "manage.py": "import django\n",
            },
            fixed={
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task(bind=True)\ndef ship(self, order_id):\n    self.retry()\n\n\n"
                    "@shared_task(max_retries=3, bind=True)\ndef send(self, order_id):\n    self.retry()\n"
                )
            },
        ),
        Example(
            "bind without self",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task(bind=True)\ndef ship(order_id):  # <-\n    pass\n\n\n"
                    "@shared_task(bind=True, max_retries=3)\ndef count():  # <-\n    pass\n"
                ),
                "manage.py": "import django\n",
            },
            fixed={
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task()\ndef ship(order_id):\n    pass\n\n\n"
                    "@shared_task(max_retries=3)\ndef count():\n    pass\n"
                )
            },
        ),
        Example(
            "both, or neither",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}@shared_task(bind=True)\ndef ship(self, order_id):\n    pass\n\n\n"
                    "@shared_task(bind=True)\ndef send(task, order_id):\n    pass\n\n\n"
                    "@shared_task\ndef count():\n    pass\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a task class has its own self, and the base class of a task changes nothing",
            {
                "shop/tasks.py": (
                    "from celery import Task, shared_task\n\n\n"
                    "class Ship(Task):\n    def run(self, order_id):\n        pass\n\n\n"
                    "@shared_task(base=Ship)\ndef ship(order_id):\n    pass\n\n\n"
                    "@shared_task(base=Ship, bind=True)\ndef send(*args):\n    pass\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a repository without Celery tasks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task that is a plain function."""
        for task in project.events.tasks:
            function = task.function
            if (
                task.framework != "celery"
                or task.is_open
                or function.owner is not None
                or function.module.role != "source"
            ):
                continue
            bind = task.option("bind")
            first = next(iter(function.outline.parameters), None)
            takes_self = first is not None and _is_task(function, first)
            is_wrong = (bind is True and not takes_self) or (
                not bind and first is not None and first.name == "self"
            )
            if is_wrong and (task.factory or len(function.decorators) > 1):
                yield function.unknown("another decorator may give the function its arguments")
            elif bind is True and not takes_self:
                yield function.violation(
                    f"`{function.name}` is bound but has no parameter `self`, so every argument moves one place on",
                    fix=_unbind(task),
                )
            elif not bind and first is not None and first.name == "self":
                yield function.violation(
                    f"`{function.name}` takes `self` but is not bound; declare it with `bind=True`",
                    fix=_bind(task),
                )
            elif isinstance(bind, bool | None):
                yield function.in_order()
            else:
                yield function.unknown("whether the task is bound is computed")


def _is_task(function: Function, first: o.Parameter) -> bool:
    """Whether a parameter may be meant for the task: by its kind, its name or what is called on it."""
    name = first.name.lower()
    if first.kind == "*" or "self" in name or "task" in name or not name.strip("_"):
        return True
    used = {f"{first.name}.{method}" for method in _USES_TASK}
    return any(call.outline.name in used for call in function.calls)


def _decorator(task: Task) -> tuple[int, o.Ref | o.Invocation] | None:
    """The task's own decorator with its line, where that line can be told."""
    function = task.function
    if task.factory is not None:
        return None
    decorators = function.outline.decorators
    if task.options is not None:
        return task.options.line, task.options
    last = decorators[-1]
    if isinstance(last, o.Ref) and len(decorators) == 1:
        return function.line - 1, last
    return None


def _bind(task: Task) -> Fix | None:
    """Bind the task. Unsafe: callers may have handed something over for ``self``."""
    found = _decorator(task)
    if found is None:
        return None
    line, decorator = found
    path = task.function.path
    if isinstance(decorator, o.Invocation):
        column = task.function.column + 1
        return Fix([SetKeyword(path, line, column, decorator.name, "bind", "True")], is_safe=False)
    old = f"@{decorator.name}"
    return Fix([ReplaceText(path, line, old, f"{old}(bind=True)")], is_safe=False)


def _unbind(task: Task) -> Fix | None:
    """Take ``bind`` away. Unsafe: the first parameter may be the task under another name."""
    options = task.options
    if (
        options is None
        or task.factory is not None
        or not any(key == "bind" for key, _ in options.keywords)
    ):
        return None
    place = (task.function.path, options.line, task.function.column + 1)
    return Fix([RemoveKeyword(*place, options.name, "bind")], is_safe=False)
