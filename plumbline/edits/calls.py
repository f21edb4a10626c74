"""Edits of calls and loops: keyword arguments, ``await``, asynchronous iteration."""

from __future__ import annotations

import libcst as cst

from plumbline.edits import (
    AwaitCall,
    AwaitProperty,
    CollectAsynchronously,
    DeferCall,
    IterateAsynchronously,
    NestKeyword,
    NotAsExpected,
    RemoveKeyword,
    RenameCall,
    SetArgument,
    SetKeyword,
    WrapCall,
)
from plumbline.edits.sequences import appended
from plumbline.edits.splices import Splice
from plumbline.edits.syntax import PythonFile, chain_of


def set_keyword(file: PythonFile, edit: SetKeyword) -> list[Splice]:
    """Replace the keyword's value, or add the keyword behind the last argument in the call's own layout."""
    call = file.call(edit.line, edit.column, edit.call)
    argument = f"{edit.name}={edit.value}".encode()
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == edit.name:
            return [Splice(*file.outer_span(arg.value), edit.value.encode())]
        if arg.star == "**":
            raise NotAsExpected(f"`{edit.call}` may get `{edit.name}` by unpacking")
    close = file.span(call)[1] - 1
    if not call.args:
        open_ = file.code.rindex(b"(", 0, close)
        if b"#" in file.code[open_:close]:
            raise NotAsExpected("comments stand where the argument would")
        return [Splice(open_ + 1, open_ + 1, argument)]
    last = call.args[-1]
    if isinstance(last.value, cst.GeneratorExp) and not last.value.lpar:
        raise NotAsExpected("its one argument is a generator without parentheses of its own")
    return appended(file, last, close, argument)


def set_argument(file: PythonFile, edit: SetArgument) -> list[Splice]:
    """Replace the value of a positional argument."""
    args = file.call(edit.line, edit.column, edit.call).args[: edit.position + 1]
    if len(args) <= edit.position or any(arg.keyword or arg.star for arg in args):
        raise NotAsExpected(f"`{edit.call}` has no argument at position {edit.position}")
    return [Splice(*file.outer_span(args[-1].value), edit.value.encode())]


def remove_keyword(file: PythonFile, edit: RemoveKeyword) -> list[Splice]:
    """Take a keyword argument out, with the comma and the space that it needed."""
    call = file.call(edit.line, edit.column, edit.call)
    names = [arg.keyword.value if arg.keyword else "" for arg in call.args]
    if edit.name not in names:
        raise NotAsExpected(f"`{edit.call}` has no argument `{edit.name}`")
    index = names.index(edit.name)
    arg = call.args[index]
    start, end = file.span(arg)
    if index + 1 < len(call.args):
        end = file.span(call.args[index + 1])[0]
    elif index:
        # A trailing comma stays behind, for the argument before.
        start = file.span(call.args[index - 1])[1]
    elif isinstance(arg.comma, cst.Comma):
        end = file.span(arg.comma)[1]
    if b"#" in file.code[start:end]:
        raise NotAsExpected(f"a comment stands beside `{edit.name}`")
    return [Splice(start, end, b"")]


def nest_keyword(file: PythonFile, edit: NestKeyword) -> list[Splice]:
    """Rename a keyword argument and put its value in a dict, in the quotes that the value has."""
    call = file.call(edit.line, edit.column, edit.call)
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == edit.name:
            quote = arg.value.quote[0] if isinstance(arg.value, cst.SimpleString) else '"'
            start, end = file.outer_span(arg.value)
            before = f"{{{quote}{edit.key}{quote}: ".encode()
            return [
                Splice(*file.span(arg.keyword), edit.into.encode()),
                Splice(start, start, before),
                Splice(end, end, b"}"),
            ]
    raise NotAsExpected(f"`{edit.call}` has no argument `{edit.name}`")


def defer_call(file: PythonFile, edit: DeferCall) -> list[Splice]:
    """Make a call the body of a lambda that another is given; refused where the expression goes on behind it."""
    call = file.call(edit.line, edit.column, edit.call)
    start, end = file.outer_span(call)
    if file.code[end : end + 1] in (b".", b"[", b"("):
        raise NotAsExpected(f"something is done with the result of `{edit.call}`")
    before = f"{edit.function}(lambda: ".encode()
    return [Splice(start, start, before), Splice(end, end, b")")]


