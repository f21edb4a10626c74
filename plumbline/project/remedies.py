"""Edits that several rules' fixes are made of, worked out from what the project knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plumbline import outline as o
from plumbline.edits import (
    AppendToArray,
    Edit,
    Fix,
    RemoveFromArray,
    RenameParameter,
    RequireKeywords,
    SetArgument,
    SetKey,
    SetKeyword,
    SetOption,
    SetValue,
)
from plumbline.project import Function, Project
from plumbline.project.configuration import Options
from plumbline.project.models import Field
from plumbline.project.modules import EVERYWHERE
from plumbline.project.ruff import RuffConfig, django_section
from plumbline.project.settings import Setting
from plumbline.roles import TEST, is_template
from plumbline.rule import Located

type Plain = bool | int | str

TEST_CODES = {"S101": "S101", "ANN001": "ANN", "ANN201": "ANN"}
"""The rules of ruff that tests usually break, with the code to exempt them from."""


def set_option(project: Project, options: Options, key: str, value: Plain) -> Edit | None:
    """Set a key in a tool's configuration, whichever kind of file it is; None if its table cannot be told."""
    path, content = options
    outline = project.outlines.get(path)
    if isinstance(outline, o.IniOutline):
        section = _section(outline, content)
        return SetOption(path, section, key, str(value)) if section else None
    table = _table(outline, content)
    return SetKey(path, table, key, value) if table is not None else None


def add_words(
    project: Project, options: Options, key: str, *words: str, separator: str = " "
) -> Edit | None:
    """Add words to an option that holds a list, be it written as an array, as one string, or in lines."""
    path, content = options
    old = content.get(key)
    if isinstance(old, str) and old.strip():
        if "\n" in old:
            lines = [line.rstrip(",") for line in old.split("\n")]
            comma = separator.strip()
            text = f"{comma}\n    ".join([*lines, separator.join(words)])
            text = text.removeprefix(comma) if not lines[0].strip() else text
            return set_option(project, options, key, text)
        return set_option(
            project, options, key, f"{old.rstrip(', ')}{separator}{separator.join(words)}"
        )
    outline = project.outlines.get(path)
    if isinstance(outline, o.IniOutline):
        return set_option(project, options, key, separator.join(words))
    table = _table(outline, content)
    return AppendToArray(path, table, key, words) if table is not None else None


def set_celery_option(project: Project, place: Located, name: str, value: str) -> Edit | None:
    """Give an option of Celery another value where ``place`` gives it: an assignment, or an argument of a call."""
    module = project.names.modules[place.path]
    lines = {item.line for item in module.outline.assignments if item.operator == "="}
    lines.update(member.line for cls in module.outline.classes for member in cls.members)
    if place.line in lines:
        return SetValue(place.path, place.line, value)
    for call in module.calls:
        if call.line == place.line and any(key == name for key, _ in call.keywords):
            return SetKeyword(place.path, call.line, call.column, call.name, name, value)
    return None


def select_family(project: Project, family: str) -> Fix | None:
    """Switch a rule family of ruff on, where the governing file lists families; unsafe where it had been ignored."""
    ruff = project.configuration.ruff
    outline = project.outlines.get(ruff.path) if ruff is not None else None
    if ruff is None or not isinstance(outline, o.TomlOutline):
        return None
    top: tuple[str, ...] = ("tool", "ruff") if ruff.path.endswith("pyproject.toml") else ()
    edits: list[Edit] = []
    for table in ((*top, "lint"), top):
        for key in ("ignore", "extend-ignore"):
            if family in _list(outline, table, key):
                edits.append(RemoveFromArray(ruff.path, table, key, (family,)))
    is_safe = not edits
    if family not in ruff.select and "ALL" not in ruff.select:
        place = next(
            (
                (table, key)
                for table in ((*top, "lint"), top)
                for key in ("select", "extend-select")
                if _list(outline, table, key)
            ),
            ((*top, "lint"), "extend-select"),
        )
        edits.append(AppendToArray(ruff.path, *place, (family,)))
    if edits and family == "I" and not django_section(ruff)[0]:
        # What sorts imports has to sort them as the guide does.
        section = own_section_for_django(project)
        edits += section.edits if section is not None else []
    return Fix(edits, is_safe) if edits else None


_SECTIONS = ("future", "standard-library", "third-party", "django", "first-party", "local-folder")


def own_section_for_django(project: Project) -> Fix | None:
    """Give isort a section for Django where the guide has it; the imports are sorted anew afterwards."""
    ruff = project.configuration.ruff
    if ruff is None or not isinstance(project.outlines.get(ruff.path), o.TomlOutline):
        return None
    name, order = django_section(ruff)
    top: tuple[str, ...] = ("tool", "ruff") if ruff.path.endswith("pyproject.toml") else ()
    table = (*top, "lint", "isort")
    label = name or "django"
    wanted = [item for item in order if item != label] or [
        item for item in _SECTIONS if item != "django"
    ]
    if "first-party" not in wanted:
        return None
    wanted.insert(wanted.index("first-party"), label)
    edits: list[Edit] = [SetKey(ruff.path, table, "section-order", tuple(wanted))]
    if not name:
        edits.append(SetKey(ruff.path, (*table, "sections"), "django", ("django",)))
    return Fix(edits)


