"""CON-02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npytest-django\n"}
_READ = re.compile(r"^connections?(\[.*\])?\.queries$|^(\w+\.)*db\.connections?(\[.*\])?\.queries$")
_CAPTURING = ("CaptureQueriesContext", "django_assert_num_queries", "django_assert_max_num_queries")


class UncapturedQueryCount(Rule):
    """Finds tests that count queries which nobody records."""

    code = "CON02"
    slug = "uncaptured-query-count"
    title = "Tests that count queries record them"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Thread Safety / Idempotence Testing"
    guide_lines = (2106, 2117)
    what = (
        "A test that reads `connection.queries` (or `connections[…].queries`) without `CaptureQueriesContext`, "
        "`django_assert_num_queries`, `force_debug_cursor` or `DEBUG` switched on."
    )
    why = (
        "Django records queries only under DEBUG, which test runners switch off: the list is always empty and the "
        "test passes."
    )
    how = "Use the fixture `django_assert_num_queries`, or `with CaptureQueriesContext(connection) as queries:`."
    applies_when = "a test reads the queries of a connection"
    absent = "no test reads the queries of a connection"
    errata = (
        'The guide\'s own sample asserts on `connections["default"].queries`, which is empty, so it can never '
        "fail."
    )
    examples = (
        Example(
            "a list that is always empty",
            {
                **_DJANGO,
                "tests/test_pool.py": (
                    "from django.db import connection, connections\n\n\n"
                    "def test_pool(db):\n    assert len(connections['default'].queries) <= 10  # <-\n"
                ),
            },
        ),
        Example(
            "recorded queries",
            {
                **_DJANGO,
                "tests/test_pool.py": (
                    "from django.db import connection\nfrom django.test import override_settings\n"
                    "from django.test.utils import CaptureQueriesContext\n\n\n"
                    "def test_pool(db):\n    with CaptureQueriesContext(connection):\n        pass\n"
                    "    assert len(connection.queries) <= 10\n\n\n"
                    "@override_settings(DEBUG=True)\ndef test_other(db):\n    assert len(connection.queries) <= 10\n"
                ),
            },
            state="pass",
        ),
        Example(
            "no test counts queries",
            {**_DJANGO, "tests/test_pool.py": "def test_pool(db):\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test that reads the queries of a connection."""
        for module in project.tests.modules:
            if not (module.may_define(".queries") and module.may_define("connection")):
                continue
            for function in project.calls.functions_of(module):
                read = next(
                    (item for item in function.outline.reads if _READ.match(item.name)), None
                )
                if read is None:
                    continue
                place = Located(
                    module.path,
                    read.line,
                    read.line,
                    read.column,
                    function.qualified_name,
                    read.name,
                )
                if _is_recorded(function):
                    yield place.in_order()
                else:
                    yield place.violation(
                        "no query is recorded here, so the list is empty; use `django_assert_num_queries` or "
                        "`CaptureQueriesContext`"
                    )


def _is_recorded(function: Function) -> bool:
    if any(item.name in _CAPTURING for item in function.outline.parameters):
        return True
    if any(
        isinstance(item, o.Invocation) and _switches_debug(item.name, item.keywords)
        for item in function.outline.decorators
    ):
        return True
    return any(
        call.method in _CAPTURING
        or "force_debug_cursor" in call.text
        or _switches_debug(call.outline.name, call.outline.keywords)
        for call in function.calls
    ) or any(item.name == "settings" for item in function.outline.parameters)


def _switches_debug(name: str, keywords: list[tuple[str, o.Value]]) -> bool:
    is_override = name.rpartition(".")[2] in ("override_settings", "settings", "modify_settings")
    return is_override and any(key in ("DEBUG", "**") for key, _ in keywords)
