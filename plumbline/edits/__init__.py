"""What a fix does to files, as data: a small vocabulary of edits, each at a place that must be as the rule saw it.

Lines count from 1, columns from 0 in UTF-8 bytes, as outlines have them. To make an edit costs nothing; applying it
needs parsers, so that is left to ``plumbline.patching`` in its own disposable child.
"""

from __future__ import annotations

import msgspec


class NotAsExpected(Exception):
    """The place of an edit is not as it must be for the edit to keep the meaning; the message says what is wrong."""


class _Edit(msgspec.Struct, frozen=True, gc=False, tag=True):
    path: str


# ---- Python ----------------------------------------------------------------------------------------------------


class SetKeyword(_Edit, frozen=True, gc=False):
    """Give the call at a place the keyword argument ``name=value``; ``call`` is its chain as an outline shows it."""

    line: int
    column: int
    call: str
    name: str
    value: str


class RemoveKeyword(_Edit, frozen=True, gc=False):
    """Take a keyword argument from the call at a place."""

    line: int
    column: int
    call: str
    name: str


class NestKeyword(_Edit, frozen=True, gc=False):
    """Make a keyword argument of a call a dict with one key: ``f(name=x)`` becomes ``f(into={"key": x})``."""

    line: int
    column: int
    call: str
    name: str
    into: str
    key: str


class DeferCall(_Edit, frozen=True, gc=False):
    """Hand the call at a place to ``function`` to be made later: ``f(x)`` becomes ``on_commit(lambda: f(x))``."""

    line: int
    column: int
    call: str
    function: str


class SetArgument(_Edit, frozen=True, gc=False):
    """Give the call at a place another value for the argument at ``position``, counted from 0."""

    line: int
    column: int
    call: str
    position: int
    value: str


class RenameParameter(_Edit, frozen=True, gc=False):
    """Rename a parameter of the function at a place, with its uses in the function."""

    line: int
    column: int
    old: str
    new: str


class RequireKeywords(_Edit, frozen=True, gc=False):
    """Let the function at a place take all its arguments by keyword."""

    line: int
    column: int


class AddParameter(_Edit, frozen=True, gc=False):
    """Give the function at a place one more parameter, behind all others: ``**kwargs``."""

    line: int
    column: int
    parameter: str


class AddDecorator(_Edit, frozen=True, gc=False):
    """Put a decorator, written without its ``@``, right above the function at a place."""

    line: int
    column: int
    decorator: str


class MoveMember(_Edit, frozen=True, gc=False):
    """Move the class member that begins at ``line``, with its comments and decorators, above that at ``before``.

    The members that follow it up to the one that begins at ``last`` go with it.
    """

    line: int
    before: int
    last: int = 0


class AddImport(_Edit, frozen=True, gc=False):
    """Import ``name`` from ``module`` at the top of the file, unless it is imported there.

    Without a ``module``, ``name`` is a module itself: ``import pytest``.
    It goes below the import that begins on the line ``after``, or above all for 0, or above the one on the line
    ``before``; ``is_apart`` keeps a blank line between. A rule leaves that to the project, which knows the order of
    imports; where nothing says it, below all.
    """

    module: str
    name: str
    after: int = -1
    before: int = 0
    is_apart: bool = False


class GroupImports(_Edit, frozen=True, gc=False):
    """Sort the import statements at the top of the file into groups: pairs of a statement's line and its group.

    ``renames`` are the line, old and new module of statements that import from elsewhere afterwards.
    """

    groups: tuple[tuple[int, int], ...]
    renames: tuple[tuple[int, str, str], ...] = ()


class RemoveImport(_Edit, frozen=True, gc=False):
    """Take out the ``from module import name`` that begins on a line and imports nothing else."""

    line: int
    module: str
    name: str


class AddStatement(_Edit, frozen=True, gc=False):
    """Add a statement of one line at the end of the body of the function at a place."""

    line: int
    column: int
    statement: str


class Assign(_Edit, frozen=True, gc=False):
    """Bind a module-level name that is not bound yet, below those that share its first word."""

    name: str
    value: str


class SetValue(_Edit, frozen=True, gc=False):
    """Give the assignment that begins on a line another value."""

    line: int
    value: str


class ReplaceStatement(_Edit, frozen=True, gc=False):
    """Put ``statement`` in place of the module's simple statement that begins on a line."""

    line: int
    statement: str


class AddItem(_Edit, frozen=True, gc=False):
    """Add an item to the list, tuple or set that is assigned on a line: at its end, or beside another item.

    ``item`` is source text. ``before`` and ``after`` are the string that the other item is, at most one of them given.
    ``within`` leads through dict keys (and lists of dicts) to the list: ``("OPTIONS", "context_processors")``.
    """

    line: int
    item: str
    before: str = ""
    after: str = ""
    within: tuple[str, ...] = ()


class MoveItem(_Edit, frozen=True, gc=False):
    """Move the item that is the string ``item`` before or after another one, in the list that is assigned on a line."""

    line: int
    item: str
    before: str = ""
    after: str = ""
    within: tuple[str, ...] = ()


