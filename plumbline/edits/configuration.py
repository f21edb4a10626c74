"""Edits of TOML and INI files, which are addressed by key and leave every other line as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import MutableMapping
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from plumbline.edits import AppendToArray, NotAsExpected, RemoveFromArray, SetKey, SetOption

TomlEdit = SetKey | AppendToArray | RemoveFromArray
type _Table = MutableMapping[str, Any]


def edited_toml(content: bytes, edit: TomlEdit) -> bytes:
    """``content`` after an edit; raises ``NotAsExpected`` where the place is no table, or no array of strings."""
    text, is_crlf = _read(content)
    try:
        meant = tomllib.loads(text)
        _change(_table(meant, edit.table), edit)
        document = tomlkit.parse(text)
        if _has(document, edit.table):
            _change(_table(document, edit.table), edit)
            changed = tomlkit.dumps(document)
        else:
            changed = _with_table(text, edit)
        if tomllib.loads(changed) != meant:
            raise NotAsExpected("the file does not come out as meant")
    except (tomllib.TOMLDecodeError, TOMLKitError, RecursionError) as error:
        raise NotAsExpected("not editable as TOML") from error
    return _written(changed, is_crlf)


def _has(document: _Table, path: tuple[str, ...]) -> bool:
    found: Any = document
    for part in path:
        if not isinstance(found, MutableMapping) or part not in found:
            return False
        found = found[part]
    return True


def _table(document: _Table, path: tuple[str, ...]) -> _Table:
    found: Any = document
    for part in path:
        found = found.setdefault(part, {})
        if not isinstance(found, MutableMapping):
            raise NotAsExpected(f"`{'.'.join(path)}` is no table")
    return cast(_Table, found)


def _change(table: _Table, edit: TomlEdit) -> None:
    if isinstance(edit, SetKey):
        table[edit.key] = list(edit.value) if isinstance(edit.value, tuple) else edit.value
        return
    items = table.get(edit.key)
    if items is None and isinstance(edit, AppendToArray):
        table[edit.key] = list(edit.items)
        return
    if not isinstance(items, list):
        raise NotAsExpected(f"`{edit.key}` is no array")
    for item in edit.items:
        if isinstance(edit, AppendToArray) and item not in items:
            items.append(item)
        elif isinstance(edit, RemoveFromArray):
            if item not in items:
                raise NotAsExpected(f"`{edit.key}` does not hold {item}")
            items.remove(item)


def _with_table(text: str, edit: TomlEdit) -> str:
    """A new table stands at the end of the file, after an empty line."""
    table = tomlkit.table()
    _change(table, edit)
    if not edit.table:
        raise NotAsExpected("the top of the file has no such key")
    header = ".".join(tomlkit.key(part).as_string() for part in edit.table)
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{header}]\n{tomlkit.dumps(table)}"


_SECTION = re.compile(r"^\[(?P<name>[^\]]+)\]")


def edited_ini(content: bytes, edit: SetOption) -> bytes:
    """``content`` with the option set: in place of its line and what continues it, or at the end of its section."""
    text, is_crlf = _read(content)
    lines = text.split("\n")
    start = next(
        (
            number
            for number, line in enumerate(lines)
            if (match := _SECTION.match(line)) and match["name"] == edit.section
        ),
        None,
    )
    wanted = f"{edit.option} = {edit.value}"
    if start is None:
        gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
        return _written(f"{text}{gap}[{edit.section}]\n{wanted}\n", is_crlf)
    end = next(
        (number for number in range(start + 1, len(lines)) if _SECTION.match(lines[number])),
        len(lines),
    )
    option = re.compile(rf"{re.escape(edit.option)}(?P<sign>[ \t]*[=:][ \t]*)")
    last = start
    for number in range(start + 1, end):
        if match := option.match(lines[number]):
            stop = number + 1
            while stop < end and lines[stop][:1] in (" ", "\t") and lines[stop].strip():
                stop += 1
            if any("#" in line or ";" in line for line in lines[number:stop]):
                raise NotAsExpected(f"a comment stands beside `{edit.option}`")
            sign = (
                match["sign"] if match.end() < len(lines[number]) else f"{match['sign'].rstrip()} "
            )
            lines[number:stop] = [f"{edit.option}{sign}{edit.value}".replace(" \n", "\n", 1)]
            return _written("\n".join(lines), is_crlf)
        if lines[number].strip():
            last = number
    lines.insert(last + 1, wanted)
    return _written("\n".join(lines), is_crlf)


def _read(content: bytes) -> tuple[str, bool]:
    """The text with plain line ends, and whether the file ends its lines the other way."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise NotAsExpected("not UTF-8") from error
    is_crlf = "\r\n" in text
    if is_crlf and text.count("\r\n") != text.count("\n"):
        raise NotAsExpected("its line ends are mixed")
    return text.replace("\r\n", "\n"), is_crlf


def _written(text: str, is_crlf: bool) -> bytes:
    return (text.replace("\n", "\r\n") if is_crlf else text).encode()
