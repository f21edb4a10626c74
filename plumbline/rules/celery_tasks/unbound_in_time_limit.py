"""CEL-16."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_IMPORTS = (
    "from celery import shared_task\nfrom celery.exceptions import SoftTimeLimitExceeded\n\n"
    "from shop.models import Order\n\n\n"
)
_SOFT_LIMIT = frozenset(
    (
        "celery.exceptions.SoftTimeLimitExceeded",
        "billiard.exceptions.SoftTimeLimitExceeded",
        "billiard.SoftTimeLimitExceeded",
    )
)


class UnboundInTimeLimit(Rule):
    """Finds names that the handler of a soft time limit may read before they exist."""

    code = "CEL16"
    slug = "unbound-name-after-time-limit"
    title = "What a soft limit's handler reads is bound before the try"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Background Tasks with Celery"
    guide_lines = (1108, 1118)
    what = "In a task, an `except SoftTimeLimitExceeded` that reads a name which only the body of its `try` binds."
    why = (
        "The limit may strike in any statement, the first one included. Then the name does not exist, the handler ends "
        "in `UnboundLocalError`, and the clean-up that it was written for does not happen."
    )
    how = (
        "Bind the name before the `try` (`order = None`, or fetch the row there), or let the handler work from the "
        "task's parameters, which always exist."
    )
    applies_when = "a task handles SoftTimeLimitExceeded"
    absent = "no task handles SoftTimeLimitExceeded"
    errata = "The guide's own sample reads `order` in the handler, although the limit may strike before it is there."
    examples = (
        Example(
            "an order that may not be there yet",
            {
                "shop/tasks.py": (
                    f"{_IMPORTS}@shared_task\n"
                    "def pay(order_id):\n"
                    "    try:\n"
                    "        order = Order.objects.get(pk=order_id)\n"
                    "        order.pay()\n"
                    "    except (SoftTimeLimitExceeded, OSError):  # <-\n"
                    "        order.mark_timeout()\n"
                    "        raise\n"
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "bound before, or a parameter",
            {
                "shop/tasks.py": (
                    f"{_IMPORTS}@shared_task\n"
                    "def pay(order_id):\n"
                    "    order = Order.objects.get(pk=order_id)\n"
                    "    try:\n"
                    "        order.pay()\n"
                    "    except SoftTimeLimitExceeded:\n"
                    "        order.mark_timeout()\n"
                    "        raise\n\n\n"
                    "@shared_task\n"
                    "def ship(order_id):\n"
                    "    try:\n"
                    "        parcel = pack(order_id)\n"
                    "    except SoftTimeLimitExceeded:\n"
                    "        Order.objects.filter(pk=order_id).update(late=True)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a task that handles something else",
            {
                "shop/tasks.py": (
                    f"{_IMPORTS}@shared_task\n"
                    "def pay(order_id):\n"
                    "    try:\n"
                    "        order = Order.objects.get(pk=order_id)\n"
                    "    except Order.DoesNotExist:\n"
                    "        return\n"
                ),
                "manage.py": "import django\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each handler of the soft limit in a task."""
        for task in project.events.tasks:
            function = task.function
            for handler in function.outline.handlers:
                if _SOFT_LIMIT.isdisjoint(function.resolve(name) for name in handler.types):
                    continue
                place = Located(
                    function.path,
                    handler.line,
                    handler.end_line,
                    function.column,
                    function.symbol,
                    f"except {', '.join(handler.types)}",
                )
                if handler.unbound:
                    names = "`, `".join(handler.unbound)
                    yield place.violation(
                        f"the limit may strike before `{names}` {'is' if len(handler.unbound) == 1 else 'are'} bound; "
                        "bind it before the `try`"
                    )
                else:
                    yield place.in_order()
