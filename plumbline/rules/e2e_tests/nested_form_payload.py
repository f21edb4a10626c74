"""E2E-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, SetKeyword
from plumbline.knowledge import TEST_CASE
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npytest-django\n"}
_CLIENTS = frozenset(("client", "admin_client", "self.client"))


class NestedFormPayload(Rule):
    """Finds tests that post nested values as a form, which flattens them to text."""

    code = "E2E01"
    slug = "nested-form-payload"
    title = "Nested payloads are posted as JSON"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "E2E & Acceptance Testing"
    guide_lines = (2030, 2034)
    what = (
        "A `post` by Django's own test client whose dict holds a list of dicts, without a "
        "`content_type`. A list of plain values is in order: a form can repeat a field."
    )
    why = (
        "Django's client sends a dict as a form. What is nested arrives as the text of its `repr`, so that the test "
        "exercises something that no real client ever sends."
    )
    how = 'Add `content_type="application/json"`, or use DRF\'s `APIClient` with `format="json"`.'
    applies_when = "tests post with Django's client"
    absent = "no test posts a dict with Django's client"
    errata = (
        "The guide's own sample posts a nested dict without a content type, which sends a string."
    )
    examples = (
        Example(
            "a list of dicts in a form",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "def test_order(client):\n"
                    '    client.post("/orders/", {"items": [{"product": 1}]})  # <-\n'
                ),
            },
            fixed={
                "tests/test_orders.py": (
                    "def test_order(client):\n"
                    '    client.post("/orders/", {"items": [{"product": 1}]}, content_type="application/json")\n'
                )
            },
        ),
        Example(
            "as JSON, or flat",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "def test_order(client):\n"
                    '    client.post("/orders/", {"items": [{"a": 1}]}, content_type="application/json")\n'
                    '    client.post("/orders/", {"ids": [1, 2], "choices": {"a": "on"}})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a client of DRF, which may send JSON by default",
            {
                **_DJANGO,
                "conftest.py": (
                    "import pytest\nfrom rest_framework.test import APIClient\n\n\n"
                    "@pytest.fixture\ndef client():\n    return APIClient()\n"
                ),
                "tests/test_orders.py": (
                    "from rest_framework.test import APITestCase\n\n\n"
                    "def test_order(client, api_client):\n"
                    '    client.post("/orders/", {"items": [{"product": 1}]})\n'
                    '    api_client.post("/orders/", {"items": [{"product": 1}]})\n\n\n'
                    "class OrderTests(APITestCase):\n    def test_it(self):\n"
                    '        self.client.post("/orders/", {"items": [{"product": 1}]})\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each dict that a test posts with Django's client."""
        for call in project.calls.named("post", tests=True):
            payload = call.outline.args[1] if len(call.outline.args) > 1 else call.keyword("data")
            if not isinstance(payload, o.Table) or not _is_djangos(project, call):
                continue
            is_told = any(call.has_keyword(name) for name in ("content_type", "format", "**"))
            if is_told or len(call.outline.args) > 2 or not _is_nested(payload):
                yield call.in_order()
            else:
                edit = SetKeyword(
                    call.path,
                    call.line,
                    call.column,
                    call.outline.name,
                    "content_type",
                    '"application/json"',
                )
                yield call.violation(
                    "a nested dict posted as a form arrives as text; "
                    'add `content_type="application/json"`',
                    fix=Fix([edit], is_safe=False),
                )


def _is_djangos(project: Project, call: CallSite) -> bool:
    """Whether the client is certainly Django's own: its fixture, or that of its test case."""
    holder = call.outline.name.rpartition(".")[0]
    function = call.function
    if holder not in _CLIENTS or function is None:
        return False
    if holder == "self.client":
        owner = function.owner
        return (
            owner is not None
            and owner.inherits("django.test.TestCase", "django.test.TransactionTestCase")
            and not any(base.startswith("rest_framework.") for base in owner.external_bases)
            and not {*owner.unknown_bases} - {TEST_CASE}
            and not any(cls.member("client_class") for cls in (owner, *owner.ancestors))
        )
    return holder not in project.tests.fixtures and any(
        item.name == holder for item in function.outline.parameters
    )


def _is_nested(payload: o.Table) -> bool:
    """Whether a value is a list with dicts in it. Of a dict the client sends the keys, which some tests rely on."""
    return any(
        isinstance(value, o.Many)
        and any(isinstance(item, o.Table) or item == o.Opaque("dict") for item in value.items)
        for value in payload.values
    )