def tests_judged(project: Project, ruff: RuffConfig, codes: Sequence[str]) -> dict[str, list[str]]:
    """Globs of test modules that no exemption covers, with what to exempt them from, if ruff looks for ``codes``."""
    judged: dict[str, list[str]] = {}
    for module in project.names if codes else ():
        if module.role != TEST or is_template(module.path):
            continue
        glob = _test_glob(module.path)
        found = judged.get(glob, [])
        if not glob or len(found) == len(codes):
            continue
        if ruff.governs(module.path) and not ruff.leaves_out(module.path):
            found = [code for code in codes if code in found or not ruff.exempts(module.path, code)]
            if found:
                judged[glob] = found
    return {
        glob: list(dict.fromkeys(TEST_CODES[code] for code in found))
        for glob, found in sorted(judged.items())
    }


def _test_glob(path: str) -> str:
    """A glob that covers a test module and its like; empty for a module that only helps tests, such as a factory."""
    *folders, name = path.split("/")
    if name in ("conftest.py", "tests.py"):
        return "**/tests/**" if "tests" in folders else f"**/{name}"
    if name.startswith("test_"):
        return "**/tests/**" if "tests" in folders else "**/test_*.py"
    return ""


def exempt_files(project: Project, exemptions: Mapping[str, Sequence[str]]) -> Fix | None:
    """Let ruff's ``per-file-ignores`` hold these globs with these codes, in the file that governs."""
    ruff = project.configuration.ruff
    outline = project.outlines.get(ruff.path) if ruff is not None else None
    if ruff is None or not isinstance(outline, o.TomlOutline):
        return None
    top: tuple[str, ...] = ("tool", "ruff") if ruff.path.endswith("pyproject.toml") else ()
    key = "per-file-ignores"
    own, older = _inner(outline, (*top, "lint", key)), _inner(outline, (*top, key))
    if own is None and older is None and "extend" in (_inner(outline, top) or {}):
        key = "extend-per-file-ignores"
    table = (*top, key) if own is None and older is not None else (*top, "lint", key)
    return Fix(
        [AppendToArray(ruff.path, table, glob, tuple(codes)) for glob, codes in exemptions.items()]
    )


def settings_candidate(project: Project) -> str | None:
    """The one settings module that tools can be told of: the only one for tests, else the only one that is named."""
    modules = project.settings.modules
    for candidates in (
        [module.name for module in modules if module.environment == "test"],
        [name for name in project.settings_names if project.has_module(name)],
        [module.name for module in modules],
    ):
        if candidates:
            return candidates[0] if len(candidates) == 1 else None
    return None


def stubs_settings(path: str, name: str) -> Edit:
    """Tell mypy's Django plugin of a settings module, in the file that configures mypy."""
    if path.endswith(".toml"):
        return SetKey(path, ("tool", "django-stubs"), "django_settings_module", name)
    return SetOption(path, "mypy.plugins.django-stubs", "django_settings_module", name)


def rename_parameter(project: Project, function: Function, old: str, new: str) -> Fix | None:
    """Rename a parameter, unless a call somewhere gives it by name."""
    for roles in EVERYWHERE:
        for _, calls in project.names.callers(*roles, names=(function.name,)):
            if any(old == key for call in calls for key, _ in call.keywords):
                return None
    return Fix([RenameParameter(function.path, function.line, function.column, old, new)])


def require_keywords(project: Project, function: Function) -> Fix | None:
    """Take all arguments by keyword where every call gives them so; a reference that is not seen may not: unsafe."""
    is_called = False
    for module in project.names:
        if not module.may_call(function.name):
            continue
        for call in module.calls:
            if any(
                isinstance(arg, o.Ref) and _last(arg.name) == function.name for arg in call.args
            ):
                return None
            if _last(call.name) == function.name:
                is_called = True
                if call.args:
                    return None
    edit = RequireKeywords(function.path, function.line, function.column)
    return Fix([edit], is_safe=False) if is_called else None


def first_assignment(project: Project, setting: Setting) -> o.Assignment | None:
    """The statement that first binds a setting in its module, whatever later statements add to it."""
    return next(
        (
            item
            for item in project.names.modules[setting.path].outline.assignments
            if item.target == setting.name and item.operator == "="
        ),
        None,
    )


def set_target(field: Field, value: str) -> Edit | None:
    """Let a relation lead to ``value``, which is source text; None where its call cannot be told."""
    name, cls, first, last = (
        field.value.name,
        field.model.cls,
        field.value.line,
        field.value.end_line,
    )
    calls = [
        call
        for call in cls.module.calls_by_scope.get(cls.outline.parent, ())
        if call.line == first and call.end_line == last and call.name == name
    ]
    if len(calls) != 1:
        return None
    line, column = calls[0].line, calls[0].column
    if field.value.args:
        return SetArgument(field.path, line, column, name, 0, value)
    return SetKeyword(field.path, line, column, name, "to", value)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _list(outline: o.TomlOutline, table: tuple[str, ...], key: str) -> list[Any]:
    found = (_inner(outline, table) or {}).get(key)
    return found if isinstance(found, list) else []


def _inner(outline: o.TomlOutline, table: tuple[str, ...]) -> dict[str, Any] | None:
    found: Any = outline.tables
    for part in table:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _section(outline: o.IniOutline, options: dict[str, str]) -> str | None:
    return next((name for name, item in outline.sections.items() if item is options), None)


def _table(outline: o.Outline | None, options: dict[str, Any]) -> tuple[str, ...] | None:
    """The path of the table that holds these very options."""
    pending: list[tuple[tuple[str, ...], Any]] = [
        ((), outline.tables if isinstance(outline, o.TomlOutline) else None)
    ]
    while pending:
        path, item = pending.pop()
        if item is options:
            return path
        if isinstance(item, dict) and len(path) < 4:
            pending += (((*path, key), inner) for key, inner in item.items())
    return None
