"""SIG-15."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_BEGINS = {
    "setUp": ("tearDown", "asyncTearDown"),
    "asyncSetUp": ("asyncTearDown", "tearDown"),
    "setUpClass": ("tearDownClass",),
    "setUpTestData": ("tearDownClass",),
    "setup_method": ("teardown_method",),
    "setup_class": ("teardown_class",),
    "setUpModule": ("tearDownModule",),
    "setup_module": ("teardown_module",),
}
_CLEANUPS = frozenset(
    ("addCleanup", "addClassCleanup", "addModuleCleanup", "addfinalizer", "callback")
)
_HEAD = (
    "from django.db.models.signals import post_save\n\n"
    "from shop.models import Order\nfrom shop.signals import order_saved\n\n\n"
)


class SignalLeftDisconnected(Rule):
    """Finds tests that disconnect a receiver and may leave it so."""

    code = "SIG15"
    slug = "receiver-left-disconnected"
    title = "A test that disconnects a receiver connects it again in any case"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Signals"
    guide_lines = (454, 491)
    what = (
        "A test or fixture that disconnects a receiver which it did not connect itself, and does not connect it again "
        "in `finally`, in a clean-up, behind the `yield` of a fixture or in the matching `tearDown`."
    )
    why = (
        "Receivers are global. If the test fails before it connects the receiver again, every later test runs without "
        "it, and fails or passes for a reason that is nowhere near."
    )
    how = (
        "Use `mute_signals(post_save)` of factory_boy, or connect the receiver again in `finally` or with "
        "`self.addCleanup(post_save.connect, …)`."
    )
    applies_when = "a test disconnects a receiver or mutes signals"
    absent = "no test disconnects a receiver or mutes signals"
    examples = (
        Example(
            "connected again only if all went well, or not at all",
            {
                "manage.py": "import django\n",
                "tests/test_signals.py": _HEAD
                + "def test_quiet():\n"
                + "    post_save.disconnect(order_saved, sender=Order)  # <-\n"
                + "    Order.objects.create()\n"
                + "    post_save.connect(order_saved, sender=Order)\n\n\n"
                + "class TestOrder:\n    def setUp(self):\n"
                + "        post_save.disconnect(order_saved, sender=Order)  # <-\n",
            },
        ),
        Example(
            "in finally, or muted",
            {
                "manage.py": "import django\n",
                "tests/test_signals.py": _HEAD
                + "from factory.django import mute_signals\n\n\n"
                + "def test_quiet():\n"
                + "    post_save.disconnect(order_saved, sender=Order)\n"
                + "    try:\n        Order.objects.create()\n"
                + "    finally:\n        post_save.connect(order_saved, sender=Order)\n\n\n"
                + "@mute_signals(post_save)\ndef test_muted():\n    Order.objects.create()\n",
            },
            state="pass",
        ),
        Example(
            "a fixture that yields, a clean-up, a tear-down",
            {
                "manage.py": "import django\n",
                "tests/test_signals.py": _HEAD
                + "import pytest\n\n\n"
                + "@pytest.fixture\ndef quiet():\n    post_save.disconnect(order_saved)\n    yield\n"
                + "    post_save.connect(order_saved)\n\n\n"
                + "class TestOrder:\n    def setUp(self):\n        post_save.disconnect(order_saved)\n\n"
                + "    def tearDown(self):\n        post_save.connect(order_saved)\n\n"
                + "    def test_other(self):\n        post_save.disconnect(order_saved)\n"
                + "        self.addCleanup(post_save.connect, order_saved)\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a receiver of the test's own, and something else that is disconnected",
            {
                "manage.py": "import django\n",
                "tests/test_signals.py": _HEAD
                + "def test_sent(client):\n    seen = []\n"
                + "    def spy(**kwargs):\n        seen.append(kwargs)\n\n"
                + "    post_save.connect(spy)\n    Order.objects.create()\n    post_save.disconnect(spy)\n"
                + "    client.disconnect()\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver that a test disconnects, and for each use of ``mute_signals``."""
        for call in project.calls.named("mute_signals", tests=True):
            yield call.in_order()
        for call in project.calls.named("disconnect", tests=True):
            receiver = _receiver(call)
            signal = call.outline.name.removesuffix(".disconnect")
            scope = call.function.index if call.function is not None else -1
            if not receiver or call.function is None:
                continue
            module = call.function.module
            if not project.events.is_signal(project.names.resolve(module, signal, scope)):
                continue
            if _is_own(call, receiver):
                continue
            if _comes_back(call, signal):
                yield call.in_order()
            else:
                yield call.violation(
                    f"`{receiver}` stays disconnected if `{call.function.name}` fails; "
                    "connect it again in `finally`, or use `mute_signals`"
                )


def _receiver(call: CallSite) -> str:
    given = call.outline.args[0] if call.outline.args else call.keyword("receiver")
    return given.name if isinstance(given, o.Ref) else ""


def _around(call: CallSite) -> list[o.Call]:
    """The calls of the function, and of the other functions of its class or, outside a class, of its module."""
    function = call.function
    if function is None:
        return []
    module = function.module
    owner = function.outline.owner
    indexes = [index for index, item in enumerate(module.functions) if item.owner == owner]
    return [item for index in indexes for item in module.calls_by_scope.get(index, ())]


def _is_own(call: CallSite, receiver: str) -> bool:
    """Whether the test itself, its class or a function beside it connected the receiver first."""
    for other in call.siblings:
        if other.name.endswith(".connect") and other.line < call.line and _names(other, receiver):
            return True
    function = call.function
    if function is None or receiver.startswith(("self.", "cls.")):
        return True
    ends = {name for names in _BEGINS.values() for name in names}
    return function.name in ends and any(
        other.name.endswith(".connect") and _names(other, receiver) for other in _around(call)
    )


def _names(call: o.Call, receiver: str) -> bool:
    return any(
        isinstance(value, o.Ref) and value.name == receiver
        for value in (*call.args, *(item for _, item in call.keywords))
    )


def _comes_back(call: CallSite, signal: str) -> bool:
    function = call.function
    if function is None:
        return False
    connect = f"{signal}.connect"
    for other in call.siblings:
        if other.name == connect and (other.flags & o.IN_FINALLY or function.outline.yields):
            return True
        if other.name.rpartition(".")[2] in _CLEANUPS and _names(other, connect):
            return True
    ends = _BEGINS.get(function.name, ())
    module = function.module
    return any(
        item.name in ends
        and item.owner == function.outline.owner
        and any(other.name == connect for other in module.calls_by_scope.get(index, ()))
        for index, item in enumerate(module.functions)
    )
