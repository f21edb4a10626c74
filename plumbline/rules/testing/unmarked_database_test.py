"""TST-03."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddDecorator, AddImport, Fix
from plumbline.project import Function, Module, Project
from plumbline.roles import stem
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DATABASE_FIXTURES = frozenset(
    "db transactional_db django_db_reset_sequences django_db_serialized_rollback django_db_setup "
    "django_db_blocker admin_user admin_client live_server".split()
)
_QUERIES = (
    "create",
    "get",
    "get_or_create",
    "bulk_create",
    "count",
    "exists",
    "first",
    "save_base",
)
_PYTEST = {"requirements.txt": "django\npytest-django\n"}
_MODELS = {
    "shop/models.py": "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
}


class UnmarkedDatabaseTest(Rule):
    """Finds tests that query the database without saying that they need it."""

    code = "TST03"
    slug = "unmarked-database-test"
    title = "Tests that touch the database say so"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Testing with pytest-django"
    guide_lines = (1967, 1977)
    what = (
        "A test function that makes rows of a model of the repository and neither carries `@pytest.mark.django_db` "
        "(itself, its class or its module) nor asks for a fixture that brings the database."
    )
    why = (
        "pytest-django refuses such a query. If it happens to work, a fixture with `autouse` opens the database for "
        "every test, which makes all of them slow."
    )
    how = "Mark the test, its class or the module (`pytestmark = pytest.mark.django_db`), or ask for the `db` fixture."
    applies_when = "pytest-django runs the tests"
    absent = "no test function makes rows of a model"
    errata = (
        "A suite whose fixture opens the database for every test is in order as a whole, since which tests need it "
        "can then not be told."
    )
    examples = (
        Example(
            "a query without a mark",
            {
                **_PYTEST,
                **_MODELS,
                "shop/tests/test_orders.py": (
                    "from shop.models import Order\n\n\n"
                    "def test_order():  # <-\n    assert Order.objects.create().pk\n"
                ),
            },
            fixed={
                "shop/tests/test_orders.py": (
                    "import pytest\n\nfrom shop.models import Order\n\n\n"
                    "@pytest.mark.django_db\ndef test_order():\n    assert Order.objects.create().pk\n"
                )
            },
        ),
        Example(
            "marks and fixtures",
            {
                **_PYTEST,
                **_MODELS,
                "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef order(db):\n    return 1\n",
                "shop/tests/test_orders.py": (
                    "import pytest\n\nfrom shop.models import Order\n\n\n"
                    "@pytest.mark.django_db\ndef test_order():\n    assert Order.objects.create().pk\n\n\n"
                    "def test_other(order):\n    assert Order.objects.create()\n\n\n"
                    "@pytest.mark.django_db\nclass TestMany:\n    def test_it(self):\n        assert "
                    "Order.objects.create()\n"
                ),
                "shop/tests/test_all.py": (
                    "import pytest\n\nfrom shop.models import Order\n\npytestmark = [pytest.mark.django_db]\n\n\n"
                    "def test_order():\n    assert Order.objects.create().pk\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a fixture that opens the database for every test",
            {
                **_PYTEST,
                **_MODELS,
                "conftest.py": (
                    "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef open_database(db):\n    pass\n"
                ),
                "shop/tests/test_orders.py": (
                    "from shop.models import Order\n\n\ndef test_order():\n    assert Order.objects.create().pk\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a hook that marks every test",
            {
                **_PYTEST,
                **_MODELS,
                "conftest.py": (
                    "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
                    "    for item in items:\n        item.add_marker(pytest.mark.django_db(databases=['default']))\n"
                ),
                "shop/tests/test_orders.py": (
                    "from shop.models import Order\n\n\ndef test_order():\n    assert Order.objects.create().pk\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a test case opens it by itself",
            {
                **_PYTEST,
                **_MODELS,
                "shop/tests/test_orders.py": (
                    "from django.test import TestCase\n\nfrom shop.models import Order\n\n\n"
                    "class OrderTests(TestCase):\n    def test_order(self):\n        assert Order.objects.create().pk\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        if not project.installs("pytest-django"):
            return "pytest-django does not run the tests"
        for _, _, function in project.tests.fixtures_in(_may_open_for_all):
            if _opens_for_all(function):
                return f"`{function.name}` opens the database for every test"
        for call in project.calls.named("django_db", tests=True):
            if call.function is not None and call.function.name.startswith("pytest_"):
                return f"`{call.function.name}` marks every test"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test function that makes rows of a model of the repository."""
        models = {model.cls.qualified_name for model in project.models}
        fixtures = _Fixtures(project)
        seen: set[str] = set()
        for call in project.calls.named(*_QUERIES, tests=True):
            function = call.function
            if (
                function is None
                or not function.name.startswith("test_")
                or function.is_nested
                or function.qualified_name in seen
                or call.target.partition(".objects.")[0] not in models
                or ".objects." not in call.target
            ):
                continue
            seen.add(function.qualified_name)
            if function.owner is not None and (
                function.owner.outline.bases or not function.owner.name.startswith("Test")
            ):
                continue  # what its bases open cannot be told here, and a mixin is no test
            if _is_marked(function) or fixtures.open_database(function.outline):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` queries the database; mark it with `@pytest.mark.django_db` or ask for `db`",
                    fix=_fix(function),
                )


def _fix(function: Function) -> Fix:
    """The mark. Unsafe: a fixture that is not seen may open the database already."""
    return Fix(
        [
            AddImport(function.path, "", "pytest"),
            AddDecorator(function.path, function.line, function.column, "pytest.mark.django_db"),
        ],
        is_safe=False,
    )


_MARK = re.compile(r"(^|\.)mark\.django_db\b")


def _may_open_for_all(module: Module) -> bool:
    """A quick look: whether a module that others share may have a fixture that nobody asks for."""
    return module.may_define("autouse") and not stem(module.path).startswith("test_")


def _opens_for_all(function: o.Function) -> bool:
    return any(
        isinstance(item, o.Invocation) and dict(item.keywords).get("autouse") is True
        for item in function.decorators
    ) and (
        any(item.name in _DATABASE_FIXTURES for item in function.parameters)
        or any("usefixtures" in _name(item) for item in function.decorators)
    )


def _name(value: o.Value) -> str:
    return value.name if isinstance(value, o.Ref | o.Invocation) else ""


def _is_marked(function: Function) -> bool:
    """Whether the test, its class or its module carries the mark, or uses fixtures by name."""
    owner = function.owner.outline.decorators if function.owner is not None else []
    marks = [*function.outline.decorators, *owner, *_module_marks(function.module)]
    return any(_MARK.search(_name(mark)) or "usefixtures" in _name(mark) for mark in marks)


def _module_marks(module: Module) -> list[o.Value]:
    for item in module.outline.assignments:
        if item.target == "pytestmark":
            return item.value.items if isinstance(item.value, o.Many) else [item.value]
    return []


class _Fixtures:
    """Which fixtures bring the database, directly or through others."""

    def __init__(self, project: Project) -> None:
        self._known = project.tests.fixtures

    def open_database(self, function: o.Function) -> bool:
        """Whether one of a function's parameters is such a fixture, or one that is not known here."""
        return any(self._opens(item.name) for item in function.parameters if item.name != "self")

    @functools.cache  # noqa: B019  (lives as long as one check)
    def _opens(self, name: str) -> bool:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in _DATABASE_FIXTURES:
                return True
            if current in seen:
                continue
            seen.add(current)
            for _, function in self._known.get(current, ()):
                if any(_MARK.search(_name(item)) for item in function.decorators):
                    return True
                waiting += [item.name for item in function.parameters]
        return False
