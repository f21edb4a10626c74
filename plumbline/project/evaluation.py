"""Follows the statements of a settings module, in order, without running them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from plumbline import outline as o
from plumbline.project.modules import Module, Names
from plumbline.project.setting_values import (
    UNKNOWN,
    Effort,
    Plain,
    Symbol,
    arithmetic,
    changed_within,
    either,
)

type Space = dict[str, tuple[Any, o.Assignment | None, Module]]
"""Name to its value, the statement that gave it, and the module of that statement."""

_FOLDABLE = {"int": int, "str": str, "bool": bool, "float": float}
_SAME_ITEMS = frozenset(("list", "tuple", "set", "frozenset", "sorted", "dict.fromkeys"))
_COPIES = frozenset(("copy.copy", "copy.deepcopy"))


class _Branch(NamedTuple):
    """What a name is where ``guard`` holds, and where it does not."""

    guard: str
    value: Any
    otherwise: Any


class Evaluation:
    """Runs the assignments of one module; ``space_of`` gives the space of another one."""

    def __init__(
        self,
        module: Module,
        names: Names,
        space_of: Callable[[Module], Space],
        effort: Effort,
    ) -> None:
        self.module = module
        self.effort = effort
        self.names = names
        self.space_of = space_of
        self.space: Space = {}
        self._branches: dict[str, _Branch] = {}
        self._guard = ""

    def run(self) -> Space:
        """Every name at the end of the module's top level."""
        steps: list[tuple[int, o.Assignment | o.Import]] = [
            (item.line, item) for item in self.module.outline.assignments
        ]
        steps += [(item.line, item) for item in self.module.outline.imports if item.scope == -1]
        for _, step in sorted(steps, key=lambda step: step[0]):
            if isinstance(step, o.Import):
                self._import(step)
            else:
                self._assignment(step)
        return self.space

    def _import(self, item: o.Import) -> None:
        source = self.names.by_name.get(self.module.absolute(item.module))
        if source is None or item.typing_only:
            return
        there = self.space_of(source)
        if item.name == "*":
            for name, (value, step, module) in there.items():
                if name.startswith("_"):
                    continue
                if item.guarded and name in self.space:
                    value = either(self.space[name][0], value)
                self.space[name] = (value, step, module)
        elif item.name in there:
            self.space[item.alias] = there[item.name]

    def _holds(self, guard: str) -> bool | None:
        """Whether a guard is known to hold; None if it is not known."""
        result: bool | None = True
        for part in guard.split(" and "):
            is_negated = part.startswith("not ")
            name = part.removeprefix("not ")
            value = self.space[name][0] if name in self.space else UNKNOWN
            if name.endswith("TYPE_CHECKING"):
                value = False
            if value is UNKNOWN or isinstance(value, list | dict):
                result = None
            elif bool(value) == is_negated:
                return False
        return result

    def _assignment(self, step: o.Assignment) -> None:
        holds = True if not step.guard else self._holds(step.guard)
        if holds is False:
            return
        self._guard = step.guard if holds is None else ""
        value = self.value(step.value)
        name, _, attribute = step.target.partition(".")
        plain = name.rstrip("[]")
        is_new = plain not in self.space
        if is_new and (attribute or plain != name):
            return  # `os.environ[…] = …`: no setting of this module
        old = UNKNOWN if is_new else self._name(plain)
        if attribute:
            new = UNKNOWN
        elif step.operator == "=":
            new = value
        else:
            new = changed_within(old, name.count("[]"), step.operator, value)
        if not self.effort.affords(new):
            new = UNKNOWN
        if holds is None:
            new = self._conditional(plain, step, new)
        else:
            self._branches.pop(plain, None)
        self.space[plain] = (new, step, self.module)

    def _conditional(self, name: str, step: o.Assignment, new: Plain) -> Plain:
        """The value after a statement that may not run; two branches of one ``if`` leave no third way."""
        outside = self.space[name][0] if name in self.space else UNKNOWN
        before = self._branches.get(name)
        if before is not None:
            if _are_opposite(before.guard, step.guard) and step.operator == "=":
                outside = before.value
            elif before.guard == step.guard and (step.guard != "?" or step.operator != "="):
                outside = before.otherwise
        self._branches[name] = _Branch(step.guard, new, outside)
        return either(outside, new)

    # ---- values ----

    def value(self, value: o.Value) -> Plain:
        """A value in plain Python."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, o.Many):
            items: list[Any] = []
            for item in value.items:
                if isinstance(item, o.Invocation) and item.name == "*":
                    inner = self.value(item.args[0]) if item.args else UNKNOWN
                    if isinstance(inner, list) and self.effort.affords(inner):
                        items += inner
                    else:
                        items.append(UNKNOWN)
                else:
                    items.append(self.value(item))
            return items
        if isinstance(value, o.Table):
            return self._table(value)
        if isinstance(value, o.Ref):
            return self._name(value.name)
        if isinstance(value, o.Joined):
            result = arithmetic(value.operator, self.value(value.left), self.value(value.right))
            return result if self.effort.affords(result) else UNKNOWN
        if isinstance(value, o.Choice):
            return self._choice(value)
        if isinstance(value, o.Invocation):
            return self._call(value)
        if isinstance(value, o.Opaque) and value.what.startswith("not "):
            inner = self._name(value.what.removeprefix("not "))
            return not inner if isinstance(inner, bool | int | str) else UNKNOWN
        return UNKNOWN

    def _table(self, table: o.Table) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, item in zip(table.keys, table.values, strict=True):
            value = self.value(item)
            if isinstance(key, o.Opaque) and key.what == "**":
                found.update(self._unpacked(value))
                continue
            name = self.value(key)
            found[name if isinstance(name, str | int | Symbol) else UNKNOWN] = value
        return found

    def _unpacked(self, value: Plain) -> dict[Any, Any]:
        is_dict = isinstance(value, dict) and self.effort.affords(value)
        return value if is_dict else {UNKNOWN: UNKNOWN}

    def _name(self, name: str) -> Plain:
        if name in self.space:
            branch = self._branches.get(name)
            return (
                branch.value
                if branch is not None and branch.guard == self._guard
                else self.space[name][0]
            )
        resolved = self.names.resolve(self.module, name)
        module, rest = self.names.split(resolved)
        if module is not None and module.path != self.module.path and rest:
            return self.space_of(module).get(rest, (UNKNOWN,))[0]
        if resolved == name and name.partition(".")[0] not in self.module.bindings:
            return UNKNOWN  # a loop's variable, say
        # A name of another package, such as CSP.SELF, is known by its path; one of our own that is missing is not.
        return (
            Symbol(resolved)
            if module is None and "." in resolved and "?" not in resolved
            else UNKNOWN
        )

    def _choice(self, choice: o.Choice) -> Plain:
        test = self.value(choice.test)
        if isinstance(test, bool):
            return self.value(choice.then if test else choice.otherwise)
        return either(self.value(choice.then), self.value(choice.otherwise))

    def _call(self, call: o.Invocation) -> Plain:
        base, _, method = call.name.rpartition(".")
        if base in self.space:
            return self._method(self._name(base), method, call)
        if call.name.endswith("[]"):
            return self._subscript(self._name(call.name[:-2]), call)
        resolved = self.names.resolve(self.module, call.name)
        if resolved == "dict":
            return self._dict(call)
        if resolved == "datetime.timedelta":
            return self._seconds(call)
        if not call.args:
            return UNKNOWN
        inner = self.value(call.args[0])
        if resolved in _COPIES:
            return inner
        if isinstance(inner, list) and (resolved in _SAME_ITEMS or resolved == "reversed"):
            return inner[::-1] if resolved == "reversed" else inner
        if (
            resolved in _FOLDABLE
            and isinstance(inner, bool | int | float | str)
            and not (resolved in ("int", "float") and isinstance(inner, str))
        ):
            return _FOLDABLE[resolved](inner)
        return UNKNOWN

    def _method(self, owner: Plain, method: str, call: o.Invocation) -> Plain:
        if method == "copy":
            return owner
        if method == "index" and isinstance(owner, list) and call.args:
            item = self.value(call.args[0])
            return owner.index(item) if item in owner else UNKNOWN
        return UNKNOWN

    def _subscript(self, owner: Plain, call: o.Invocation) -> Plain:
        key = self.value(call.args[0]) if call.args else UNKNOWN
        if isinstance(owner, dict) and isinstance(key, str | int):
            return owner.get(key, UNKNOWN)
        return UNKNOWN

    def _dict(self, call: o.Invocation) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for source in (*call.args, *(value for key, value in call.keywords if key == "**")):
            inner = self.value(source)
            found.update(self._unpacked(inner))
        return found | {key: self.value(value) for key, value in call.keywords if key != "**"}

    def _seconds(self, call: o.Invocation) -> Plain:
        factors = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "weeks": 604_800}
        pairs = [*call.keywords, *zip(("days", "seconds"), call.args, strict=False)]
        total = 0.0
        for unit, item in pairs:
            amount = self.value(item)
            if unit not in factors or not isinstance(amount, int | float):
                return UNKNOWN
            total += amount * factors[unit]
        return total


def _are_opposite(first: str, second: str) -> bool:
    """Whether exactly one of two guards holds."""
    return "?" not in first and (first == f"not {second}" or second == f"not {first}")
