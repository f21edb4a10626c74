"""What settings install: whether a list setting holds an item, and the edit that adds one where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plumbline import outline as o
from plumbline.edits import AddItem, Assign, Edit, SetEntry
from plumbline.project.setting_values import UNKNOWN, Perhaps
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Located, Verdict

if TYPE_CHECKING:
    from plumbline.project import Project

DJANGO_TEMPLATES = "django.template.backends.django.DjangoTemplates"
_DEPTH = 6


def holds(project: Project, module: SettingsModule, name: str, *items: str) -> bool | None:
    """Whether a list setting holds one of ``items``, an app's own configuration or a class derived from one.

    None where that cannot be told: a part is computed, comes from the environment or is there in some runs only.
    """
    setting = module.get(name)
    if setting is None:
        return None if module.is_open else False
    if any(_is_one_of(project, item, items) for item in setting.items):
        return True
    if module.is_open or not isinstance(setting.value, list):
        return None
    is_certain = all(isinstance(item, str) or not _may_be(item, items) for item in setting.value)
    return False if is_certain else None


def holds_in_some_runs(module: SettingsModule, name: str, item: str) -> bool:
    """Whether a list setting holds an item under a condition that depends on the run."""
    setting = module.get(name)
    return (
        setting is not None and isinstance(setting.value, list) and Perhaps(item) in setting.value
    )


def _may_be(item: Any, items: tuple[str, ...]) -> bool:  # noqa: ANN401
    return item is UNKNOWN or (isinstance(item, Perhaps) and item.value in (UNKNOWN, *items))


def _is_one_of(project: Project, item: object, items: tuple[str, ...]) -> bool:
    if not isinstance(item, str):
        return False
    if item in items or any(item.startswith(f"{wanted}.apps.") for wanted in items):
        return True
    cls = project.classes.by_name.get(item)
    if cls is None and project.names.split(item)[0] is not None:
        cls = project.classes.by_name.get(project.names.canonical(item))
    return cls is not None and cls.inherits(*items)


def with_app(project: Project, *apps: str) -> list[SettingsModule]:
    """The deployed settings modules that certainly install one of these apps."""
    return [
        module
        for module in project.settings.deployed
        if holds(project, module, "INSTALLED_APPS", *apps)
    ]


def strings(module: SettingsModule, name: str) -> list[str]:
    """The strings that a list setting certainly holds."""
    setting = module.get(name)
    return [item for item in setting.items if isinstance(item, str)] if setting is not None else []


def place(module: SettingsModule, *names: str) -> Located:
    """Where one of several settings stands, the first that there is; else where the last would stand."""
    for name in names:
        if (setting := module.get(name)) is not None:
            return setting
    return module.located(names[-1])


def giving(project: Project, module: SettingsModule, name: str, item: str) -> Located:
    """The statement that puts an item into a list setting, where it is in sight; else the setting as it is left."""
    setting = module.get(name)
    if setting is None:
        return module.located(name)
    for path in _sources(project, setting.path):
        for line, items in _lists(project, path, name):
            if item in items:
                symbol = f"{project.names.modules[path].name}.{name}[{item}]"
                return Located(path, line, line, 0, symbol, item)
    return setting


def _sources(project: Project, path: str) -> list[str]:
    """A settings file and those that it builds on by star imports."""
    found = [path]
    for each in found:
        module = project.names.modules[each]
        for star in module.stars:
            source = project.names.by_name.get(star) or project.names.by_name.get(
                module.absolute(star)
            )
            if source is not None and source.path not in found:
                found.append(source.path)
    return found


def beside_apps(module: SettingsModule, name: str) -> Located:
    """Where a setting would stand that is not there: the first line of the file that lists the apps."""
    apps = module.get("INSTALLED_APPS")
    path = apps.path if apps is not None else module.path
    return Located(path, 1, 1, 0, f"{module.name}.{name}", name)


def once(verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    """Verdicts without those that say the same of the same place, as when two modules inherit one setting."""
    seen: set[tuple[str, int, str, str]] = set()
    for verdict in verdicts:
        subject = verdict.subject
        key = (subject.path, subject.line, subject.symbol, verdict.outcome)
        if key not in seen:
            seen.add(key)
            yield verdict


# ---- templates ----


def engines(module: SettingsModule) -> list[dict[Any, Any]]:
    """The entries of ``TEMPLATES`` that run Django's own template language."""
    setting = module.get("TEMPLATES")
    entries = setting.items if setting is not None else []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict) and entry.get("BACKEND") in (DJANGO_TEMPLATES, UNKNOWN)
    ]


