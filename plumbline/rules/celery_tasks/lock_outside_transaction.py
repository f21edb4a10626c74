"""CEL-14."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_IMPORTS = "from django.db import transaction\n\nfrom shop.models import Order\n\n\n"
_DEPTH = 3
_MANY = 12
_VIEW_METHODS = frozenset(
    "get post put patch delete form_valid perform_create perform_update perform_destroy".split()
)
_SAFE, _UNSAFE, _OPEN = "safe", "unsafe", "open"


class LockOutsideTransaction(Rule):
    """Finds row locks that no transaction holds."""

    code = "CEL14"
    slug = "row-lock-outside-transaction"
    title = "select_for_update stands inside a transaction"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Background Tasks with Celery"
    guide_lines = (1150, 1154)
    what = (
        "A `select_for_update` that is neither in a `with transaction.atomic()`, nor in a function decorated with it, "
        "in a task, a view, a command, or a function whose callers have no transaction either."
    )
    why = (
        "A row stays locked until its transaction ends. Outside one Django raises TransactionManagementError when "
        "the query runs, so the code fails, or works only in tests that wrap everything in a transaction."
    )
    how = (
        "Open `with transaction.atomic():` around the query and the writes that it protects, or decorate the function. "
        "Keep slow calls out of the block: it holds the lock."
    )
    applies_when = "the code uses select_for_update"
    absent = "nothing uses select_for_update"
    errata = (
        "The guide's sample of an idempotent task locks outside a transaction and fails on PostgreSQL. A function that "
        "returns the query, or whose callers cannot all be seen, is left alone; so are views under ATOMIC_REQUESTS."
    )
    examples = (
        Example(
            "a task and a helper without a transaction",
            {
                "shop/tasks.py": (
                    "from celery import shared_task\n"
                    f"{_IMPORTS}"
                    "@shared_task\n"
                    "def ship(order_id):\n"
                    "    order = Order.objects.select_for_update().get(pk=order_id)  # <-\n"
                    "    _close(order_id)\n\n\n"
                    "def _close(order_id):\n"
                    "    Order.objects.select_for_update().filter(pk=order_id).first()  # <-\n"
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "a method of a view",
            {
                "shop/views.py": (
                    "from django.views import View\n\nfrom shop.models import Order\n\n\n"
                    "class Pay(View):\n"
                    "    def post(self, request, pk):\n        self._lock_order(pk)\n\n"
                    "    def _lock_order(self, pk):\n"
                    "        return Order.objects.select_for_update().get(pk=pk)  # <-\n"
                ),
                "config/settings.py": (
                    'INSTALLED_APPS = []\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "in a block, in a decorated function, in a helper of one",
            {
                "shop/services.py": (
                    f"{_IMPORTS}"
                    "def ship(order_id):\n"
                    "    with transaction.atomic():\n"
                    "        order = Order.objects.select_for_update().get(pk=order_id)\n"
                    "        _close(order_id)\n\n\n"
                    "@transaction.atomic\n"
                    "def pay(order_id):\n"
                    "    order = Order.objects.select_for_update().get(pk=order_id)\n"
                    "    _close(order_id)\n\n\n"
                    "def _close(order_id):\n"
                    "    Order.objects.select_for_update().filter(pk=order_id).first()\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a context manager of the project opens the transaction",
            {
                "shop/services.py": (
                    f"from contextlib import contextmanager\n\n{_IMPORTS}"
                    "@contextmanager\n"
                    "def _alone():\n    with transaction.atomic():\n        yield\n"
                ),
                "shop/tasks.py": (
                    "from celery import shared_task\n\nfrom shop.models import Order\n"
                    "from shop.services import _alone\n\n\n"
                    "@shared_task\n"
                    "def ship(order_id):\n"
                    "    with _alone():\n"
                    "        order = Order.objects.select_for_update().get(pk=order_id)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "helpers that are called under a transaction elsewhere, or only make the query",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\n\n\n"
                    "def locked_orders():\n    return Order.objects.select_for_update()\n\n\n"
                    "def locked_order(order_id):\n"
                    "    order = Order.objects.select_for_update().get(pk=order_id)\n    return order\n"
                ),
                "shop/services.py": (
                    "from django.db import transaction\n\nfrom shop.selectors import locked_order\n\n\n"
                    "def ship(order_id):\n"
                    "    with transaction.atomic():\n        locked_order(order_id)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "code without row locks",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each lock that can be judged."""
        for call in project.calls.named("select_for_update"):
            function = call.function
            if function is None:
                yield call.unknown("the query is made outside a function")
                continue
            where = _where(project, call, _DEPTH)
            if where == _SAFE:
                yield call.in_order()
            elif where == _OPEN or call.has(o.RETURNED):
                yield call.unknown("whether the callers open a transaction cannot be seen")
            else:
                yield call.violation(
                    f"`{function.name}` locks rows outside a transaction; open `transaction.atomic()` around it"
                )


