"""I18-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\nfreezegun\n"}
_CLOCKS = {
    "datetime.datetime.now": "naive",
    "datetime.datetime.today": "naive",
    "datetime.datetime.utcnow": "naive",
    "datetime.date.today": "",
}
_FREEZERS = ("freeze_time", "travel", "freezer", "time_machine", "move_to")


class WallClockTest(Rule):
    """Finds tests whose outcome may depend on the hour at which they run."""

    code = "I1803"
    slug = "test-by-the-wall-clock"
    title = "Tests that need the time fix it"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Internationalization Testing"
    guide_lines = (2270, 2281)
    what = (
        "A test that asks the clock for a naive time or the server's date (`datetime.now()`, `utcnow()`, "
        "`date.today()`) without freezing the time. `timezone.now()` is aware and in order."
    )
    why = "Such a test fails at midnight, at the end of a month, or on a machine in another time zone."
    how = 'Freeze the time with `@freeze_time("2025-01-15 12:00:00")`, and use `django.utils.timezone.now()`.'
    applies_when = "tests ask for the time"
    absent = "no test asks for the time"
    errata = "Whether an assertion depends on the moment cannot be told for certain, so this is a preview."
    examples = (
        Example(
            "the wall clock",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import datetime\n\n\ndef test_date(order):\n"
                    "    assert order.day == datetime.date.today()  # <-\n"
                ),
            },
        ),
        Example(
            "frozen, or aware",
            {
                **_DJANGO,
                "tests/test_orders.py": (
                    "import datetime\n\nfrom django.utils import timezone\nfrom freezegun import freeze_time\n\n\n"
                    '@freeze_time("2025-01-15")\ndef test_date(order):\n'
                    "    assert order.day == datetime.date.today()\n\n\n"
                    "def test_other(order):\n    assert order.at <= timezone.now()\n"
                    "    assert datetime.datetime.now(datetime.UTC)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "no test asks for the time",
            {**_DJANGO, "tests/test_orders.py": "def test_it():\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each question to the clock in a test."""
        for call in project.calls.named("now", "utcnow", "today", tests=True):
            kind = _CLOCKS.get(call.target)
            if call.target == "django.utils.timezone.now" or (
                kind is not None and (call.outline.args or call.outline.keywords)
            ):
                yield call.in_order()
            elif kind is not None and call.function is not None:
                if _is_frozen(call.function):
                    yield call.in_order()
                else:
                    aware = " and ask `timezone.now()`" if kind else ""
                    yield call.violation(
                        f"`{call.outline.name}()` asks the wall clock; freeze the time{aware}"
                    )


def _is_frozen(function: Function) -> bool:
    owner = function.owner.outline.decorators if function.owner is not None else []
    names = [
        item.name
        for item in (*function.outline.decorators, *owner)
        if isinstance(item, o.Ref | o.Invocation)
    ]
    names += [item.name for item in function.outline.parameters]
    names += [call.outline.name for call in function.calls]
    return any(name.rpartition(".")[2] in _FREEZERS or "mark.freeze_time" in name for name in names)
