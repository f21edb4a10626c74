"""CON-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, NestKeyword
from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_DJANGO = {"requirements.txt": "django>=5.2\n"}
_METHODS = frozenset("get post put patch delete head options trace generic request".split())
_CLIENTS = frozenset("Client AsyncClient RequestFactory AsyncRequestFactory".split())
_REQUESTS = _METHODS | _CLIENTS


class HeaderByEnvironmentName(Rule):
    """Finds test requests that give headers by the names that WSGI has for them."""

    code = "CON04"
    slug = "header-by-environment-name"
    title = "Tests pass headers by `headers=`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Thread Safety / Idempotence Testing"
    guide_lines = (2137, 2146)
    what = "A request of a test client with keyword arguments such as `HTTP_ACCEPT`, on Django 4.2 or newer."
    why = (
        "The names of WSGI are easy to misspell, and a misspelt one is silently another variable. `headers=` takes "
        "them as they are sent."
    )
    how = 'Write `headers={"Accept": "application/json"}`. `REMOTE_ADDR` and its like are no headers and stay.'
    applies_when = "Django is 4.2 or newer and tests send headers"
    absent = "no test sends a header"
    errata = "The guide's sample still uses the names of WSGI."
    examples = (
        Example(
            "names of WSGI",
            {
                **_DJANGO,
                "tests/test_api.py": (
                    "def test_it(client):\n    client.get('/', HTTP_HX_REQUEST=\"true\")  # <-\n"
                ),
            },
            fixed={
                "tests/test_api.py": (
                    'def test_it(client):\n    client.get(\'/\', headers={"Hx-Request": "true"})\n'
                )
            },
        ),
        Example(
            "a call over several lines, single quotes and a value that is worked out",
            {
                **_DJANGO,
                "tests/test_api.py": (
                    "def test_it(client, key):\n    client.post(  # <-\n        '/',\n"
                    "        HTTP_ACCEPT='text/csv',\n    )\n    client.get('/', HTTP_X_KEY=key + 'b')  # <-\n"
                ),
            },
            fixed={
                "tests/test_api.py": (
                    "def test_it(client, key):\n    client.post(\n        '/',\n"
                    "        headers={'Accept': 'text/csv'},\n    )\n"
                    "    client.get('/', headers={'X-Key': key + 'b'})\n"
                )
            },
        ),
        Example(
            "headers, and a variable that is none",
            {
                **_DJANGO,
                "tests/test_api.py": (
                    "def test_it(client):\n    client.get('/', headers={'Accept': 'text/csv'}, REMOTE_ADDR='::1')\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a Django that knows no headers=",
            {
                "requirements.txt": "django==3.2\n",
                "tests/test_api.py": "def test_it(client):\n    client.get('/', HTTP_ACCEPT='text/csv')\n",
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        django = project.dependencies.minimum("django")
        if django is not None and (django.major, django.minor) < (4, 2):
            return f"Django may be {django}, which knows no `headers=`"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each request that sends headers."""
        for module in project.tests.modules:
            if _REQUESTS.isdisjoint(module.called) or not module.may_call("HTTP_", "headers"):
                continue
            for call in module.calls_named(*_REQUESTS):
                last = call.name.rpartition(".")[2]
                is_request = last in _METHODS and "client" in call.name.lower()
                if not (
                    is_request or last in _CLIENTS or (last in _METHODS and "factory" in call.name)
                ):
                    continue
                names = [key for key, _ in call.keywords if key.startswith("HTTP_")]
                place = Located(
                    module.path,
                    call.line,
                    call.end_line,
                    call.column,
                    module.scope_name(call.scope),
                    f"{call.name}({', '.join(names)})",
                )
                if names:
                    yield place.violation(
                        f"`{names[0]}=` sends a header by its name in WSGI; "
                        f'write `headers={{"{_header(names[0])}": …}}`',
                        fix=_fix(place, call, names),
                    )
                elif any(key == "headers" for key, _ in call.keywords):
                    yield place.in_order()


def _header(name: str) -> str:
    return name.removeprefix("HTTP_").replace("_", "-").title()


def _fix(place: Located, call: o.Call, names: list[str]) -> Fix | None:
    """One header, where no dict of headers stands beside it."""
    keywords = dict(call.keywords)
    if len(names) != 1 or "headers" in keywords or "**" in keywords:
        return None
    name = names[0]
    edit = NestKeyword(
        place.path, call.line, call.column, call.name, name, "headers", _header(name)
    )
    return Fix([edit])