def has_context_processor(module: SettingsModule, *names: str) -> bool | None:
    """Whether some engine for Django templates has one of these context processors; None where that cannot be told."""
    setting = module.get("TEMPLATES")
    if setting is None or not isinstance(setting.value, list) or not engines(module):
        return None
    is_certain = not module.is_open and all(isinstance(item, dict) for item in setting.value)
    for engine in engines(module):
        options = engine.get("OPTIONS", {})
        processors = options.get("context_processors", []) if isinstance(options, dict) else None
        if isinstance(processors, list) and any(name in processors for name in names):
            return True
        parts = [*engine, *(options if isinstance(options, dict) else [UNKNOWN])]
        if (
            UNKNOWN in parts
            or not isinstance(processors, list)
            or any(_may_be(item, names) for item in processors)
        ):
            is_certain = False
    return False if is_certain else None


def adding_context_processor(project: Project, module: SettingsModule, name: str) -> Edit | None:
    """The edit that gives the only engine for Django templates a context processor."""
    setting, found = module.get("TEMPLATES"), engines(module)
    if setting is None or len(found) != 1:
        return None
    options = found[0].get("OPTIONS")
    line = _written_at(project, setting, "TEMPLATES")
    if line is None:
        return None
    if not isinstance(options, dict):
        return None
    if "context_processors" not in options:
        return SetEntry(setting.path, line, "context_processors", f'["{name}"]', ("OPTIONS",))
    return AddItem(setting.path, line, f'"{name}"', within=("OPTIONS", "context_processors"))


# ---- edits ----


def adding(
    project: Project,
    module: SettingsModule,
    name: str,
    item: str,
    *,
    before: str = "",
    after: str = "",
) -> Edit | None:
    """The edit that adds a string to a list setting, in the file and the list that give it; None if none is in sight.

    An item to stand beside (``before``, ``after``) is a wish, granted where the list is written out with it.
    """
    setting = module.get(name)
    if setting is None:
        apps = module.get("INSTALLED_APPS")
        return Assign(apps.path if apps is not None else module.path, name, f'["{item}"]')
    lists = list(_lists(project, setting.path, name))
    for anchor in filter(None, (before, after)):
        for line, texts in lists:
            if texts.count(anchor) == 1:
                return AddItem(setting.path, line, f'"{item}"', before=before, after=after)
    if not lists:
        return None
    if before and lists[0][1] and isinstance(first := lists[0][1][0], str):
        return AddItem(setting.path, lists[0][0], f'"{item}"', before=first)
    return AddItem(setting.path, lists[-1][0], f'"{item}"')


def setting_entry(
    project: Project, module: SettingsModule, name: str, key: str, value: str
) -> Edit | None:
    """The edit that sets a key of a dict setting that is written out."""
    setting = module.get(name)
    line = _written_at(project, setting, name) if setting is not None else None
    return SetEntry(setting.path, line, key, value) if setting is not None and line else None


def written(project: Project, setting: Setting, name: str) -> o.Value:
    """The value of a setting as its last assignment writes it; None if it is changed in other ways."""
    found = _steps(project, setting.path, name)
    step = found[-1] if found else None
    return step.value if step is not None and step.operator == "=" else None


def _steps(project: Project, path: str, name: str) -> list[o.Assignment]:
    module = project.names.modules.get(path)
    assignments = module.outline.assignments if module is not None else ()
    return [step for step in assignments if step.target == name]


def _written_at(project: Project, setting: Setting, name: str) -> int | None:
    """The line of the only assignment of a setting, if its value is written out there."""
    found = [step for step in _steps(project, setting.path, name) if step.operator == "="]
    if len(found) != 1 or not isinstance(found[0].value, o.Many | o.Table):
        return None
    return found[0].line


def _lists(
    project: Project, path: str, name: str, depth: int = 0
) -> Iterator[tuple[int, list[o.Value]]]:
    """Line and items of the lists that make up a setting in a file, those of names that it is a sum of included."""
    for step in _steps(project, path, name):
        if step.guard or step.operator not in ("=", "+="):
            continue
        parts = list(_summands(step.value))
        for part in parts:
            if isinstance(part, o.Ref) and part.name != name and depth < _DEPTH:
                yield from _lists(project, path, part.name, depth + 1)
        items = [item for part in parts if isinstance(part, o.Many) for item in part.items]
        for item in items:
            if isinstance(item, o.Invocation) and item.name == "*" and depth < _DEPTH:
                spread = item.args[0] if item.args else None
                if isinstance(spread, o.Ref) and spread.name != name:
                    yield from _lists(project, path, spread.name, depth + 1)
        if any(isinstance(part, o.Many) for part in parts):
            yield step.line, items


def _summands(value: o.Value) -> Iterator[o.Value]:
    if isinstance(value, o.Joined) and value.operator == "+":
        yield from _summands(value.left)
        yield from _summands(value.right)
    else:
        yield value
