"""Files with fixes applied to them, one after the other: each fix whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plumbline.edits import (
    AddComment,
    AddDecorator,
    AddImport,
    AddItem,
    AddParameter,
    AddStatement,
    AppendToArray,
    Assign,
    AwaitCall,
    AwaitProperty,
    CollectAsynchronously,
    CompareWithNone,
    DeferCall,
    Edit,
    Fix,
    GroupImports,
    IterateAsynchronously,
    MoveItem,
    MoveMember,
    NestKeyword,
    NotAsExpected,
    RemoveFromArray,
    RemoveImport,
    RemoveItem,
    RemoveKeyword,
    RemoveStatement,
    RenameCall,
    RenameParameter,
    ReplaceStatement,
    ReplaceString,
    ReplaceTag,
    ReplaceText,
    RequireKeywords,
    SetArgument,
    SetEntry,
    SetKey,
    SetKeyword,
    SetOption,
    SetValue,
    WrapCall,
)
from plumbline.edits.calls import (
    await_call,
    await_property,
    collect_asynchronously,
    defer_call,
    iterate_asynchronously,
    nest_keyword,
    remove_keyword,
    rename_call,
    set_argument,
    set_keyword,
    wrap_call,
)
from plumbline.edits.conditions import compare_with_none
from plumbline.edits.configuration import edited_ini, edited_toml
from plumbline.edits.displays import add_item, move_item, remove_item, replace_string, set_entry
from plumbline.edits.functions import (
    add_decorator,
    add_parameter,
    add_statement,
    rename_parameter,
    require_keywords,
)
from plumbline.edits.imports import group_imports, remove_import
from plumbline.edits.members import move_member
from plumbline.edits.modules import (
    add_import,
    assign,
    remove_statement,
    replace_statement,
    set_value,
)
from plumbline.edits.splices import Splice, clash, spliced
from plumbline.edits.syntax import PythonFile
from plumbline.edits.text import add_comment, replace_tag, replace_text


class Clash(NotAsExpected):
    """A fix touches what another fix has changed; it may fit once that one is in place."""


_PYTHON: dict[type, Callable[[PythonFile, Any], list[Splice]]] = {
    SetKeyword: set_keyword,
    RemoveKeyword: remove_keyword,
    NestKeyword: nest_keyword,
    SetArgument: set_argument,
    DeferCall: defer_call,
    AwaitCall: await_call,
    AwaitProperty: await_property,
    WrapCall: wrap_call,
    RenameCall: rename_call,
    CompareWithNone: compare_with_none,
    IterateAsynchronously: iterate_asynchronously,
    CollectAsynchronously: collect_asynchronously,
    RenameParameter: rename_parameter,
    RequireKeywords: require_keywords,
    AddParameter: add_parameter,
    AddDecorator: add_decorator,
    AddStatement: add_statement,
    MoveMember: move_member,
    AddImport: add_import,
    GroupImports: group_imports,
    RemoveImport: remove_import,
    Assign: assign,
    SetValue: set_value,
    ReplaceStatement: replace_statement,
    AddItem: add_item,
    MoveItem: move_item,
    RemoveItem: remove_item,
    SetEntry: set_entry,
    RemoveStatement: remove_statement,
    ReplaceString: replace_string,
    AddComment: add_comment,
}
_KEYED: dict[type, Callable[[bytes, Any], bytes]] = {
    SetKey: edited_toml,
    AppendToArray: edited_toml,
    RemoveFromArray: edited_toml,
    SetOption: edited_ini,
}
_TEXT: dict[type, Callable[[bytes, Any], list[Splice]]] = {
    ReplaceText: replace_text,
    ReplaceTag: replace_tag,
}
_WORDED = (
    AddDecorator,
    AddItem,
    AddStatement,
    Assign,
    NestKeyword,
    ReplaceStatement,
    ReplaceString,
    SetArgument,
    SetEntry,
    SetKeyword,
    SetValue,
)
"""Edits whose new code comes from a rule, which knows nothing of a file's quotes."""
_GATHERING = (AddImport, AddStatement, Assign)
"""Edits that only add a line: several may add theirs at the same place."""


class Draft:
    """The files of a repository, as far as they are known here, with what fixes make of them."""

    def __init__(
        self, contents: Mapping[str, bytes], parsed: dict[str, PythonFile] | None = None
    ) -> None:
        """Start from the files as they are; drafts of the same files may share what they ``parsed``."""
        self._contents = contents
        self._parsed = parsed if parsed is not None else {}
        self._splices: dict[str, list[Splice]] = {}
        self._keyed: dict[str, bytes] = {}

    def add(self, fix: Fix) -> None:
        """Apply a fix. Positions are those of the original files; raises ``NotAsExpected`` and changes nothing."""
        splices: dict[str, list[Splice]] = {}
        keyed: dict[str, bytes] = {}
        for edit in fix.edits:
            content = self._contents.get(edit.path)
            if content is None:
                raise NotAsExpected(f"{edit.path} is not there")
            if (change := _KEYED.get(type(edit))) is not None:
                before = keyed.get(edit.path, self._keyed.get(edit.path, content))
                keyed[edit.path] = change(before, edit)
            else:
                self._place(edit, content, splices.setdefault(edit.path, []))
        for path, wanted in splices.items():
            self._splices.setdefault(path, []).extend(wanted)
        self._keyed.update(keyed)

    def _place(self, edit: Edit, content: bytes, own: list[Splice]) -> None:
        if (plan := _PYTHON.get(type(edit))) is not None:
            file = self._python(edit.path, content)
            wanted = plan(file, edit)
            if isinstance(edit, _WORDED):
                wanted = [item._replace(text=file.in_own_quotes(item.text)) for item in wanted]
        else:
            wanted = _TEXT[type(edit)](content, edit)
        taken = [*self._splices.get(edit.path, ()), *own]
        if isinstance(edit, _GATHERING):
            taken = [splice for splice in taken if splice.start < splice.end]
        if clash(taken, wanted):
            raise Clash("another fix changes the same place")
        own += wanted

    def _python(self, path: str, content: bytes) -> PythonFile:
        if path not in self._parsed:
            self._parsed[path] = PythonFile(content)
        return self._parsed[path]

    def changed(self) -> dict[str, bytes]:
        """The files that differ now, whole."""
        found = dict(self._keyed)
        for path, splices in self._splices.items():
            file = self._parsed.get(path)
            if file is not None:
                found[path] = file.encoded(spliced(file.code, splices))
            else:
                found[path] = spliced(self._contents[path], splices)
        return {path: content for path, content in found.items() if content != self._contents[path]}
