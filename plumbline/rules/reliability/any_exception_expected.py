"""REL-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npytest\n"}
_BARE = ("Exception", "BaseException")


class AnyExceptionExpected(Rule):
    """Finds tests that are content with any exception."""

    code = "REL02"
    slug = "any-exception-expected"
    title = "`pytest.raises` names the exception that is expected"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Reliability & Resilience Testing"
    guide_lines = (2179, 2194)
    what = "`pytest.raises(Exception)` or `pytest.raises(BaseException)` without `match`."
    why = (
        "Such a test passes for every mistake: a misspelt name, a missing argument, a database that is down. It keeps "
        "passing after the code that it guards is gone."
    )
    how = (
        "Name the exception that the code promises, and write one where it promises none. `match=` narrows a broad "
        "class by its message."
    )
    applies_when = "tests use `pytest.raises`"
    absent = "no test uses `pytest.raises`"
    errata = "The guide's own sample expects a bare `Exception`."
    examples = (
        Example(
            "any exception",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import pytest\nfrom pytest import raises\n\n\n"
                    "def test_a_bad_order_is_refused():\n"
                    "    with pytest.raises(Exception):  # <-\n"
                    "        buy(None)\n"
                    "    with raises((ValueError, Exception)):  # <-\n"
                    "        buy(None)\n"
                ),
            },
        ),
        Example(
            "the exception that is meant",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import pytest\n\n\n"
                    "def test_a_bad_order_is_refused():\n"
                    "    with pytest.raises(ValueError):\n"
                    "        buy(None)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "narrowed by its message",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import pytest\n\n\n"
                    "def test_a_bad_order_is_refused():\n"
                    '    with pytest.raises(Exception, match="no order"):\n'
                    "        buy(None)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an exception of the project that is called so",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import pytest\n\nfrom shop.errors import Exception\n\n\n"
                    "def test_a_bad_order_is_refused():\n"
                    "    with pytest.raises(Exception):\n"
                    "        buy(None)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "tests without pytest",
            {**_DJANGO, "tests/test_orders.py": "def test_nothing():\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each expected exception."""
        for call in project.calls.named("raises", tests=True):
            if call.target != "pytest.raises":
                continue
            value = (
                call.outline.args[0] if call.outline.args else call.keyword("expected_exception")
            )
            kinds = value.items if isinstance(value, o.Many) else [value]
            module = project.names.modules[call.path]
            bare = next(
                (
                    kind.name
                    for kind in kinds
                    if isinstance(kind, o.Ref)
                    and kind.name in _BARE
                    and project.names.resolve(module, kind.name, call.outline.scope) in _BARE
                ),
                "",
            )
            if bare and not call.has_keyword("match") and not call.has_keyword("check"):
                yield call.violation(
                    f"any mistake satisfies `pytest.raises({bare})`; name the exception that is meant, or give `match`"
                )
            else:
                yield call.in_order()
