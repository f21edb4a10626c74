"""A Python file as LibCST sees it, addressed by the lines and byte columns of ``ast``.

Only for the disposable child: LibCST dies of inputs that ``ast`` survives. What is known to kill it is refused here.
"""

from __future__ import annotations

import ast
import bisect
import codecs
import functools
import importlib
import io
import re
import tokenize
import warnings
from collections.abc import Iterator

import libcst as cst
from libcst.metadata import (
    Assignment,
    ByteSpanPositionProvider,
    CodeSpan,
    MetadataWrapper,
    ScopeProvider,
)

from plumbline.edits import NotAsExpected
from plumbline.extract.newer_syntax import rewritten

# LibCST loads it when it first parses, which a confined child could not.
importlib.import_module("libcst.native")

SIZE_LIMIT = 256 << 10
_DEPTH_LIMIT = 150
_WIDTH_LIMIT = 150
_PATTERN_LIMIT = 8
_LINE_END = re.compile(rb"\r\n|\r|\n")


class PythonFile:
    """A parsed file. ``code`` is its text in UTF-8, without a byte order mark; every offset counts bytes of it."""

    def __init__(self, content: bytes) -> None:
        """Parse ``content``; raises ``NotAsExpected`` where that is unwise or impossible."""
        if len(content) > SIZE_LIMIT:
            raise NotAsExpected(f"larger than {SIZE_LIMIT:,} bytes, which are not patched")
        self._mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        try:
            self._encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            if self._mark:
                self._encoding = "utf-8"
            text = content[len(self._mark) :].decode(self._encoding)
            self.code = text.encode()
        except (SyntaxError, UnicodeError) as error:
            raise NotAsExpected("not readable in the encoding that it declares") from error
        _refuse_what_kills(text)
        try:
            self.module = cst.parse_module(text)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise NotAsExpected("LibCST cannot parse it") from error
        self._metadata = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._spans = self._metadata.resolve(ByteSpanPositionProvider)
        self.line_starts = [0, *(match.end() for match in _LINE_END.finditer(self.code))]
        self._by_start: dict[int, list[cst.CSTNode]] = {}
        for node, span in self._spans.items():
            if isinstance(node, _FOUND_BY_PLACE):
                self._by_start.setdefault(span.start, []).append(node)

    def encoded(self, code: bytes) -> bytes:
        """New code as the file's own bytes."""
        return self._mark + code.decode().encode(self._encoding)

    @property
    def newline(self) -> bytes:
        """The line end that the file uses."""
        return self.module.default_newline.encode()

    @functools.cached_property
    def _prefers_single_quotes(self) -> bool:
        quotes = [node.quote for node in self.nodes(cst.SimpleString)]
        return quotes.count("'") > quotes.count('"')

    def in_own_quotes(self, code: bytes) -> bytes:
        """New code with the quotes that most strings in the file have, where that is sure to mean the same."""
        if not self._prefers_single_quotes or b"'" in code or b"\\" in code or b'""' in code:
            return code
        return code.replace(b'"', b"'")

    @property
    def indent(self) -> bytes:
        """One level of indentation as the file has it."""
        return self.module.default_indent.encode()

    # ---- places ----

    def offset(self, line: int, column: int) -> int:
        """The offset of a line (from 1) and a column in bytes."""
        if not 0 < line <= len(self.line_starts):
            raise NotAsExpected(f"there is no line {line}")
        return self.line_starts[line - 1] + column

    def line_of(self, offset: int) -> int:
        """The line (from 1) that an offset lies on."""
        return bisect.bisect_right(self.line_starts, offset)

    def line_end(self, offset: int) -> int:
        """The offset of the line end at or after an offset; the file's end if there is none."""
        match = _LINE_END.search(self.code, offset)
        return match.start() if match else len(self.code)

    def next_line(self, offset: int) -> int:
        """The offset of the line after the one that an offset lies on."""
        match = _LINE_END.search(self.code, offset)
        return match.end() if match else len(self.code)

    def indentation(self, offset: int) -> bytes:
        """The white space at the beginning of the line that an offset lies on."""
        start = self.line_starts[self.line_of(offset) - 1]
        match = re.compile(rb"[ \t\f]*").match(self.code, start)
        return match[0] if match else b""

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """First offset of a node and the offset behind it, surrounding white space and parentheses excluded."""
        span: CodeSpan = self._spans[node]
        return span.start, span.start + span.length

    def outer_span(self, node: cst.BaseExpression) -> tuple[int, int]:
        """The span of an expression with the parentheses around it."""
        if not node.lpar:
            return self.span(node)
        return self.span(node.lpar[0])[0], self.span(node.rpar[-1])[1]

    # ---- nodes ----

    def at(self, line: int, column: int) -> list[cst.CSTNode]:
        """Calls, functions, loops and comprehensions that begin at a place."""
        return self._by_start.get(self.offset(line, column), [])

    def call(self, line: int, column: int, chain: str) -> cst.Call:
        """The call at a place whose chain is as given."""
        found = [
            node
            for node in self.at(line, column)
            if isinstance(node, cst.Call) and chain_of(node.func) == chain
        ]
        if len(found) != 1:
            raise NotAsExpected(f"line {line} has no call of {chain} at column {column}")
        return found[0]

    def function(self, line: int, column: int) -> cst.FunctionDef:
        """The function that is defined at a place."""
        for node in self.at(line, column):
            if isinstance(node, cst.FunctionDef):
                return node
        raise NotAsExpected(f"line {line} defines no function")

    def uses_of(self, parameter: cst.Name) -> set[cst.Name]:
        """Every name in the body of a parameter's function that stands for the parameter."""
        scope = self._metadata.resolve(ScopeProvider)[parameter]
        found: set[cst.CSTNode] = set()
        for assignment in scope[parameter.value] if scope is not None else ():
            if isinstance(assignment, Assignment):
                found.add(assignment.node)
            found.update(access.node for access in assignment.references)
        return {node for node in found if isinstance(node, cst.Name)} - {parameter}

    def nodes[N: cst.CSTNode](self, kind: type[N]) -> Iterator[N]:
        """All nodes of a kind, those inside first."""
        return (node for node in self._spans if isinstance(node, kind))


