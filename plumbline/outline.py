"""What one file says: the typed, compact, rule-independent record that extraction leaves of it.

An outline depends on the file's bytes and the extractor's version alone, never on its path or on any rule, so it
can be cached by blob for ever and shared by all repositories. Structs are arrays in msgpack and invisible to the
garbage collector: a large repository holds several hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Buffer
from operator import itemgetter
from typing import Any, Union

import msgspec

# ---- Values: expressions as far as a rule may care -------------------------------------------------------------


class Ref(msgspec.Struct, tag="r", array_like=True, gc=False, frozen=True):
    """A dotted name as written: ``models.CASCADE``."""

    name: str


class Many(msgspec.Struct, tag="s", array_like=True, gc=False, frozen=True):
    """A list, tuple or set display."""

    kind: str
    items: list[Value]


class Table(msgspec.Struct, tag="d", array_like=True, gc=False, frozen=True):
    """A dict display; an unpacked mapping has the key ``Opaque("**")``."""

    keys: list[Value]
    values: list[Value]


class Invocation(msgspec.Struct, tag="c", array_like=True, gc=False, frozen=True):
    """A call used as a value; below the depth that is kept it has no arguments."""

    name: str
    args: list[Value]
    keywords: list[tuple[str, Value]]
    line: int
    end_line: int


class Joined(msgspec.Struct, tag="+", array_like=True, gc=False, frozen=True):
    """A binary operation: ``INSTALLED_APPS + ["silk"]``, ``30 * 60``."""

    operator: str
    left: Value
    right: Value


class Choice(msgspec.Struct, tag="?", array_like=True, gc=False, frozen=True):
    """A conditional expression, or ``a or b`` with the test ``Opaque("or")``."""

    test: Value
    then: Value
    otherwise: Value


class Text(msgspec.Struct, tag="f", array_like=True, gc=False, frozen=True):
    """An interpolated string, each replacement field shown as ``{}``; ``fields`` has the chain of each, as written."""

    template: str
    fields: list[str] = []


class Opaque(msgspec.Struct, tag="o", array_like=True, gc=False, frozen=True):
    """An expression of which only the kind is kept."""

    what: str


Value = Union[  # noqa: UP007  (the members refer to Value itself)
    None, bool, int, float, str, Ref, Many, Table, Invocation, Joined, Choice, Text, Opaque
]
"""A literal, or one of the structs above."""


# ---- Python ----------------------------------------------------------------------------------------------------

AWAITED = 1
IN_LOOP = 2
IN_WITH = 4
IN_TRY = 8
IN_ATOMIC = 16
ITERATED = 32
ASYNC_ITERATED = 64
RETURNED = 128
IN_LAMBDA = 256
DISCARDED = 512
CHAINED = 1024
CONTEXT = 2048
CONDITIONAL = 4096
IN_EXCEPT = 8192
IN_FINALLY = 16384
STORED = 32768
"""Bits of ``Call.flags``: how and where a call stands; of ``Read.flags``, ``STORED`` where a chain is assigned to."""


class Import(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One bound name of an import statement.

    ``module`` keeps its leading dots; ``name`` is empty for ``import x`` and ``*`` for a star import; ``alias`` is
    the name bound here. ``scope`` is an index into ``functions`` or -1.
    """

    module: str
    name: str
    alias: str
    line: int
    scope: int
    typing_only: bool
    guarded: bool


