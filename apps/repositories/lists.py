"""Lists of repositories as people keep them: addresses line by line, CSV, YAML. All of it is bounded."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from core.exceptions import Invalid

ENTRIES_LIMIT = 1000
SIZE_LIMIT = 512 * 1024
"""Bytes of a list."""
COLUMNS = ("url", "branch", "name", "team", "tags")
_BARE_COLUMNS = ("url", "branch", "name")
_YAML_DEPTH = 6
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One repository of a list; blank branch and name as in `repository_register`, ``team`` is a slug."""

    line: int
    url: str
    branch: str = ""
    name: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()


def entries_parse(text: str) -> list[Entry]:
    """Read a pasted list or CSV: an address a line, or columns; ``#`` begins a comment.

    Columns are ``url,branch,name``, or those that a first line names: url, branch, name, team and tags (which are
    separated by spaces or semicolons), in any order.

    Raises:
        Invalid: A line has more columns, a column is unknown, or there is too much of it.
    """
    _check_size(len(text))
    return _checked(_lines(text))


def entries_of_yaml(text: str) -> list[Entry]:
    """Read a YAML list of addresses, or of mappings with url, branch, name, team and tags.

    The list may stand under ``repositories``. Nothing is constructed but text, lists and mappings; what refers to
    another part of the document is refused, since that is how a small file becomes a huge one.

    Raises:
        Invalid: It is no such list, or there is too much of it.
    """
    _check_size(len(text))
    try:
        _check_structure(text)
        found = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(
            "The file is no YAML that can be read.", remedy=_where(error) or "Check it."
        ) from error
    if isinstance(found, Mapping):
        found = found.get("repositories")
    if not isinstance(found, list):
        raise Invalid(
            "The file is no list of repositories.",
            remedy="Begin each with a dash, or put the list under “repositories:”.",
        )
    return _checked(_entry(number, item) for number, item in enumerate(found, 1))


def entries_text(entries: Iterable[Entry]) -> str:
    """The entries as CSV that `entries_parse` reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([entry.url, entry.branch, entry.name, entry.team, " ".join(entry.tags)])
    return out.getvalue()


def _lines(text: str) -> Iterator[Entry]:
    columns: tuple[str, ...] | None = None
    for line, raw in enumerate(text.removeprefix("\N{BYTE ORDER MARK}").splitlines(), start=1):
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([stripped]))]
        if columns is None:
            columns = _header(line, cells)
            if columns:
                continue
            columns = _BARE_COLUMNS
        if len(cells) > len(columns):
            raise Invalid(
                f"Line {line} has {len(cells)} columns.",
                remedy=f"Give {', '.join(columns)}, or name the columns in the first line.",
            )
        yield _entry(line, dict(zip(columns, cells, strict=False)))


def _header(line: int, cells: list[str]) -> tuple[str, ...]:
    """The columns that a line names; none if it names no address."""
    names = tuple(cell.lower() for cell in cells)
    if "url" not in names:
        return ()
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or len(set(names)) < len(names):
        raise Invalid(
            f"Line {line} names columns that are unknown or there twice.",
            remedy=f"Name them {', '.join(COLUMNS)}.",
        )
    return names


def _entry(line: int, item: Any) -> Entry:  # noqa: ANN401 - whatever YAML holds
    if isinstance(item, str):
        return Entry(line, item.strip()[:_LONGEST])
    if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
        raise Invalid(
            f"Entry {line} is neither an address nor a mapping.",
            remedy="Give url: and its address.",
        )
    unknown = sorted(set(item) - set(COLUMNS))
    if unknown:
        raise Invalid(
            f"Entry {line} has an unknown key, {unknown[0][:50]}.",
            remedy=f"Known are {', '.join(COLUMNS)}.",
        )
    tags = item.get("tags") or ()
    if isinstance(tags, str):
        tags = tags.replace(";", " ").replace(",", " ").split()
    if not isinstance(tags, list | tuple):
        tags = (tags,)
    plain = {name: _text(item.get(name)) for name in ("url", "branch", "name", "team")}
    return Entry(line, **plain, tags=tuple(_text(tag) for tag in tags if _text(tag)))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()[:_LONGEST]


def _check_structure(text: str) -> None:
    """Refuse what would grow or nest without end, before anything is made of it.

    Raises:
        ValueError: It would.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("Write each entry out: anchors and aliases are not read.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _YAML_DEPTH:
            raise ValueError("It is nested too deeply for a list of repositories.")


def _where(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"See line {error.problem_mark.line + 1}."
    return (
        str(error) if isinstance(error, ValueError) and not isinstance(error, UnicodeError) else ""
    )


def _checked(entries: Iterable[Entry]) -> list[Entry]:
    found = list(entries)
    entries_check(len(found))
    return found


def entries_check(count: int) -> None:
    """Bound a list.

    Raises:
        Invalid: It is longer.
    """
    if count > ENTRIES_LIMIT:
        raise Invalid(
            f"{count} repositories are too many at once.",
            remedy=f"Register up to {ENTRIES_LIMIT} at a time.",
        )


def _check_size(size: int) -> None:
    if size > SIZE_LIMIT:
        raise Invalid(
            "The list is too large.", remedy=f"Give at most {SIZE_LIMIT // 1024} kB at a time."
        )
