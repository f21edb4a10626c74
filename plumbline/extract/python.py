"""Python modules: one parse, one walk."""

from __future__ import annotations

import ast
import re
import unicodedata  # noqa: F401  (the parser loads it for \N escapes, which a confined child could not)
import warnings

from plumbline.extract.errors import NotReadable
from plumbline.extract.newer_syntax import rewritten
from plumbline.extract.suppressions import MARK, python_suppressions
from plumbline.extract.walk import Walk
from plumbline.outline import NoQa, PythonOutline, Suppression, encode_later

_COOKIE = re.compile(rb"^[ \t\f]*#.{0,200}?coding[:=][ \t]*([-\w.]{1,60})", re.MULTILINE)
_NOQA = re.compile(
    rb"#[ \t]*(?:((?i:ruff|flake8))[ \t]*:[ \t]*)?(?i:noqa)(?![\w-])"
    rb"(?:[ \t]*:[ \t]*([A-Z]{1,6}[0-9]{0,4}(?![a-z])(?:[, \t]{1,4}[A-Z]{1,6}[0-9]{0,4}(?![a-z]))*))?"
)
_CODE = re.compile(r"[A-Z]{1,6}[0-9]{0,4}")
# Codecs that decode ASCII to itself; others could show a reader one program and Python another.
_ENCODINGS = frozenset(
    "utf-8 utf8 utf-8-unix utf-8-sig ascii us-ascii latin-1 latin1 iso-8859-1 iso-8859-2 "
    "iso-8859-15 cp1250 cp1251 cp1252 koi8-r euc-jp gbk gb2312 big5".split()
)


def python_outline(content: bytes) -> PythonOutline:
    """The outline of a module; raises ``NotReadable`` on syntax that no supported Python reads."""
    head = content[:400].split(b"\n", 2)
    cookie = _COOKIE.search(b"\n".join(head[:2]))
    encoding = cookie[1].decode().lower().replace("_", "-") if cookie else "utf-8"
    if encoding not in _ENCODINGS:
        raise NotReadable(f"declares the encoding {encoding}, which is not read")
    newer = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(content)
        except SyntaxError as error:
            tree = _newer(content, encoding, error)
            newer = True
        except ValueError as error:
            raise NotReadable(f"not readable as Python: {error}"[:200]) from None
    walk = Walk()
    walk.module(tree)
    return PythonOutline(
        content.count(b"\n") + 1,
        newer,
        walk.imports,
        walk.classes,
        encode_later(walk.functions),
        encode_later(walk.calls),
        encode_later(sorted({call.name.rpartition(".")[2] for call in walk.calls})),
        walk.assignments,
        _suppressions(content, encoding),
        _noqa(content),
        walk.underscores,
    )


def _noqa(content: bytes) -> list[NoQa]:
    """The ``noqa`` comments, told by their shape; one in a string costs nothing but a look."""
    if b"noqa" not in content.lower():
        return []
    found: list[NoQa] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if b"#" in line and (match := _NOQA.search(line[:2_000])) is not None:
            codes = _CODE.findall(match[2].decode()) if match[2] else []
            is_file = match[1] is not None and not line[: match.start()].strip()
            found.append(NoQa(number, codes, is_file))
    return found


def _newer(content: bytes, encoding: str, error: SyntaxError) -> ast.Module:
    """The tree of a module that the interpreter's own grammar refuses, if a newer one would not."""
    try:
        text = content.decode("utf-8-sig" if encoding.startswith("utf") else encoding)
    except (UnicodeDecodeError, LookupError):
        raise NotReadable(f"its bytes are not valid {encoding}") from None
    older = rewritten(text)
    if older is not None:
        try:
            return ast.parse(older)
        except SyntaxError:
            pass
    if error.msg.startswith("too many "):
        raise NotReadable(f"nested too deeply: {error.msg} in line {error.lineno or 1}") from None
    raise NotReadable(
        f"not valid Python 3: {error.msg} in line {error.lineno or 1}"[:200]
    ) from None


def _suppressions(content: bytes, encoding: str) -> list[Suppression]:
    if MARK.encode() not in content:
        return []
    return python_suppressions(content.decode(encoding, "replace"))
