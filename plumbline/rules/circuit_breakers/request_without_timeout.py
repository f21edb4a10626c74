"""CBR-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, SetKeyword
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.project.sessions import ENDLESS, OPEN, SET
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "import django\nimport requests\n"
_BAD = (
    f"{_HEAD}\n\n"
    "def charge(order):\n"
    '    requests.post("https://pay.example.org/", json={"order": order.pk})  # <-\n\n\n'
    "def status(url):\n"
    "    with requests.Session() as session:\n"
    "        return session.get(url, timeout=None)  # <-\n"
)


class RequestWithoutTimeout(Rule):
    """Finds requests to other servers that wait for ever."""

    code = "CBR02"
    slug = "request-without-timeout"
    title = "Requests to other servers say how long they wait"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1871, 1875)
    what = (
        "A call of requests, or of a session that it makes, without `timeout`, or with `timeout=None`; the same for "
        "`urllib.request.urlopen`, and for httpx where the limit of five seconds that it has by itself is taken away."
    )
    why = (
        "A server that accepts the connection and then says nothing keeps the caller waiting for ever. A few such "
        "requests hold every worker, and a circuit breaker that waits for a failure never sees one."
    )
    how = (
        "Pass `timeout=10`, or what the other side really needs. For many calls, give a session an adapter that sets "
        "it, or write one function of your own through which all requests go."
    )
    applies_when = "the code calls requests, httpx or urllib"
    absent = "no request to another server is made with requests, httpx or urllib"
    errata = (
        "The guide shows one call with requests. Sessions are followed through attributes, properties and functions "
        "that return them; where an adapter, a subclass or `**options` may set the limit, nothing is said."
    )
    examples = (
        Example(
            "a function and a session",
            {"shop/payment.py": _BAD},
            fixed={
                "shop/payment.py": _BAD.replace("  # <-", "")
                .replace("order.pk})", "order.pk}, timeout=10)")
                .replace("timeout=None", "timeout=10")
            },
        ),
        Example(
            "a session that a property of a base class gives",
            {
                "shop/clients.py": (
                    f"{_HEAD}\n\ndef make_session(token):\n    session = requests.Session()\n"
                    '    session.headers["Authorization"] = token\n    return session\n'
                ),
                "shop/base.py": (
                    "from functools import cached_property\n\nfrom shop.clients import make_session\n\n\n"
                    "class Service:\n    @cached_property\n    def session(self):\n"
                    "        return make_session(self.token)\n"
                ),
                "shop/github.py": (
                    "from shop.base import Service\n\n\nclass GitHub(Service):\n    def hooks(self, url):\n"
                    "        return self.session.get(url)  # <-\n"
                ),
            },
            fixed={
                "shop/github.py": (
                    "from shop.base import Service\n\n\nclass GitHub(Service):\n    def hooks(self, url):\n"
                    "        return self.session.get(url, timeout=10)\n"
                )
            },
        ),
        Example(
            "the standard library, and httpx without its limit",
            {
                "shop/feeds.py": (
                    "from urllib.request import urlopen\n\nimport django\nimport httpx\n\n\n"
                    "def feed(url):\n    return urlopen(url)  # <-\n\n\n"
                    "def rates(url):\n    with httpx.Client(timeout=None) as client:\n"
                    "        return client.get(url)  # <-\n"
                )
            },
            fixed={
                "shop/feeds.py": (
                    "from urllib.request import urlopen\n\nimport django\nimport httpx\n\n\n"
                    "def feed(url):\n    return urlopen(url, timeout=10)\n\n\n"
                    "def rates(url):\n    with httpx.Client(timeout=None) as client:\n"
                    "        return client.get(url, timeout=10)\n"
                )
            },
        ),
        Example(
            "limits that are given",
            {
                "shop/payment.py": (
                    "from urllib.request import urlopen\n\n"
                    f"{_HEAD}\n\ndef charge(url):\n    requests.post(url, timeout=(3, 10))\n"
                    "    return urlopen(url, None, 5)\n"
                )
            },
            state="pass",
        ),
        Example(
            "httpx waits for five seconds by itself",
            {
                "shop/rates.py": (
                    "import django\nimport httpx\n\n\nasync def rates(url):\n"
                    "    async with httpx.AsyncClient() as client:\n        return await client.get(url)\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a session whose adapter sets the limit",
            {
                "shop/client.py": (
                    f"{_HEAD}from requests_toolbelt import TimeoutAdapter\n\n\n"
                    "def ask(url):\n    session = requests.Session()\n"
                    '    session.mount("https://", TimeoutAdapter(5))\n    return session.get(url)\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a function of one's own that sets the limit for all",
            {
                "shop/client.py": (
                    f'{_HEAD}\n\ndef ask(url, **options):\n    options.setdefault("timeout", 5)\n'
                    "    return requests.get(url, **options)\n\n\n"
                    'def home():\n    return ask("https://example.org/")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no requests",
            {
                "shop/views.py": "import django\n\n\ndef cart(request):\n    request.session.get('cart')\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each request."""
        for call, wait in project.outbound:
            if wait == SET:
                yield call.in_order()
            elif wait == OPEN:
                yield call.unknown(
                    "the limit may be set by what makes the session, or by the caller"
                )
            elif wait == ENDLESS:
                yield call.violation(
                    f"`{_shown(call)}` waits for ever on purpose; give it a `timeout` that ends",
                    fix=_fix(call),
                )
            else:
                yield call.violation(
                    f"`{_shown(call)}` waits for ever if the other side says nothing; pass `timeout`",
                    fix=_fix(call),
                )


def _shown(call: CallSite) -> str:
    return call.outline.name.replace("?", "…")


def _fix(call: CallSite) -> Fix:
    """Ten seconds, as in the guide. Unsafe: only the people who know the other side can say what is enough."""
    name = call.outline.name
    return Fix(
        [SetKeyword(call.path, call.line, call.column, name, "timeout", "10")], is_safe=False
    )