class RemoveItem(_Edit, frozen=True, gc=False):
    """Take the item that is the string ``item`` from the list that is assigned on a line."""

    line: int
    item: str
    within: tuple[str, ...] = ()


class SetEntry(_Edit, frozen=True, gc=False):
    """Set a key of the dict that is assigned on a line, or of one that lies ``within`` it."""

    line: int
    key: str
    value: str
    within: tuple[str, ...] = ()


class RemoveStatement(_Edit, frozen=True, gc=False):
    """Take out the assignment that begins on a line, with the comments right above it."""

    line: int


class ReplaceString(_Edit, frozen=True, gc=False):
    """Replace every string that is ``old``, in the value that is assigned on a line, by an expression."""

    line: int
    old: str
    new: str


class AwaitCall(_Edit, frozen=True, gc=False):
    """Await the call at a place, under the name ``method``: ``x.get()`` becomes ``await x.aget()``."""

    line: int
    column: int
    call: str
    method: str


class AwaitProperty(_Edit, frozen=True, gc=False):
    """Await a method in place of the attribute that ends ``chain``: ``x.user.y`` becomes ``(await x.auser()).y``."""

    line: int
    column: int
    chain: str
    method: str


class WrapCall(_Edit, frozen=True, gc=False):
    """Hand the call at a place to ``function``: ``f(x)`` becomes ``function(f(x))``."""

    line: int
    column: int
    call: str
    function: str


class RenameCall(_Edit, frozen=True, gc=False):
    """Call something else at a place, by the last part of its name: ``a.f(x)`` becomes ``a.name(x)``."""

    line: int
    column: int
    call: str
    name: str


class CompareWithNone(_Edit, frozen=True, gc=False):
    """Compare a name with ``None`` where its truth decides the ``if`` or ``while`` on a line: ``if x is not None``."""

    line: int
    name: str


class IterateAsynchronously(_Edit, frozen=True, gc=False):
    """Make the one ``for`` over ``iterable`` (a chain as an outline shows it) on a line an ``async for``."""

    line: int
    iterable: str


class CollectAsynchronously(_Edit, frozen=True, gc=False):
    """Make ``list(x)`` at a place ``[item async for item in x]``."""

    line: int
    column: int


# ---- Configuration ---------------------------------------------------------------------------------------------


class SetKey(_Edit, frozen=True, gc=False):
    """Set a key in a table of a TOML file, making the table if there is none."""

    table: tuple[str, ...]
    key: str
    value: bool | int | float | str | tuple[str, ...]


class AppendToArray(_Edit, frozen=True, gc=False):
    """Add the items that are not there to an array of a TOML file, making it if there is none."""

    table: tuple[str, ...]
    key: str
    items: tuple[str, ...]


class RemoveFromArray(_Edit, frozen=True, gc=False):
    """Take items from an array of a TOML file."""

    table: tuple[str, ...]
    key: str
    items: tuple[str, ...]


class SetOption(_Edit, frozen=True, gc=False):
    """Set an option in a section of an INI file, making the section if there is none."""

    section: str
    option: str
    value: str


# ---- Text ------------------------------------------------------------------------------------------------------


class ReplaceText(_Edit, frozen=True, gc=False):
    """Replace ``old``, which stands on a line exactly once, by ``new``; ``is_apart`` keeps a blank line above it."""

    line: int
    old: str
    new: str
    is_apart: bool = False


class AddComment(_Edit, frozen=True, gc=False):
    """Add a comment at the end of a line of Python, behind the comment that may stand there."""

    line: int
    comment: str


class ReplaceTag(_Edit, frozen=True, gc=False):
    """Replace the template tag of this name and rest on a line, spaces aside, by ``new``.

    A tag that has its line to itself takes it along if ``new`` is empty.
    """

    line: int
    name: str
    rest: str
    new: str


Edit = (
    SetKeyword
    | RemoveKeyword
    | NestKeyword
    | SetArgument
    | DeferCall
    | RenameParameter
    | RequireKeywords
    | AddParameter
    | AddDecorator
    | MoveMember
    | AddImport
    | GroupImports
    | RemoveImport
    | AddStatement
    | Assign
    | SetValue
    | ReplaceStatement
    | AddItem
    | MoveItem
    | RemoveItem
    | SetEntry
    | RemoveStatement
    | ReplaceString
    | AwaitCall
    | AwaitProperty
    | WrapCall
    | RenameCall
    | CompareWithNone
    | IterateAsynchronously
    | CollectAsynchronously
    | SetKey
    | AppendToArray
    | RemoveFromArray
    | SetOption
    | ReplaceText
    | AddComment
    | ReplaceTag
)


class Fix(msgspec.Struct, frozen=True, gc=False):
    """What puts one violation right. A safe fix keeps the meaning; an unsafe one needs a person to look."""

    edits: list[Edit]
    is_safe: bool = True

    @property
    def kind(self) -> str:
        """``safe`` or ``unsafe``, as reports say it."""
        return "safe" if self.is_safe else "unsafe"

    @property
    def paths(self) -> list[str]:
        """The files that it changes."""
        return list(dict.fromkeys(edit.path for edit in self.edits))
