"""CON-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceText
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npytest-django\n"}
_THREADS = (
    "threading.Thread",
    "concurrent.futures.ThreadPoolExecutor",
    "multiprocessing.pool.ThreadPool",
)
_HEAD = "import threading\n\nimport pytest\n\n\n"
_BODY = "def test_race():\n    threading.Thread(target=print).start()\n"


class ThreadTestInTransaction(Rule):
    """Finds tests with threads that run inside one transaction."""

    code = "CON01"
    slug = "thread-test-in-transaction"
    title = "Tests with threads commit what they write"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Thread Safety / Idempotence Testing"
    guide_lines = (2089, 2101)
    what = (
        "A test that starts threads and is marked `@pytest.mark.django_db` without `transaction=True`, and neither "
        "asks for `transactional_db` nor stands in a `TransactionTestCase`."
    )
    why = (
        "The plain mark wraps a test in a transaction that is rolled back. Other threads have connections of their "
        "own and see none of its rows, so that the race under test cannot happen."
    )
    how = "Write `@pytest.mark.django_db(transaction=True)`."
    applies_when = "a test that uses the database starts threads"
    absent = "no test that uses the database starts threads"
    errata = (
        "The guide asks the same of every test with a lock or `on_commit`. Locks in one thread work inside a "
        "transaction, and callbacks can be captured, so only threads are judged."
    )
    examples = (
        Example(
            "threads that see nothing",
            {
                **_DJANGO,
                "tests/test_race.py": _HEAD
                + "@pytest.mark.django_db\n"
                + _BODY.replace("():\n", "():  # <-\n", 1),
            },
            fixed={
                "tests/test_race.py": _HEAD + "@pytest.mark.django_db(transaction=True)\n" + _BODY
            },
        ),
        Example(
            "committed rows",
            {
                **_DJANGO,
                "tests/test_race.py": _HEAD
                + "@pytest.mark.django_db(transaction=True)\n"
                + _BODY
                + "\n\n@pytest.mark.django_db\n"
                + _BODY.replace("race()", "other(transactional_db)"),
            },
            state="pass",
        ),
        Example(
            "callbacks are captured",
            {
                **_DJANGO,
                "tests/test_hooks.py": (
                    "import pytest\n\n\n@pytest.mark.django_db\n"
                    "def test_mail(django_capture_on_commit_callbacks):\n"
                    "    with django_capture_on_commit_callbacks(execute=True):\n        pass\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test of the database that starts threads."""
        seen: set[str] = set()
        for call in project.calls.named("Thread", "ThreadPoolExecutor", "ThreadPool", tests=True):
            function = call.function
            if call.target not in _THREADS or function is None:
                continue
            if not function.name.startswith("test_") or function.qualified_name in seen:
                continue
            seen.add(function.qualified_name)
            mark = _mark(function)
            names = {item.name for item in function.outline.parameters}
            if mark is None and "db" not in names and "transactional_db" not in names:
                continue
            is_transactional = isinstance(mark, o.Invocation) and dict(mark.keywords).get(
                "transaction"
            ) not in (None, False)
            if is_transactional or "transactional_db" in names or "live_server" in names:
                yield function.in_order()
            else:
                yield function.violation(
                    f"the threads of `{function.name}` cannot see its rows; mark it "
                    "`@pytest.mark.django_db(transaction=True)`",
                    fix=_fix(function, mark),
                )


def _mark(function: Function) -> o.Value:
    """The mark for the database, of the test or its class; None if there is none."""
    owner = function.owner.outline.decorators if function.owner is not None else []
    return next(
        (
            item
            for item in (*function.outline.decorators, *owner)
            if isinstance(item, o.Ref | o.Invocation) and item.name.endswith("mark.django_db")
        ),
        None,
    )


def _fix(function: Function, mark: o.Value) -> Fix | None:
    """Only where the plain mark stands right above the test."""
    if not isinstance(mark, o.Ref) or function.outline.decorators[-1:] != [mark]:
        return None
    new = f"@{mark.name}(transaction=True)"
    return Fix([ReplaceText(function.path, function.line - 1, f"@{mark.name}", new)], is_safe=False)
