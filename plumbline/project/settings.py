"""Django settings, evaluated without running them, in three values: known, partly known, unknown.

A settings module is a small program. Its assignments are followed in order, star imports merged in, lists extended;
whatever comes from the environment or from a call is ``UNKNOWN``, and a list or dict that holds such a part is only
partly known. Unknown is never wrong: rules must not report it.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import msgspec

from plumbline import outline as o
from plumbline.project.modules import Module, Names
from plumbline.rule import Located


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""A value, or a part of a list or dict, that only running the program could tell."""


class Symbol(msgspec.Struct, frozen=True):
    """A name from outside the settings, such as an enum member: ``django.utils.csp.CSP.SELF``."""

    name: str


class Setting(Located):
    """One setting as a settings module leaves it: ``value`` in plain Python, with ``UNKNOWN`` parts."""

    name: str
    value: Any

    @property
    def is_known(self) -> bool:
        """Whether no part of the value is unknown."""
        return _is_known(self.value)

    @property
    def items(self) -> list[Any]:
        """The known items of a list setting; empty if it is no list."""
        return (
            [item for item in self.value if item is not UNKNOWN]
            if isinstance(self.value, list)
            else []
        )

    def may_hold(self, item: object) -> bool:
        """Whether a list holds ``item``, or holds parts that are unknown."""
        return self.value is UNKNOWN or (
            isinstance(self.value, list) and (item in self.value or UNKNOWN in self.value)
        )


def _is_known(value: Any) -> bool:  # noqa: ANN401
    if value is UNKNOWN:
        return False
    if isinstance(value, list):
        return all(_is_known(item) for item in value)
    if isinstance(value, dict):
        return all(_is_known(key) and _is_known(item) for key, item in value.items())
    return True


class SettingsModule:
    """A settings module with everything that it imports by star merged in."""

    def __init__(self, module: Module, settings: Settings) -> None:
        self.module = module
        self.path = module.path
        self._settings = settings

    def __repr__(self) -> str:
        return f"<SettingsModule {self.module.name}>"

    @property
    def name(self) -> str:
        """The dotted name of the module."""
        return self.module.name

    @functools.cached_property
    def environment(self) -> str:
        """``base``, ``development``, ``production``, ``test`` or ``single``, told from the name."""
        last = self.name.rpartition(".")[2]
        for environment, names in _ENVIRONMENTS.items():
            if last in names:
                return environment
        return "single" if last == "settings" else "other"

    @functools.cached_property
    def values(self) -> dict[str, Setting]:
        """Every upper-case name that the module leaves behind."""
        return {
            name: setting
            for name, setting in self._settings.namespace(self.module).items()
            if name.isupper()
        }

    def get(self, name: str) -> Setting | None:
        """The setting of this name; None if the module certainly does not set it or cannot be told to."""
        return self.values.get(name)

    @functools.cached_property
    def is_open(self) -> bool:
        """Whether names may come from somewhere that cannot be read: a star import from outside, ``globals().update``."""
        return self._settings.is_open(self.module)

    def located(self, name: str, text: str = "") -> Located:
        """The place of a setting, or the first line of the module where it would stand."""
        setting = self.values.get(name)
        if setting is not None:
            return setting
        return Located(self.path, 1, 1, 0, f"{self.name}.{name}", text or name)


_ENVIRONMENTS = {
    "base": ("base", "common", "defaults", "default", "shared", "main", "_base", "project"),
    "development": ("development", "dev", "local", "devel", "develop"),
    "production": ("production", "prod", "live", "deploy", "deployment", "server"),
    "test": ("test", "tests", "testing", "ci", "test_settings", "unittest"),
}
_FOLDABLE = {"int": int, "str": str, "bool": bool, "float": float}


