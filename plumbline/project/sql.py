"""What the SQL of a ``RunSQL`` does to tables, as far as its statements have the usual shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from plumbline import outline as o
from plumbline.project.migrations import Operation

_CUT = "…"
"""What an outline ends a text with that it does not keep whole."""
_KEPT = 1_000
_NAME = r'((?:"?\w+"?\.)?"?[\w$]+"?)'
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"'(?:[^']|'')*'", re.DOTALL)
_ALTER = re.compile(
    rf"^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_NAME}\s+(.*)$", re.I | re.S
)
_DROP_TABLE = re.compile(rf"^DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?{_NAME}", re.I)
_CREATE_TABLE = re.compile(
    rf"^CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}", re.I
)
_CREATE_INDEX = re.compile(
    r"^CREATE\s+(?:UNIQUE\s+)?INDEX\s+(CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"
    rf'(?:"?[\w$]+"?\s+)?ON\s+(?:ONLY\s+)?{_NAME}',
    re.I,
)
_ACTIONS = (
    ("drop-column", re.compile(rf"^DROP\s+(?:COLUMN\s+)(?:IF\s+EXISTS\s+)?{_NAME}", re.I)),
    ("rename-column", re.compile(rf"^RENAME\s+(?:COLUMN\s+)?(?!COLUMN\b){_NAME}\s+TO\b", re.I)),
    ("rename-table", re.compile(r"^RENAME\s+TO\s+(\S+)", re.I)),
    ("change-type", re.compile(rf"^ALTER\s+(?:COLUMN\s+)?(?!COLUMN\b){_NAME}\s+(?:SET\s+DATA\s+)?TYPE\b", re.I)),
    ("add-constraint", re.compile(r"^ADD\s+CONSTRAINT\s+(\S+)\s+(?:CHECK|UNIQUE|FOREIGN|PRIMARY|EXCLUDE)\b", re.I)),
    ("add-column", re.compile(rf"^ADD\s+(?:COLUMN\s+)(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\b.*\bNOT\s+NULL\b", re.I | re.S)),
)  # fmt: skip
_EASED = {
    "add-constraint": re.compile(r"\bNOT\s+VALID\b|\bUSING\s+INDEX\b", re.I),
    "add-column": re.compile(r"\bDEFAULT\b|\bGENERATED\b", re.I),
}
_TELLING = re.compile(r"\b(ALTER\s+TABLE|DROP\s+TABLE|CREATE\s+(UNIQUE\s+)?INDEX)\b", re.I)


class Statement(msgspec.Struct, frozen=True):
    """A part of a statement that changes a table: the ``action``, the table, and the column or name it speaks of.

    ``is_eased`` says whether it is written so that it does no harm to a table in use: ``CONCURRENTLY``, ``NOT VALID``,
    with a default.
    """

    action: str
    table: str
    name: str
    is_eased: bool


def texts_of(operation: Operation) -> list[str] | None:
    """The SQL that a ``RunSQL`` runs, part by part; None where it is computed or too long to be kept."""
    value = operation.settled(operation.argument(0, "sql"))
    items = value.items if isinstance(value, o.Many) and value.kind != "tuple" else [value]
    if isinstance(value, o.Many) and value.kind == "tuple":
        items = value.items
    found: list[str] = []
    for item in items:
        text = operation.settled(item)
        if isinstance(text, o.Many) and text.items:
            text = operation.settled(text.items[0])  # with parameters
        if isinstance(text, o.Ref) and text.name.endswith("RunSQL.noop"):
            text = ""
        if not isinstance(text, str) or (len(text) > _KEPT and text.endswith(_CUT)):
            return None
        found.append(text)
    return found


def changes_schema(texts: list[str]) -> bool:
    """Whether SQL speaks of tables, columns or indexes at all: a quick look."""
    return any(_TELLING.search(text) for text in texts)


def statements_of(texts: list[str]) -> Iterator[Statement] | None:
    """The changes to tables in order; None if parts stand in a body (``DO $$ … $$``) that cannot be told apart."""
    whole = ";".join(_COMMENT.sub(" ", text) for text in texts)
    if "$$" in whole:
        return None
    return _statements(_QUOTED.sub("''", whole).split(";"))


def _statements(parts: list[str]) -> Iterator[Statement]:
    made: set[str] = set()
    for part in parts:
        text = part.strip()
        if match := _CREATE_TABLE.match(text):
            made.add(_plain(match[1]))
        elif match := _DROP_TABLE.match(text):
            yield Statement("drop-table", _plain(match[1]), "", is_eased=False)
        elif match := _CREATE_INDEX.match(text):
            if _plain(match[2]) not in made:
                yield Statement("add-index", _plain(match[2]), "", is_eased=bool(match[1]))
        elif (match := _ALTER.match(text)) and _plain(match[1]) not in made:
            yield from _actions(_plain(match[1]), match[2])


def _actions(table: str, rest: str) -> Iterator[Statement]:
    for action in _apart(rest):
        for name, pattern in _ACTIONS:
            if match := pattern.match(action):
                eased = _EASED.get(name)
                yield Statement(
                    name, table, _plain(match[1]), is_eased=bool(eased and eased.search(action))
                )
                break


def _apart(text: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket."""
    depth, start = 0, 0
    for place, sign in enumerate(text):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _plain(name: str) -> str:
    """A name without quotes and schema."""
    return name.replace('"', "").rpartition(".")[2]
