"""Queries as code writes them: chains of ORM calls that read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.project.functions import CallSite, Function, site
from plumbline.project.orm import LAZY, TERMINAL, is_foreign, steps_of

if TYPE_CHECKING:
    from plumbline.project import Project

_WRITES = frozenset(
    "create get_or_create update_or_create bulk_create bulk_update update delete".split()
)
_PLAIN = frozenset("all using none iterator values values_list".split())
_DEMANDING = frozenset("annotate alias extra raw union intersection difference aggregate".split())


class Query:
    """One chain of calls on a manager that reads: ``call`` is the outermost, ``parts`` all of it, innermost last."""

    def __init__(self, call: CallSite, parts: list[o.Call], manager: str, steps: list[str]) -> None:
        self.call = call
        self.parts = parts
        self.manager = manager
        self.steps = steps

    @property
    def shaping(self) -> list[str]:
        """The steps that say what is wanted, those aside that only fetch it; one `filter` after another is one."""
        found: list[str] = []
        for step in self.steps:
            is_shaping = (step in LAZY or step == "aggregate") and step not in _PLAIN
            if is_shaping and not (step == "filter" and found[-1:] == ["filter"]):
                found.append(step)
        return found

    @property
    def is_trivial(self) -> bool:
        """Whether it is one condition at most: neither several steps, nor annotations, nor ``Q``."""
        if len(self.shaping) > 1 or not _DEMANDING.isdisjoint(self.shaping):
            return False
        return not self.uses_q

    @property
    def uses_q(self) -> bool:
        """Whether a condition is put together from ``Q`` objects."""
        return any(_mentions_q(value) for part in self.parts for value in part.args)

    @property
    def is_locking(self) -> bool:
        """Whether it locks the rows, as the first half of changing them."""
        return "select_for_update" in self.steps


def queries_in(project: Project, function: Function) -> Iterator[Query]:
    """The reads of a function, in order; a query inside another one's arguments belongs to that one."""
    by_place: dict[tuple[int, int], list[o.Call]] = {}
    for call in function.module.calls_by_scope.get(function.index, ()):
        if "objects." in call.name or "_manager." in call.name:
            by_place.setdefault((call.line, call.column), []).append(call)
    end = (0, 0)
    for (line, _), calls in sorted(by_place.items()):
        outer = max(calls, key=lambda call: len(call.name))
        chain = steps_of(outer.name)
        if chain is None or (line, outer.end_line) <= end or line < end[1]:
            continue
        manager, steps = chain
        steps = [_plain(step) for step in steps if step.isidentifier()]
        if not _WRITES.isdisjoint(steps) or is_foreign(project, function, manager):
            continue
        end = (line, outer.end_line)
        found = site(outer, function.module, project.names, function)
        yield Query(found, calls, manager, steps)


def _plain(step: str) -> str:
    """A queryset method without the ``a`` of its asynchronous twin."""
    is_twin = step.startswith("a") and step not in LAZY and step[1:] in TERMINAL
    return step[1:] if is_twin and step not in TERMINAL else step


def _mentions_q(value: o.Value) -> bool:
    if isinstance(value, o.Invocation):
        return value.name.rpartition(".")[2] == "Q"
    if isinstance(value, o.Joined):
        return _mentions_q(value.left) or _mentions_q(value.right)
    return False