class Settings:
    """The settings modules of the repository."""

    def __init__(self, names: Names, entry_points: list[str]) -> None:
        self.names = names
        self.entry_points = entry_points
        self._namespaces: dict[str, dict[str, Setting]] = {}
        self._open: dict[str, bool] = {}

    @functools.cached_property
    def modules(self) -> list[SettingsModule]:
        """Settings modules: named by an entry point, or defining ``INSTALLED_APPS`` or ``ROOT_URLCONF`` beside one."""
        found: dict[str, Module] = {}
        for name in self.entry_points:
            module = self.names.by_name.get(name)
            if module is not None:
                found[module.path] = module
        for module in self.names:
            if module.role == "settings" and self._looks_like_settings(module):
                found.setdefault(module.path, module)
        for path in list(found):
            folder = path.rpartition("/")[0]
            if folder.endswith("settings"):
                for module in self.names:
                    if module.path.rpartition("/")[0] == folder and self._looks_like_settings(
                        module
                    ):
                        found.setdefault(module.path, module)
        return [
            SettingsModule(module, self)
            for module in sorted(found.values(), key=lambda module: module.path)
        ]

    def _looks_like_settings(self, module: Module) -> bool:
        targets = {assignment.target for assignment in module.outline.assignments}
        if not targets.isdisjoint(("INSTALLED_APPS", "ROOT_URLCONF", "DATABASES")):
            return True
        return any(
            item.name == "*" and "settings" in self._star(module, item)
            for item in module.outline.imports
        )

    @staticmethod
    def _star(module: Module, item: o.Import) -> str:
        return module.absolute(item.module)

    @functools.cached_property
    def deployed(self) -> list[SettingsModule]:
        """The modules that production runs: those named for it, else the entry point's, else all but tests."""
        by_name = [module for module in self.modules if module.environment == "production"]
        if by_name:
            return by_name
        named = [
            module
            for module in self.modules
            if module.name in self.entry_points and module.environment != "test"
        ]
        return named or [
            module for module in self.modules if module.environment not in ("test", "development")
        ]

    def namespace(self, module: Module) -> dict[str, Setting]:
        """Every name at the end of the module's top level."""
        known = self._namespaces.get(module.path)
        if known is None:
            self._namespaces[module.path] = {}  # a cycle of star imports sees what is there so far
            known = self._namespaces[module.path] = _Evaluation(module, self).run()
        return known

    def is_open(self, module: Module) -> bool:
        """Whether a star import of the module leads outside the repository, or its namespace is changed by call."""
        known = self._open.get(module.path)
        if known is None:
            self._open[module.path] = False
            stars = [self.names.by_name.get(star) for star in module.stars]
            known = any(star is None or self.is_open(star) for star in stars) or any(
                call.name.startswith(
                    ("globals()", "locals()", "vars()", "setattr", "exec", "django_heroku.")
                )
                or call.name in ("include", "optional", "split_settings.tools.include")
                for call in module.calls_by_scope.get(-1, [])
            )
            self._open[module.path] = known
        return known


