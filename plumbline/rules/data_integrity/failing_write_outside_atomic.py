"""DAT-02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite, site
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_ERROR = "IntegrityError"
_WRITE = re.compile(
    r"(\.objects\.|\.all\(\)\.|\.filter\(\)\.)(a?(bulk_)?create|a?update|get_or_create|update_or_create)$"
    r"|\.a?(save|delete|add)$|Factory(\.create)?$|_factory$|\bbaker\.make$"
)
_QUERY = re.compile(
    r"\.objects\.|\.a?(save|delete|refresh_from_db)$|Factory(\.create)?$|_factory$|\bclient\.(get|post|put|patch)$"
)
_HEAD = (
    "import pytest\nfrom django.db import IntegrityError, transaction\n\nfrom shop.models import User\n\n\n"
    "@pytest.mark.django_db\ndef test_email_is_unique():\n"
    '    User.objects.create(email="a@example.com")\n'
)
_AGAIN = '        User.objects.create(email="a@example.com")'
_AFTER = "    assert User.objects.count() == 1\n"


def _test(text: str) -> dict[str, str]:
    return {"requirements.txt": "django\n", "tests/test_users.py": text}


class FailingWriteOutsideAtomic(Rule):
    """Finds tests that go on in a transaction that a constraint has just broken."""

    code = "DAT02"
    slug = "failing-write-outside-atomic"
    title = "A write that a test expects to fail stands in a transaction of its own"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Data Integrity Testing"
    guide_lines = (2299, 2307)
    effort = Effort.MINUTES
    what = (
        "A test that expects `IntegrityError` of a write, asks the database again afterwards, and has no "
        "`transaction.atomic()` around the write."
    )
    why = (
        "A test runs in one transaction, and PostgreSQL takes nothing more in it after an error: the next query "
        "raises `TransactionManagementError`, far from the line that is to blame."
    )
    how = (
        "Write `with pytest.raises(IntegrityError), transaction.atomic():`. The inner block is a savepoint that the "
        "error rolls back, and the test goes on."
    )
    applies_when = "a test expects `IntegrityError` of a write"
    absent = "no test expects `IntegrityError` of a write"
    errata = (
        "The guide's sample has no block of its own, and needs none because nothing follows; a test that ends with the "
        "failing write is in order here. It is an example, so the level is MAY."
    )
    examples = (
        Example(
            "a query after the failing write",
            _test(f"{_HEAD}    with pytest.raises(IntegrityError):  # <-\n{_AGAIN}\n{_AFTER}"),
        ),
        Example(
            "a second failing write",
            _test(
                f"{_HEAD}    with pytest.raises(IntegrityError):  # <-\n{_AGAIN}\n"
                f"    with pytest.raises(IntegrityError):\n{_AGAIN}\n"
            ),
        ),
        Example(
            "a savepoint around it, in one statement or two",
            _test(
                f"{_HEAD}    with pytest.raises(IntegrityError), transaction.atomic():\n{_AGAIN}\n"
                "    with pytest.raises(IntegrityError):\n        with transaction.atomic():\n"
                f"    {_AGAIN}\n{_AFTER}"
            ),
            state="pass",
        ),
        Example(
            "nothing follows, as in the guide",
            _test(f"{_HEAD}    with pytest.raises(IntegrityError):\n{_AGAIN}\n"),
            state="pass",
        ),
        Example(
            "a test without a transaction around it",
            _test(
                "from django.db import IntegrityError\nfrom django.test import TransactionTestCase\n\n"
                "from shop.models import User\n\n\nclass Users(TransactionTestCase):\n"
                "    def test_unique(self):\n        with self.assertRaises(IntegrityError):\n"
                f"    {_AGAIN}\n    {_AFTER}"
            ),
            state="pass",
            is_trap=True,
        ),
        Example(
            "no such test",
            _test("import django\n\n\ndef test_a():\n    pass\n"),
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each block that expects the error of a write."""
        for call in _raising(project):
            if not call.has(o.CONTEXT) or call.function is None or not _expects(call):
                continue
            later = [
                item
                for item in call.siblings
                if (item.line, item.column) > (call.outline.line, call.outline.column)
            ]
            write = next(
                (
                    at
                    for at, item in enumerate(later)
                    if not item.flags & o.CONTEXT and _WRITE.search(item.name)
                ),
                None,
            )
            if write is None or not _is_inside(later[: write + 1]):
                continue
            is_wrapped = later[write].flags & o.IN_ATOMIC or any(
                item.name.rpartition(".")[2] == "atomic" for item in later[:write]
            )
            if is_wrapped or not _goes_on(later[write + 1 :]) or _has_no_transaction(call):
                yield call.in_order()
            else:
                yield call.violation(
                    f"`{call.function.name}` asks the database again after a write that fails; put "
                    "`transaction.atomic()` around the write, or the next query fails too"
                )


def _raising(project: Project) -> Iterator[CallSite]:
    """The calls that expect an error, in tests that import the one of the database."""
    for module in project.calls.modules("raises", "assertRaises", tests=True):
        if not any(item.name in (_ERROR, "db", "utils") for item in module.outline.imports):
            continue
        for call in module.calls:
            if call.scope >= 0 and call.name.rpartition(".")[2] in ("raises", "assertRaises"):
                function = project.calls.functions_of(module)[call.scope]
                yield site(call, module, project.names, function)


def _expects(call: CallSite) -> bool:
    first = call.outline.args[0] if call.outline.args else call.keyword("expected_exception")
    return isinstance(first, o.Ref) and first.name.rpartition(".")[2] == _ERROR


def _is_inside(calls: list[o.Call]) -> bool:
    """Whether the last call stands in the block that the first ones open."""
    return bool(calls[-1].flags & o.IN_WITH) and all(
        item.flags & (o.CONTEXT | o.IN_WITH) for item in calls
    )


def _goes_on(calls: list[o.Call]) -> bool:
    """Whether a query follows that is not in the same block: behind it, or in another one."""
    is_outside = False
    for item in calls:
        is_outside |= bool(item.flags & o.CONTEXT) or not item.flags & o.IN_WITH
        if is_outside and not item.flags & o.CONTEXT and _QUERY.search(item.name):
            return True
    return False


def _has_no_transaction(call: CallSite) -> bool:
    """Whether the test runs outside any transaction: by its class, its mark or its fixtures."""
    function = call.function
    if function is None:
        return False
    owner = function.owner
    if owner is not None and owner.inherits(
        "django.test.TransactionTestCase", "django.test.LiveServerTestCase"
    ):
        return True
    if any(item.name == "transactional_db" for item in function.parameters):
        return True
    marks = [mark for _, mark in function.decorators]
    marks += [
        item
        for item in (owner.outline.decorators if owner else ())
        if isinstance(item, o.Invocation)
    ]
    marks += [
        item.value
        for item in function.module.outline.assignments
        if item.target == "pytestmark" and isinstance(item.value, o.Invocation)
    ]
    return any(mark is not None and ("transaction", True) in mark.keywords for mark in marks)