class Parameter(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A parameter; ``kind`` is one of ``/``, ``a`` (ordinary), ``*``, ``k`` (keyword-only), ``**``."""

    name: str
    kind: str
    annotation: str
    has_default: bool


FALLS_THROUGH = 1
RETURNS_NOTHING = 2
RETURNS_VALUE = 4
RAISES = 8
"""Bits of ``Function.exits``: how a function ends. The end of its body may be reached, ``return`` without and with a
value, ``raise`` (outside nested functions)."""

HAS_DOCSTRING = 1
DOCUMENTS_ARGUMENTS = 2
DOCUMENTS_RETURN = 4
DOCUMENTS_ERRORS = 8
"""Bits of ``Function.documented``; the sections in the style of Google, NumPy or Sphinx."""


class Read(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A chain that is read, as written: ``request.user.email``, ``self.scope["user"].email``.

    Only chains through the few attributes that ``plumbline.extract.reads`` names are kept. ``line`` and ``column`` are
    where the chain begins.
    """

    name: str
    line: int
    column: int
    flags: int


class Wording(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """An interpolated string that a function binds to a name or an attribute: ``self.group = f"chat_{room}"``."""

    name: str
    text: Text
    line: int


class Handler(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """An ``except`` clause: the types as written, none for a bare one.

    ``try_line`` is the line of its ``try``. ``unbound`` are names that it reads and that nothing but the body of the
    ``try`` has bound by then. ``raises`` says whether a ``raise`` stands in it.
    """

    types: list[str]
    line: int
    end_line: int
    try_line: int
    unbound: list[str]
    raises: bool


class Function(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A function or method, nested ones too.

    ``owner`` and ``parent`` index ``classes`` and ``functions``, or are -1. ``exits`` and ``documented`` are the
    bits above. ``tested`` are plain names (with line) whose truth decides an ``if`` or ``while``; ``texts`` the
    interpolated strings that are bound.
    """

    name: str
    line: int
    end_line: int
    column: int
    owner: int
    parent: int
    is_async: bool
    decorators: list[Value]
    parameters: list[Parameter]
    returns: str
    documented: int
    statements: int
    branches: int
    yields: bool
    exits: int
    iterated: list[tuple[str, int, bool]] = []
    reads: list[Read] = []
    handlers: list[Handler] = []
    tested: list[tuple[str, int]] = []
    texts: list[Wording] = []


class Member(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One statement of a class body.

    ``kind`` is ``assign``, ``annotation``, ``function``, ``class``, ``docstring`` or ``other``; ``index`` points
    into ``functions`` or ``classes`` where that is what it is.
    """

    kind: str
    name: str
    line: int
    end_line: int
    column: int
    value: Value
    index: int


class Class(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A class with its bases, decorators and body in order."""

    name: str
    line: int
    end_line: int
    column: int
    owner: int
    parent: int
    bases: list[Value]
    keywords: list[tuple[str, Value]]
    decorators: list[Value]
    encoded_members: memoryview

    @property
    def members(self) -> list[Member]:
        """The statements of the body in order, decoded anew: most classes are only asked what they inherit."""
        return _members_decoder.decode(self.encoded_members)


class Call(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One call. ``name`` shows the chain as written, ``Order.objects.filter().first``; an unnamed root is ``?``.

    ``bound`` is the name, or attribute such as ``self.session``, that receives the result, ``scope`` an index into
    ``functions`` or -1, ``flags`` the bits above.
    """

    name: str
    line: int
    column: int
    end_line: int
    scope: int
    flags: int
    bound: str
    args: list[Value]
    keywords: list[tuple[str, Value]]


class Assignment(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A module-level statement that changes a name.

    ``operator`` is ``=``, ``+=``, ``|=``, ``[]=``, ``?=`` (any other) or the method called: ``append``, ``insert``,
    ``extend``, ``update``, ``remove``. ``guard`` is empty when the statement always runs, else the condition as written
    (``DEBUG``, ``not DEBUG``) or ``?``.
    """

    target: str
    operator: str
    value: Value
    line: int
    end_line: int
    guard: str


class Suppression(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A comment, on line ``place``, that asks for findings of ``codes`` on ``line`` to be left out.

    ``reason`` is what it says of why, ``until`` the day after which it ends, as written; both may be empty.
    """

    line: int
    codes: list[str]
    reason: str
    until: str = ""
    place: int = 0


class NoQa(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A ``noqa`` comment: its codes, none for a blanket one; ``is_file`` if it speaks of the whole file."""

    line: int
    codes: list[str]
    is_file: bool


class PythonOutline(msgspec.Struct, tag="python", array_like=True, gc=False, frozen=True):
    """A Python module.

    ``top_functions`` are the names of the functions at its top level. ``underscores`` are the lines, with scope, of
    statements that bind the name ``_``. ``generated`` is the day, as 2026-03-04, that a migration says Django wrote
    it on; empty elsewhere. ``first_call`` is the line of the first call outside functions, 0 if there is none. What is
    encoded is stored as bytes, so that a decoder can leap over it.
    """

    lines: int
    newer_syntax: bool
    imports: list[Import]
    classes: list[Class]
    top_functions: list[str]
    encoded_functions: memoryview
    encoded_calls: memoryview
    encoded_called: memoryview
    encoded_places: memoryview
    assignments: list[Assignment]
    suppressions: list[Suppression]
    noqa: list[NoQa] = []
    underscores: list[tuple[int, int]] = []
    generated: str = ""
    first_call: int = 0

    @property
    def functions(self) -> list[Function]:
        """Every function of the module, decoded anew: most modules hold tests, whose functions few rules ask for."""
        return _functions_decoder.decode(self.encoded_functions)

    @property
    def calls(self) -> list[Call]:
        """Every call of the module in order, decoded anew: most modules' calls are never asked for."""
        found = [
            (place, call)
            for places, encoded in zip(self.places, self.calls_by_name, strict=True)
            for place, call in zip(places, decode_calls(encoded), strict=True)
        ]
        found.sort(key=itemgetter(0))
        return [call for _, call in found]

    @property
    def called(self) -> list[str]:
        """The last names of all calls, each once: by these, modules are found without a look at their calls."""
        return _called_decoder.decode(self.encoded_called)

    @property
    def places(self) -> list[list[int]]:
        """For each name in ``called``, the indexes of the calls with that last name."""
        return _places_decoder.decode(self.encoded_places)

    @property
    def calls_by_name(self) -> list[msgspec.Raw]:
        """For each name in ``called``, the calls with that last name in order, still encoded, for ``decode_calls``."""
        return _groups_decoder.decode(self.encoded_calls)

    def may_take(self, name: str) -> bool:
        """Whether a parameter of some function may have this name: a look at the encoded, quicker than to decode."""
        return _encoder.encode((name, "", "", False))[:-3] in bytes(self.encoded_functions)


# ---- Other files -----------------------------------------------------------------------------------------------


class TomlOutline(msgspec.Struct, tag="toml", array_like=True, gc=False, frozen=True):
    """A TOML document as plain values; dates are strings."""

    tables: dict[str, Any]
    suppressions: list[Suppression]


class IniOutline(msgspec.Struct, tag="ini", array_like=True, gc=False, frozen=True):
    """An INI file: section to option to raw value."""

    sections: dict[str, dict[str, str]]


class YamlOutline(msgspec.Struct, tag="yaml", array_like=True, gc=False, frozen=True):
    """The documents of a YAML file as plain values."""

    documents: list[Any]
    suppressions: list[Suppression]


class Requirement(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A line of a requirements file: normalised name, extras, specifier text."""

    name: str
    extras: list[str]
    specifier: str
    line: int


class RequirementsOutline(
    msgspec.Struct, tag="requirements", array_like=True, gc=False, frozen=True
):
    """A requirements file and the files that it includes by ``-r`` or ``-c``."""

    requirements: list[Requirement]
    includes: list[str]


class LockOutline(msgspec.Struct, tag="lock", array_like=True, gc=False, frozen=True):
    """The packages of a lock file: normalised name to version."""

    packages: dict[str, str]


class Tag(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A ``{% … %}`` tag of a Django template: its first word and the rest."""

    name: str
    rest: str
    line: int


class Element(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A ``script`` or ``style`` element of a template: its attributes as written, and whether it has content."""

    name: str
    attributes: str
    line: int
    has_content: bool


class TemplateOutline(msgspec.Struct, tag="template", array_like=True, gc=False, frozen=True):
    """A Django template: its tags in order, outside comments and verbatim blocks, and its inline elements."""

    lines: int
    tags: list[Tag]
    suppressions: list[Suppression]
    elements: list[Element] = []


class TextOutline(msgspec.Struct, tag="text", array_like=True, gc=False, frozen=True):
    """A command file (Makefile, Dockerfile, shell script): number and text of each line that says something."""

    lines: list[tuple[int, str]]


class Unreadable(msgspec.Struct, tag="unreadable", array_like=True, gc=False, frozen=True):
    """A file that could not be read, and why."""

    reason: str


Outline = Union[  # noqa: UP007
    PythonOutline,
    TomlOutline,
    IniOutline,
    YamlOutline,
    RequirementsOutline,
    LockOutline,
    TemplateOutline,
    TextOutline,
    Unreadable,
]

_encoder = msgspec.msgpack.Encoder()
_functions_decoder = msgspec.msgpack.Decoder(list[Function])
_members_decoder = msgspec.msgpack.Decoder(list[Member])
_calls_decoder = msgspec.msgpack.Decoder(list[Call])
_called_decoder = msgspec.msgpack.Decoder(list[str])
_places_decoder = msgspec.msgpack.Decoder(list[list[int]])
_groups_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])
_group_decoder = msgspec.msgpack.Decoder(memoryview)
_decoder = msgspec.msgpack.Decoder(Outline)


def encode_later(
    items: list[Function]
    | list[Call]
    | list[memoryview]
    | list[Member]
    | list[str]
    | list[list[int]],
) -> memoryview:
    """What an outline holds in this form, to be decoded when it is asked for."""
    return memoryview(_encoder.encode(items))


def decode_calls(encoded: msgspec.Raw) -> list[Call]:
    """One item of what ``PythonOutline.calls_by_name`` gives."""
    return _calls_decoder.decode(_group_decoder.decode(encoded))


def encode(outline: Outline) -> bytes:
    """The outline as msgpack."""
    return _encoder.encode(outline)


def decode(encoded: Buffer) -> Outline:
    """The outline behind ``encoded``; raises ``msgspec.DecodeError`` if another version wrote it."""
    outline: Outline = _decoder.decode(encoded)
    return outline