class _Evaluation:
    """Runs the assignments of one module."""

    def __init__(self, module: Module, settings: Settings) -> None:
        self.module = module
        self.settings = settings
        self.space: dict[str, Setting] = {}

    def run(self) -> dict[str, Setting]:
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
        source = self.settings.names.by_name.get(self.module.absolute(item.module))
        if source is None:
            return
        if item.name == "*":
            self.space.update(self.settings.namespace(source))
        elif item.name and (setting := self.settings.namespace(source).get(item.name)) is not None:
            self.space[item.alias] = setting

    def _holds(self, guard: str) -> bool | None:
        """Whether a guard is known to hold; None if it is not known."""
        result: bool | None = True
        for part in guard.split(" and "):
            negated = part.startswith("not ")
            setting = self.space.get(part.removeprefix("not "))
            if setting is None or not setting.is_known:
                result = None
            elif bool(setting.value) == negated:
                return False
        return result

    def _assignment(self, step: o.Assignment) -> None:
        holds = True if not step.guard else self._holds(step.guard)
        if holds is False:
            return
        value = self.value(step.value)
        base, _, key = step.target.partition(".")
        before = self.space.get(base)
        old = before.value if before else None
        if step.operator == "=":
            new = value if not key else UNKNOWN
        else:
            new = self._changed(old, step.operator, value)
        if holds is None and before is not None:
            new = _either(old, new)
        elif holds is None:
            new = new if not _is_plain(new) else _either(UNKNOWN, new)
        self._set(base, new, step)

    def _changed(self, old: Any, operator: str, value: Any) -> Any:  # noqa: ANN401, PLR0911
        if operator in ("+=", "extend") and isinstance(old, list):
            added = (
                value[0] if operator == "extend" and isinstance(value, list) and value else value
            )
            return [*old, *added] if isinstance(added, list) else [*old, UNKNOWN]
        if operator == "append" and isinstance(old, list) and isinstance(value, list):
            return [*old, *value[:1]]
        if (
            operator == "insert"
            and isinstance(old, list)
            and isinstance(value, list)
            and len(value) == 2
        ):  # noqa: PLR2004
            place = value[0] if isinstance(value[0], int) else len(old)
            return [*old[:place], value[1], *old[place:]]
        if operator == "remove" and isinstance(old, list) and isinstance(value, list):
            return [item for item in old if item not in value]
        if operator in ("update", "|=", "[]=") and isinstance(old, dict):
            added = (
                value[0] if operator == "update" and isinstance(value, list) and value else value
            )
            return {**old, **added} if isinstance(added, dict) else {**old, UNKNOWN: UNKNOWN}
        return UNKNOWN

    def _set(self, name: str, value: Any, step: o.Assignment) -> None:  # noqa: ANN401
        symbol = f"{self.module.name}.{name}"
        self.space[name] = Setting(
            self.module.path, step.line, step.end_line, 0, symbol, name, name, value
        )

    # ---- values ----

    def value(self, value: o.Value) -> Any:  # noqa: ANN401, PLR0911
        """A value in plain Python."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, o.Many):
            items: list[Any] = []
            for item in value.items:
                if isinstance(item, o.Invocation) and item.name == "*":
                    inner = self.value(item.args[0]) if item.args else UNKNOWN
                    items += inner if isinstance(inner, list) else [UNKNOWN]
                else:
                    items.append(self.value(item))
            return items
        if isinstance(value, o.Table):
            return self._table(value)
        if isinstance(value, o.Ref):
            return self._name(value.name)
        if isinstance(value, o.Joined):
            return _arithmetic(value.operator, self.value(value.left), self.value(value.right))
        if isinstance(value, o.Choice):
            return self._choice(value)
        if isinstance(value, o.Invocation):
            return self._call(value)
        return UNKNOWN

    def _table(self, table: o.Table) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, item in zip(table.keys, table.values, strict=True):
            value = self.value(item)
            if isinstance(key, o.Opaque) and key.what == "**":
                found.update(value if isinstance(value, dict) else {UNKNOWN: UNKNOWN})
                continue
            name = self.value(key)
            found[name if isinstance(name, str | int | Symbol) else UNKNOWN] = value
        return found

    def _name(self, name: str) -> Any:  # noqa: ANN401
        setting = self.space.get(name)
        if setting is not None:
            return setting.value
        resolved = self.settings.names.resolve(self.module, name)
        module, rest = self.settings.names.split(resolved)
        if module is not None and module.path != self.module.path and rest:
            found = self.settings.namespace(module).get(rest.partition(".")[0])
            return found.value if found is not None and "." not in rest else UNKNOWN
        # A name of another package, such as CSP.SELF, is known by its path; one of our own that is missing is not.
        return (
            Symbol(resolved)
            if module is None and "." in resolved and "?" not in resolved
            else UNKNOWN
        )

    def _choice(self, choice: o.Choice) -> Any:  # noqa: ANN401
        test = self.value(choice.test)
        if isinstance(test, bool):
            return self.value(choice.then if test else choice.otherwise)
        first, second = self.value(choice.then), self.value(choice.otherwise)
        return first if first == second else UNKNOWN

    def _call(self, call: o.Invocation) -> Any:  # noqa: ANN401
        resolved = self.settings.names.resolve(self.module, call.name)
        if resolved == "dict":
            return {key: self.value(value) for key, value in call.keywords if key != "**"}
        if resolved in ("list", "tuple") and len(call.args) == 1:
            inner = self.value(call.args[0])
            return inner if isinstance(inner, list) else UNKNOWN
        if resolved in _FOLDABLE and len(call.args) == 1:
            inner = self.value(call.args[0])
            if isinstance(inner, bool | int | float | str) and not (
                resolved == "int" and isinstance(inner, str)
            ):
                return _FOLDABLE[resolved](inner)
        if resolved == "datetime.timedelta":
            return self._seconds(call)
        return UNKNOWN

    def _seconds(self, call: o.Invocation) -> Any:  # noqa: ANN401
        factors = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "weeks": 604_800}
        pairs = [*call.keywords, *zip(("days", "seconds"), call.args, strict=False)]
        total = 0.0
        for unit, item in pairs:
            amount = self.value(item)
            if unit not in factors or not isinstance(amount, int | float):
                return UNKNOWN
            total += amount * factors[unit]
        return total


def _either(first: Any, second: Any) -> Any:  # noqa: ANN401
    """What can be said when one of two values holds."""
    if first == second:
        return first
    if isinstance(first, list) and isinstance(second, list):
        common = [item for item in second if item in first]
        return [*common, UNKNOWN]
    if isinstance(first, dict) and isinstance(second, dict):
        return {
            **{key: value for key, value in second.items() if first.get(key) == value},
            UNKNOWN: UNKNOWN,
        }
    return UNKNOWN


def _is_plain(value: Any) -> bool:  # noqa: ANN401
    return not isinstance(value, list | dict)


def _arithmetic(operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    if operator == "+" and (isinstance(left, list) or isinstance(right, list)):
        return [
            *(left if isinstance(left, list) else [UNKNOWN]),
            *(right if isinstance(right, list) else [UNKNOWN]),
        ]
    if operator == "|" and isinstance(left, dict) and isinstance(right, dict):
        return {**left, **right}
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return (left + right)[:4_000]
    numbers = (int, float)
    if type(left) in numbers and type(right) in numbers:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if operator == "/" and right:
            return left / right
        if operator == "//" and right:
            return left // right
    return UNKNOWN
