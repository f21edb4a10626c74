"""Edits of the lists, tuples, sets and dicts that assignments give: items and entries."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from plumbline.edits import AddItem, MoveItem, NotAsExpected, RemoveItem, ReplaceString, SetEntry
from plumbline.edits.sequences import appended, comma_of
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile, chain_of

type _Listing = cst.List | cst.Tuple | cst.Set


def add_item(file: PythonFile, edit: AddItem) -> list[Splice]:
    """Add an item in the layout of the list; where it goes first in a group, the comments above stay with the group."""
    listing = _listing(file, edit, edit.before or edit.after)
    item = edit.item.encode()
    if any(_source(file, element) == item for element in listing.elements):
        raise NotAsExpected(f"the list holds {edit.item} already")
    open_, close = _brackets(file, listing)
    if not listing.elements:
        if b"#" in file.code[open_:close]:
            raise NotAsExpected("comments stand where the item would")
        comma = b"," if isinstance(listing, cst.Tuple) else b""
        return [Splice(open_ + 1, close, item + comma)]
    if edit.before:
        return _before(file, listing.elements[_index(listing, edit.before)], item)
    index = _index(listing, edit.after) if edit.after else len(listing.elements) - 1
    if index == len(listing.elements) - 1:
        return appended(file, listing.elements[index], close, item)
    anchor, following = listing.elements[index : index + 2]
    comma_end = _end_with_comma(file, anchor)
    if file.line_of(file.span(following)[0]) == file.line_of(comma_end):
        return _before(file, following, item)
    end = file.line_end(comma_end)
    indentation = file.indentation(file.span(anchor)[0])
    return [Splice(end, end, file.newline + indentation + item + b",")]


def move_item(file: PythonFile, edit: MoveItem) -> list[Splice]:
    """Move an item, with its lines where it has lines to itself; refused where a comment above may belong to it."""
    listing = _listing(file, edit, edit.item)
    source, target = _index(listing, edit.item), _index(listing, edit.before or edit.after)
    wanted = target if edit.before else target + 1
    if wanted in (source, source + 1):
        raise NotAsExpected(f"`{edit.item}` stands there already")
    item, anchor = listing.elements[source], listing.elements[target]
    start, end = file.span(item)
    text = file.code[start:end]
    if not _has_lines_to_itself(file, item):
        return [_without(file, listing, source), *_beside(file, anchor, text, edit)]
    if not _has_lines_to_itself(file, anchor):
        raise NotAsExpected("only one of both items has a line to itself")
    first = file.line_starts[file.line_of(start) - 1]
    if _is_comment(file, file.line_of(start) - 1):
        raise NotAsExpected(f"a comment stands above `{edit.item}`")
    comma_end = _end_with_comma(file, item)
    rest = file.code[comma_end : file.line_end(comma_end)]
    line = file.code[first:end] + b"," + rest + file.newline
    taken = Splice(first, file.next_line(comma_end), b"")
    if edit.before:
        place = _above(file, anchor)
        return [taken, Splice(place, place, line)]
    place = file.next_line(_end_with_comma(file, anchor))
    anchor_end = file.span(anchor)[1]
    comma = [] if comma_of(anchor) else [Splice(anchor_end, anchor_end, b",")]
    return [taken, *comma, Splice(place, place, line)]


def remove_item(file: PythonFile, edit: RemoveItem) -> list[Splice]:
    """Take an item out, with its line where it has one to itself; refused where a comment above may belong to it."""
    listing = _listing(file, edit, edit.item)
    index = _index(listing, edit.item)
    item = listing.elements[index]
    start = file.span(item)[0]
    if len(listing.elements) == 1 or not _has_lines_to_itself(file, item):
        return [_without(file, listing, index)]
    if _is_comment(file, file.line_of(start) - 1):
        raise NotAsExpected(f"a comment stands above `{edit.item}`")
    first = file.line_starts[file.line_of(start) - 1]
    return [Splice(first, file.next_line(_end_with_comma(file, item)), b"")]


def set_entry(file: PythonFile, edit: SetEntry) -> list[Splice]:
    """Replace the value of a key, or add the key behind the last one in the layout of the dict."""
    found = _within(_value(file, edit.line), edit.within)
    if len(found) != 1 or not isinstance(found[0], cst.Dict):
        raise NotAsExpected(f"line {edit.line} assigns no one dict there")
    table = found[0]
    for element in table.elements:
        if isinstance(element, cst.StarredDictElement):
            continue
        if isinstance(element, cst.DictElement) and _text(element.key) == edit.key:
            return [Splice(*file.outer_span(element.value), edit.value.encode())]
    entry = f'"{edit.key}": {edit.value}'.encode()
    open_, close = _brackets(file, table)
    if not table.elements:
        if b"#" in file.code[open_:close]:
            raise NotAsExpected("comments stand where the key would")
        return [Splice(open_ + 1, close, entry)]
    return appended(file, table.elements[-1], close, entry)


def replace_string(file: PythonFile, edit: ReplaceString) -> list[Splice]:
    """Replace a string wherever the assigned value has it."""
    start, end = file.outer_span(_value(file, edit.line))
    found = [
        file.span(node)
        for node in file.nodes(cst.SimpleString)
        if node.evaluated_value == edit.old and start <= file.span(node)[0] < end
    ]
    joined = [file.span(node) for node in file.nodes(cst.ConcatenatedString)]
    if not found or any(a <= place[0] < b for place in found for a, b in joined):
        raise NotAsExpected(f"the value on line {edit.line} does not hold the string by itself")
    return [Splice(*place, edit.new.encode()) for place in found]


# ---- finding displays ----


def _value(file: PythonFile, line: int) -> cst.BaseExpression:
    """The value of the assignment that begins on a line."""
    assignments: list[cst.Assign | cst.AnnAssign | cst.AugAssign] = [
        *file.nodes(cst.Assign),
        *file.nodes(cst.AnnAssign),
        *file.nodes(cst.AugAssign),
    ]
    for node in assignments:
        if file.line_of(file.span(node)[0]) == line and node.value is not None:
            return node.value
    raise NotAsExpected(f"line {line} begins no assignment")


def _within(node: cst.BaseExpression, keys: tuple[str, ...]) -> list[cst.BaseExpression]:
    """The displays that ``keys`` lead to: through sums, through dicts by key, through lists to each of their items."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.BitOr):
        return [*_within(node.left, keys), *_within(node.right, keys)]
    if not keys:
        return [node] if isinstance(node, cst.List | cst.Tuple | cst.Set | cst.Dict) else []
    inner: list[cst.BaseExpression] = []
    if isinstance(node, cst.List | cst.Tuple):
        for element in node.elements:
            inner += _within(element.value, keys) if isinstance(element, cst.Element) else []
    elif isinstance(node, cst.Dict):
        for entry in node.elements:
            if isinstance(entry, cst.DictElement) and _text(entry.key) == keys[0]:
                inner += _within(entry.value, keys[1:])
    return inner


