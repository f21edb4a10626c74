"""CMP-03."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceText
from plumbline.project import Function, Module, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CALLS = ("using", "db_manager", "cursor", "atomic", "chunked_cursor")
_CONNECTION = re.compile(r'^(?:\w+\.)*connections\["([^"]+)"\]')
_ALIASES = ("database", "alias", "db", "db_alias", "using")
_MARK = "pytest.mark.django_db"
_HEAD = "import django\nimport pytest\nfrom django.db import connections\n\nfrom shop.models import Order\n\n\n"
_APP = {"shop/models.py": "from django.db import models\n"}


class UndeclaredTestDatabase(Rule):
    """Finds tests that use another database than the default one without saying so."""

    code = "CMP03"
    slug = "undeclared-test-database"
    title = "Tests that use another database declare it"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Compatibility Testing"
    guide_lines = (2228, 2241)
    what = (
        'A test that reaches for a database by another alias than `default` (`connections["legacy"]`, '
        '`.using("legacy")`, `atomic(using="legacy")`, or an alias that `parametrize` gives it) while its '
        "`django_db` mark, or its `TestCase`, has no `databases`."
    )
    why = (
        "Django refuses queries to databases that a test has not declared, and neither wraps them in a transaction "
        "nor empties them afterwards. Such a test fails, or leaves rows behind for the next one."
    )
    how = (
        'Mark it `@pytest.mark.django_db(databases=["default", "legacy"])`, or give the class '
        '`databases = {"default", "legacy"}`.'
    )
    applies_when = "a test uses a database by another alias than `default`"
    absent = "no test uses another database than the default one"
    errata = "The guide's own sample is parametrised over two databases and declares neither; it would fail."
    examples = (
        Example(
            "marked without databases",
            {
                **_APP,
                "shop/tests/test_orders.py": _HEAD
                + (
                    "@pytest.mark.django_db\ndef test_legacy():  # <-\n"
                    '    with connections["legacy"].cursor() as cursor:\n        cursor.execute("SELECT 1")\n\n\n'
                    "@pytest.mark.django_db(transaction=True)\ndef test_orders():  # <-\n"
                    '    Order.objects.using("legacy").count()\n'
                ),
            },
            fixed={
                "shop/tests/test_orders.py": _HEAD
                + (
                    '@pytest.mark.django_db(databases=["default", "legacy"])\ndef test_legacy():\n'
                    '    with connections["legacy"].cursor() as cursor:\n        cursor.execute("SELECT 1")\n\n\n'
                    '@pytest.mark.django_db(databases=["default", "legacy"], transaction=True)\ndef test_orders():\n'
                    '    Order.objects.using("legacy").count()\n'
                ),
            },
        ),
        Example(
            "a class",
            {
                **_APP,
                "shop/tests/test_orders.py": (
                    "from django.test import TestCase\n\nfrom shop.models import Order\n\n\n"
                    "class OrderTests(TestCase):\n    def test_legacy(self):  # <-\n"
                    '        Order.objects.using("legacy").count()\n'
                ),
            },
        ),
        Example(
            "an alias by parameter",
            {
                **_APP,
                "shop/tests/test_orders.py": _HEAD
                + (
                    '@pytest.mark.parametrize("database", ["default", "sqlite"])\n'
                    "@pytest.mark.django_db\ndef test_backends(database):  # <-\n"
                    "    with connections[database].cursor() as cursor:\n"
                    '        cursor.execute("SELECT 1")\n'
                ),
            },
            fixed={
                "shop/tests/test_orders.py": _HEAD
                + (
                    '@pytest.mark.parametrize("database", ["default", "sqlite"])\n'
                    '@pytest.mark.django_db(databases=["default", "sqlite"])\ndef test_backends(database):\n'
                    "    with connections[database].cursor() as cursor:\n"
                    '        cursor.execute("SELECT 1")\n'
                ),
            },
        ),
        Example(
            "declared",
            {
                **_APP,
                "shop/tests/test_orders.py": _HEAD
                + (
                    '@pytest.mark.django_db(databases=["default", "legacy"])\ndef test_legacy():\n'
                    '    Order.objects.using("legacy").count()\n\n\n'
                    "class OrderTests(django.test.TestCase):\n"
                    '    databases = {"default", "legacy"}\n\n    def test_legacy(self):\n'
                    '        Order.objects.using("legacy").count()\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the default database by name",
            {
                **_APP,
                "shop/tests/test_orders.py": _HEAD
                + (
                    "@pytest.mark.django_db\ndef test_default():\n"
                    '    with connections["default"].cursor() as cursor:\n        cursor.execute("SELECT 1")\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        aliases: dict[tuple[str, int], set[str]] = {}
        functions: dict[tuple[str, int], Function] = {}
        connected: dict[str, Module] = {}
        for call in project.calls.named(*_CALLS, tests=True):
            function = call.function
            if function is None:
                continue
            if "connections[]" in call.outline.name:
                connected[call.path] = function.module
            names = {name for name in _aliases(call) if name != "default"}
            if names:
                aliases.setdefault((call.path, function.index), set()).update(names)
                functions[call.path, function.index] = function
        for module in connected.values():
            for function in project.calls.functions_of(module):
                names = set(_connections(function)) - {"default"}
                if names:
                    aliases.setdefault((module.path, function.index), set()).update(names)
                    functions[module.path, function.index] = function
        for place in sorted(aliases):
            if functions[place].name.startswith("test"):
                yield _verdict(functions[place], sorted(aliases[place]))


def _aliases(call: CallSite) -> Iterator[str]:
    """Aliases that a call names as text."""
    if call.method in ("using", "db_manager"):
        values = call.outline.args[:1]
    elif call.method == "atomic":
        values = [*call.outline.args[:1], call.keyword("using")]
    else:
        values = []
    for value in values:
        if isinstance(value, str):
            yield value


def _connections(function: Function) -> Iterator[str]:
    """Aliases of the connections that a function uses: by text, or by a parameter that ``parametrize`` gives."""
    for read in function.outline.reads:
        match = _CONNECTION.match(read.name)
        if match is not None:
            yield match[1]
        elif "connections[]" in read.name:
            for decorator in function.outline.decorators:
                if (
                    isinstance(decorator, o.Invocation)
                    and decorator.name.endswith("mark.parametrize")
                    and len(decorator.args) > 1
                    and decorator.args[0] in _ALIASES
                    and isinstance(decorator.args[1], o.Many)
                ):
                    yield from (item for item in decorator.args[1].items if isinstance(item, str))


def _verdict(function: Function, aliases: list[str]) -> Verdict:
    message = (
        f"The test uses the database `{aliases[0]}` without declaring it; add it to `databases`"
    )
    owner = function.owner
    for index, (name, call) in enumerate(function.decorators):
        if name == _MARK:
            if call is not None and any(key in ("databases", "**") for key, _ in call.keywords):
                return function.in_order()
            return function.violation(message, fix=_fix(function, index, call, aliases))
    if owner is not None and owner.defines("databases"):
        return function.in_order()
    if owner is not None and owner.inherits("unittest.TestCase"):
        return function.violation(message)
    return function.unknown("what gives the test its databases is not known")


def _fix(
    function: Function, index: int, call: o.Invocation | None, aliases: list[str]
) -> Fix | None:
    """Declare the databases in the mark, whose line is counted up from the function where the mark has none."""
    decorators = function.outline.decorators
    names = ", ".join(f'"{alias}"' for alias in ("default", *aliases))
    mark = decorators[index]
    if call is not None:
        old, line = f"@{call.name}(", call.line
        rest = ", " if call.args or call.keywords else ""
        return Fix([ReplaceText(function.path, line, old, f"{old}databases=[{names}]{rest}")])
    if not isinstance(mark, o.Ref):
        return None
    line = function.line - (len(decorators) - index)
    return Fix(
        [ReplaceText(function.path, line, f"@{mark.name}", f"@{mark.name}(databases=[{names}])")]
    )