_FOUND_BY_PLACE = (cst.Call, cst.FunctionDef, cst.For, cst.Attribute, cst.Subscript, cst.CompFor)


def chain_of(node: cst.BaseExpression) -> str:
    """The chain of an expression as outlines show it: ``Order.objects.filter().first``."""
    parts: list[str] = []
    while True:
        if isinstance(node, cst.Attribute):
            parts += (node.attr.value, ".")
            node = node.value
        elif isinstance(node, cst.Call):
            parts.append("()")
            node = node.func
        elif isinstance(node, cst.Subscript):
            parts.append("[]")
            node = node.value
        else:
            parts.append(node.value if isinstance(node, cst.Name) else "?")
            return "".join(reversed(parts))


def _refuse_what_kills(text: str) -> None:
    """Raise where nesting, long chains or nested patterns would cost LibCST minutes, gigabytes or its life."""
    tree = _tree(text)
    pending: list[tuple[ast.AST, int, int]] = [(tree, 0, 0)]
    while pending:
        node, depth, patterns = pending.pop()
        if depth > _DEPTH_LIMIT or patterns > _PATTERN_LIMIT:
            raise NotAsExpected("nested too deeply to be patched")
        operands = (
            node.values
            if isinstance(node, ast.BoolOp)
            else node.comparators
            if isinstance(node, ast.Compare)
            else ()
        )
        if len(operands) > _WIDTH_LIMIT:
            raise NotAsExpected("an expression is too long to be patched")
        if isinstance(node, ast.alias) and node.name.count(".") > _WIDTH_LIMIT:
            raise NotAsExpected("a dotted name is too long to be patched")
        patterns += isinstance(node, ast.pattern)
        pending += ((child, depth + 1, patterns) for child in ast.iter_child_nodes(node))


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError as error:
            older = rewritten(text)
            try:
                return ast.parse(older or "(")
            except SyntaxError:
                raise NotAsExpected("not valid Python 3") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise NotAsExpected("not readable as Python") from error
