"""CBR-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.knowledge import CLOUD_ROOTS
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_ONE_OFF = frozenset(
    ("management", "scripts", "script", "bin", "tools", "docker", "contrib", "hooks")
)
_CLOUD = tuple(dict.fromkeys(root.partition(".")[0] for root in CLOUD_ROOTS))
_LOCAL = frozenset(("construct_event", "construct_from", "convert_to_stripe_object"))
"""Methods of a cloud's package that ask nobody."""
_HEAD = "import django\nimport pybreaker\nimport requests\n\npayment = pybreaker.CircuitBreaker(5, 60)\n\n\n"


class UnguardedServiceCall(Rule):
    """Finds functions that ask other servers with no circuit breaker in between."""

    code = "CBR01"
    slug = "unguarded-service-call"
    title = "Calls to other services run under a circuit breaker"
    level = Level.SHOULD
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1829, 1829)
    preview = True
    what = (
        "A function that makes an HTTP request or calls a cloud service, where neither it nor everything that calls it "
        "runs under a circuit breaker."
    )
    why = (
        "While the other side is down, every request of ours waits for it until the timeout, and soon all workers do. "
        "A breaker notices after a few failures, fails at once for a while, and spares the other side too."
    )
    how = (
        "Make a `pybreaker.CircuitBreaker` for each service, and decorate the function that calls it or run it by "
        "`breaker.call(…)`."
    )
    applies_when = "code outside tests, commands and scripts calls other servers"
    absent = "nothing outside tests, commands and scripts is seen to call another server"
    errata = (
        "Packages for the same purpose count, such as circuitbreaker, tenacity and backoff. Which calls deserve a "
        "breaker is a decision of design, so this only points."
    )
    effort = Effort.HOUR
    examples = (
        Example(
            "nothing in between",
            {
                "shop/services.py": (
                    "import django\nimport requests\nimport stripe\n\n\n"
                    "def charge(order):  # <-\n    requests.post(order.url, timeout=10)\n\n\n"
                    "def refund(order):  # <-\n    stripe.Refund.create(charge=order.charge)\n"
                )
            },
        ),
        Example(
            "under a breaker, by decorator or by call",
            {
                "shop/services.py": (
                    f"{_HEAD}@payment\ndef charge(order):\n    requests.post(order.url, timeout=10)\n\n\n"
                    "def status(url):\n    return payment.call(requests.get, url, timeout=10)\n\n\n"
                    "def ask(url):\n    return requests.get(url, timeout=10)\n\n\n"
                    "@payment\ndef rates(url):\n    return ask(url)\n"
                )
            },
            state="pass",
        ),
        Example(
            "another package that keeps a failing server from being asked",
            {
                "shop/services.py": (
                    "import django\nimport requests\nfrom tenacity import retry\n\n\n"
                    "@retry(stop=3)\ndef charge(order):\n    requests.post(order.url, timeout=10)\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a command that runs once",
            {
                "shop/management/commands/rates.py": (
                    "import django\nimport requests\n\n\ndef handle():\n"
                    '    requests.get("https://example.org/", timeout=5)\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each function that calls another server."""
        found: dict[str, tuple[Function, list[CallSite]]] = {}
        for call in _calls(project):
            if call.function is not None and _ONE_OFF.isdisjoint(call.path.split("/")[:-1]):
                key = call.function.qualified_name
                found.setdefault(key, (call.function, []))[1].append(call)
        for function, calls in found.values():
            if all(project.breakers.is_guarded(call) for call in calls):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` calls another server with no circuit breaker in between; "
                    "guard it with pybreaker"
                )


def _calls(project: Project) -> Iterator[CallSite]:
    """Calls of HTTP clients and of cloud services."""
    for call, _ in project.outbound:
        yield call
    for module in project.importers(*_CLOUD):
        if module.role == "source":
            for function in project.calls.functions_of(module):
                for call in function.calls:
                    if effect_kind(call) == "cloud" and call.method not in _LOCAL:
                        yield call