def _listing(file: PythonFile, edit: AddItem | MoveItem | RemoveItem, anchor: str) -> _Listing:
    """The list that holds ``anchor``; without one, the last of a sum, which must be the only one that keys lead to."""
    found = [
        node
        for node in _within(_value(file, edit.line), edit.within)
        if isinstance(node, cst.List | cst.Tuple | cst.Set)
    ]
    if anchor:
        found = [node for node in found if anchor in map(_said, node.elements)]
    if not found or (len(found) > 1 and (anchor or edit.within)):
        raise NotAsExpected(f"line {edit.line} assigns no one list for it")
    if isinstance(found[-1], cst.Tuple) and not found[-1].lpar:
        raise NotAsExpected("the tuple has no parentheses")
    return found[-1]


def _index(listing: _Listing, item: str) -> int:
    places = [index for index, element in enumerate(listing.elements) if _said(element) == item]
    if len(places) != 1:
        raise NotAsExpected(f"the list does not hold `{item}` once")
    return places[0]


def _said(element: cst.BaseElement) -> str | None:
    return _text(element.value) if isinstance(element, cst.Element) else None


def _text(node: cst.BaseExpression | None) -> str | None:
    """The string that an expression is; a name as it is written."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return chain_of(node) if isinstance(node, cst.Name | cst.Attribute) else None


def _source(file: PythonFile, element: cst.BaseElement) -> bytes:
    start, end = file.span(element)
    return file.code[start:end]


# ---- places ----


def _brackets(file: PythonFile, display: _Listing | cst.Dict) -> tuple[int, int]:
    """The offsets of the opening and the closing bracket."""
    start, end = file.span(display)
    if isinstance(display, cst.Tuple):
        # Its own parentheses are the innermost.
        return file.span(display.lpar[-1])[0], file.span(display.rpar[0])[1] - 1
    return start, end - 1


def _end_with_comma(file: PythonFile, element: cst.BaseElement) -> int:
    comma = comma_of(element)
    return file.span(comma)[1] if comma is not None else file.span(element)[1]


def _begins_line(file: PythonFile, offset: int) -> bool:
    start = file.line_starts[file.line_of(offset) - 1]
    return not file.code[start:offset].strip()


def _has_lines_to_itself(file: PythonFile, element: cst.BaseElement) -> bool:
    end = _end_with_comma(file, element)
    rest = file.code[end : file.line_end(end)].strip()
    return _begins_line(file, file.span(element)[0]) and (not rest or rest.startswith(b"#"))


def _is_comment(file: PythonFile, line: int) -> bool:
    start = file.line_starts[line - 1]
    return file.code[start : file.line_end(start)].lstrip().startswith(b"#")


def _above(file: PythonFile, element: cst.BaseElement) -> int:
    """The start of the element's line, or of the comments above it."""
    line = file.line_of(file.span(element)[0])
    while _is_comment(file, line - 1):
        line -= 1
    return file.line_starts[line - 1]


def _before(file: PythonFile, element: cst.BaseElement, item: bytes) -> list[Splice]:
    start = file.span(element)[0]
    if not _begins_line(file, start):
        return [Splice(start, start, item + b", ")]
    place = _above(file, element)
    return [Splice(place, place, file.indentation(start) + item + b"," + file.newline)]


def _beside(file: PythonFile, anchor: cst.BaseElement, text: bytes, edit: MoveItem) -> list[Splice]:
    start, end = file.span(anchor)
    return [Splice(start, start, text + b", ") if edit.before else Splice(end, end, b", " + text)]


def _without(file: PythonFile, listing: _Listing, index: int) -> Splice:
    """Take an element out with the comma and the space that it needed."""
    elements: Sequence[cst.BaseElement] = listing.elements
    start, end = file.span(elements[index])
    if index + 1 < len(elements):
        end = file.span(elements[index + 1])[0]
    elif index:
        start = file.span(elements[index - 1])[1]
    else:
        end = _end_with_comma(file, elements[index])
    if b"#" in file.code[start:end]:
        raise NotAsExpected("a comment stands beside the item")
    return Splice(start, end, b"")