def await_call(file: PythonFile, edit: AwaitCall) -> list[Splice]:
    """Put ``await`` before a call and give its method the asynchronous name; parenthesise where something follows."""
    call = file.call(edit.line, edit.column, edit.call)
    start, end = file.span(call)
    _refuse_outside_coroutine(file, start, end)
    renamed = Splice(*file.span(_last_name(call, edit.call)), edit.method.encode())
    followed = any(
        isinstance(node, cst.Attribute | cst.Subscript | cst.Call)
        and (node.func if isinstance(node, cst.Call) else node.value) is call
        for node in file.at(edit.line, edit.column)
    )
    if followed and not call.lpar:
        return [Splice(start, start, b"(await "), renamed, Splice(end, end, b")")]
    return [Splice(start, start, b"await "), renamed]


def await_property(file: PythonFile, edit: AwaitProperty) -> list[Splice]:
    """Await a method's result where an attribute is read; in parentheses where something follows."""
    parents = file.at(edit.line, edit.column)
    found = [
        node for node in parents if isinstance(node, cst.Attribute) and chain_of(node) == edit.chain
    ]
    if len(found) != 1:
        raise NotAsExpected(f"`{edit.chain}` is not read there")
    node = found[0]
    start, end = file.span(node)
    _refuse_outside_coroutine(file, start, end)
    first, last = file.outer_span(node.value)
    value = file.code[first:last] + b"." + edit.method.encode() + b"()"
    followed = any(
        (isinstance(other, cst.Attribute | cst.Subscript) and other.value is node)
        or (isinstance(other, cst.Call) and other.func is node)
        for other in parents
    )
    return [Splice(start, end, b"(await " + value + b")" if followed else b"await " + value)]


def wrap_call(file: PythonFile, edit: WrapCall) -> list[Splice]:
    """Put a call between the parentheses of another."""
    start, end = file.span(file.call(edit.line, edit.column, edit.call))
    opening = edit.function.encode() + b"("
    return [Splice(start, start, opening), Splice(end, end, b")")]


def rename_call(file: PythonFile, edit: RenameCall) -> list[Splice]:
    """Replace the last part of the name that is called."""
    call = file.call(edit.line, edit.column, edit.call)
    return [Splice(*file.span(_last_name(call, edit.call)), edit.name.encode())]


def _last_name(call: cst.Call, name: str) -> cst.Name:
    if isinstance(call.func, cst.Attribute):
        return call.func.attr
    if isinstance(call.func, cst.Name):
        return call.func
    raise NotAsExpected(f"`{name}` is called by no name")


def iterate_asynchronously(file: PythonFile, edit: IterateAsynchronously) -> list[Splice]:
    """Put ``async`` before a ``for``."""
    loops: list[cst.For | cst.CompFor] = [*file.nodes(cst.For), *file.nodes(cst.CompFor)]
    found = [
        node
        for node in loops
        if file.line_of(file.span(node.iter)[0]) == edit.line
        and chain_of(node.iter) == edit.iterable
    ]
    if len(found) != 1 or found[0].asynchronous is not None:
        raise NotAsExpected(f"line {edit.line} has not one plain loop over `{edit.iterable}`")
    _refuse_outside_coroutine(file, *file.span(found[0]))
    # The span of a comprehension's `for` begins with the space before it.
    start = file.code.rindex(b"for", 0, file.span(found[0].target)[0])
    return [Splice(start, start, b"async ")]


def collect_asynchronously(file: PythonFile, edit: CollectAsynchronously) -> list[Splice]:
    """Turn ``list(x)`` into a comprehension."""
    call = file.call(edit.line, edit.column, "list")
    arg = call.args[0] if len(call.args) == 1 else None
    if arg is None or arg.star or arg.keyword or isinstance(arg.value, cst.GeneratorExp):
        raise NotAsExpected("`list` is not called with one plain argument")
    start, end = file.span(call)
    first, last = file.outer_span(arg.value)
    if b"#" in file.code[start:first] + file.code[last:end]:
        raise NotAsExpected("a comment stands in the call")
    _refuse_outside_coroutine(file, start, end)
    return [Splice(start, first, b"[item async for item in "), Splice(last, end, b"]")]


def _refuse_outside_coroutine(file: PythonFile, start: int, end: int) -> None:
    """Raise where the innermost function is not asynchronous, or a generator or lambda stands between."""
    around = [
        (span[1] - span[0], node)
        for kind in (cst.FunctionDef, cst.Lambda, cst.GeneratorExp)
        for node in file.nodes(kind)
        if (span := file.span(node))[0] <= start and end <= span[1]
    ]
    innermost = min(around, key=lambda item: item[0], default=(0, None))[1]
    if not isinstance(innermost, cst.FunctionDef) or innermost.asynchronous is None:
        raise NotAsExpected("it does not stand directly in an async function")