def _where(project: Project, call: CallSite, depth: int) -> str:
    """Whether a call runs in a transaction: certainly, certainly not, or as its callers please."""
    function = call.function
    if function is None:
        return _OPEN
    if call.has(o.IN_ATOMIC) or _is_within(project, call) or _is_atomic(function):
        return _SAFE
    if call.outline.bound and any(other.flags & o.IN_ATOMIC for other in call.siblings):
        return _OPEN  # the query may be run later, inside the block
    if call.has(o.IN_LAMBDA) or function.is_nested or depth == 0:
        return _OPEN
    if _is_job(project, function):
        return _UNSAFE
    if _is_view(project, function):
        return _OPEN if _has_atomic_requests(project) else _UNSAFE
    if function.owner is not None and len(project.calls.modules(function.name)) > _MANY:
        return _OPEN  # a name that much else has
    callers = []
    for other in project.calls.named(function.name):
        called = project.functions.called_by(other)
        if called is function and other.function is not function:
            callers.append(other)
        elif called is None and function.owner is not None:
            return _OPEN  # perhaps a call of this very method
    found = {_where(project, other, depth - 1) for other in callers}
    if _UNSAFE in found:
        # What an argument decides (`if with_lock:`) may be off for just those callers.
        return _OPEN if call.has(o.CONDITIONAL) else _UNSAFE
    return _SAFE if found == {_SAFE} else _OPEN


def _is_within(project: Project, call: CallSite) -> bool:
    """Whether a ``with`` around a call opens a transaction: by its name, or as a context manager of the repository."""
    if call.function is None or not call.has(o.IN_WITH):
        return False
    for other in call.siblings:
        if other.flags & o.CONTEXT and other.line < call.line:
            if _names_transaction(other.name):
                return True
            made = project.functions.by_name.get(call.function.resolve(other.name))
            inside = made.module.calls_by_scope.get(made.index, ()) if made is not None else ()
            if any(_names_transaction(inner.name) for inner in inside):
                return True
    return False


def _is_atomic(function: Function) -> bool:
    return any(_names_transaction(name) for name, _ in function.decorators)


def _names_transaction(name: str) -> bool:
    last = name.rpartition(".")[2].lower()
    return "atomic" in last or "transaction" in last


def _is_job(project: Project, function: Function) -> bool:
    """Whether a function is called from outside the repository and no request: a task, a command."""
    if any(task.function is function for task in project.events.tasks):
        return True
    return (
        function.name == "handle"
        and function.owner is not None
        and function.owner.inherits("django.core.management.base.BaseCommand")
    )


def _is_view(project: Project, function: Function) -> bool:
    """Whether a function answers requests."""
    if function.owner is None:
        return project.views.is_function_view(function)
    return function.name in _VIEW_METHODS and project.views.is_view_class(function.owner)


def _has_atomic_requests(project: Project) -> bool:
    """Whether a request may run in a transaction of its own."""
    for settings in project.settings.deployed:
        databases = settings.get("DATABASES")
        if databases is None or "ATOMIC_REQUESTS" in f"{databases.value}" or not databases.is_known:
            return True
    return False
