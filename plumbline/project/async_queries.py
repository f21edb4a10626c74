"""Database queries in async functions: those that block the event loop, and those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.edits import AwaitCall, CollectAsynchronously, Fix, IterateAsynchronously
from plumbline.project.functions import CallSite, Function
from plumbline.project.orm import (
    INSTANCE,
    LAZY,
    QUERYSET,
    TERMINAL,
    held_by,
    is_foreign,
    models_in,
    steps_of,
)
from plumbline.rule import Verdict

if TYPE_CHECKING:
    from plumbline.project import Project

_CONSUMERS = frozenset(
    "list tuple set frozenset dict len bool sum sorted max min any all next iter enumerate".split()
)
_INSTANCE_METHODS = frozenset(("save", "delete", "refresh_from_db", "full_clean"))
_TWINS = _INSTANCE_METHODS - {"full_clean"}
_SYNC_ONLY = frozenset(("iterator", "raw"))
"""What these give cannot be iterated asynchronously."""
_SHORTCUTS = frozenset(("django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404"))


def query_verdicts(project: Project, function: Function) -> Iterator[Verdict]:
    """One verdict for each place in an async function that asks the database."""
    yield from _Body(project, function).verdicts()


class _Body:
    """Reads the calls of one async function in order, keeping in mind what its names hold."""

    def __init__(self, project: Project, function: Function) -> None:
        self.project = project
        self.function = function
        self.held: dict[str, str] = {}
        for parameter in function.outline.parameters:
            found = models_in(project, function.module, parameter.annotation, function.index)
            if found and "[" not in parameter.annotation.replace("QuerySet[", ""):
                is_set = "QuerySet" in parameter.annotation
                self.held[parameter.name] = QUERYSET if is_set else INSTANCE

    def verdicts(self) -> Iterator[Verdict]:
        calls = list(self.function.calls)
        iterations = sorted(self.function.outline.iterated, key=lambda item: item[1])
        for call in calls:
            while iterations and iterations[0][1] < call.line:
                yield from self._iteration(*iterations.pop(0))
            if not call.has(o.IN_LAMBDA):
                yield from self._call(call)
            self._remember(call)
        for iteration in iterations:
            yield from self._iteration(*iteration)

    def _iteration(self, name: str, line: int, is_async: bool) -> Iterator[Verdict]:
        if self.held.get(name) != QUERYSET:
            return
        place = self.function
        subject = CallSite(
            place.path,
            line,
            line,
            place.column,
            "",
            f"for {name}",
            _NO_CALL,
            name,
            place.module,
            place,
        )
        if is_async:
            # What it is collected into may take its name.
            del self.held[name]
            yield subject.in_order()
        else:
            yield subject.violation(
                f"a plain loop over the queryset `{name}` blocks the event loop; use `async for`",
                fix=Fix([IterateAsynchronously(place.path, line, name)]),
            )

    def _remember(self, call: CallSite) -> None:
        name = call.outline.bound
        if not name:
            return
        kind = held_by(self.project, call.outline, self.function)
        head, _, rest = call.outline.name.partition(".")
        if kind is None and self.held.get(head) == QUERYSET:
            steps = [step.rstrip("()") for step in rest.split(".")]
            kind = QUERYSET if all(step in LAZY for step in steps) else None
        if kind == QUERYSET and call.has(o.AWAITED):
            kind = None
        if kind is None:
            self.held.pop(name, None)
        else:
            self.held[name] = kind

    def _call(self, call: CallSite) -> Iterator[Verdict]:
        name = call.outline.name
        if name in _CONSUMERS:
            yield from self._consumer(call)
            return
        if call.target in _SHORTCUTS and not call.has(o.AWAITED):
            yield call.violation(f"`{call.method}` blocks the event loop; await `a{call.method}`")
            return
        head, dot, method = name.partition(".")
        if self.held.get(head) == INSTANCE and dot and "." not in method:
            if method in _INSTANCE_METHODS and not call.has(o.AWAITED):
                yield call.violation(
                    f"`{name}()` asks the database in the event loop; await `{head}.a{method}()`",
                    fix=_awaited(call) if method in _TWINS else None,
                )
            elif method[1:] in _INSTANCE_METHODS:
                yield call.in_order()
            return
        steps = self._steps(name)
        if steps is not None:
            yield from self._query(call, steps)

    def _steps(self, name: str) -> list[str] | None:
        """The methods of a chain that starts at a manager or at a name that holds a queryset."""
        head, dot, rest = name.partition(".")
        if dot and self.held.get(head) == QUERYSET:
            return [step.rstrip("()[]") for step in rest.split(".")]
        chain = steps_of(name)
        if chain is None or is_foreign(self.project, self.function, chain[0]):
            return None
        return chain[1]

    def _query(self, call: CallSite, steps: list[str]) -> Iterator[Verdict]:
        *middle, last = steps
        if any(step not in LAZY for step in middle):
            return  # what a query gave, or a method of which nothing is known
        if last in TERMINAL:
            if call.has(o.AWAITED):
                yield call.in_order()
            else:
                yield call.violation(
                    f"`{last}()` asks the database in the event loop; await `a{last}()`",
                    fix=_awaited(call),
                )
        elif last[:1] == "a" and last[1:] in TERMINAL:
            yield call.in_order()
        elif last in LAZY and call.has(o.ITERATED) and not call.has(o.CHAINED):
            chain = f"{call.outline.name}()"
            yield call.violation(
                "a plain loop over a queryset blocks the event loop; use `async for`",
                fix=Fix([IterateAsynchronously(call.path, call.line, chain)])
                if last not in _SYNC_ONLY
                else None,
            )
        elif (last in LAZY or last == "aiterator") and call.has(o.ASYNC_ITERATED):
            yield call.in_order()

    def _consumer(self, call: CallSite) -> Iterator[Verdict]:
        if not call.outline.args:
            return
        value = call.outline.args[0]
        is_query = False
        if isinstance(value, o.Ref):
            is_query = self.held.get(value.name) == QUERYSET
        elif isinstance(value, o.Invocation):
            steps = self._steps(value.name)
            is_query = steps is not None and all(step in LAZY for step in steps)
        if is_query:
            advice = (
                "await `acount()`"
                if call.outline.name == "len"
                else "await `aexists()`"
                if call.outline.name == "bool"
                else "collect it by an `async for` comprehension"
            )
            yield call.violation(
                f"`{call.outline.name}()` of a queryset asks the database in the event loop; {advice}",
                fix=Fix([CollectAsynchronously(call.path, call.line, call.column)])
                if call.outline.name == "list" and len(call.outline.args) == 1
                else None,
            )


def _awaited(call: CallSite) -> Fix:
    """Await the method's twin."""
    name = call.outline.name
    return Fix([AwaitCall(call.path, call.line, call.column, name, f"a{call.method}")])


_NO_CALL = o.Call("", 0, 0, 0, -1, 0, "", [], [])
