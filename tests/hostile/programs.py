"""Programs that nobody wrote: grown from a grammar of Django's words, or mutated from our own code."""

import ast
import copy
import functools
import io
import random
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SIZE = 6_000

_NAMES = """models Model objects filter request self cls settings INSTALLED_APPS DATABASES Meta Order shop
ForeignKey CharField TextField ManyToManyField related_name null blank default on_delete CASCADE Manager
QuerySet shared_task delay apply_async on_commit transaction atomic cache path include urlpatterns
APIView Serializer ModelSerializer fields __all__ TestCase Client assertEqual receiver post_save connect
select_related prefetch_related get create update_or_create logger logging print eval exec open json loads
gettext_lazy _ migrations RunPython dependencies operations async_to_sync sync_to_async admin register
ModelAdmin list_display template render redirect login_required csrf_exempt mark_safe format_html
__str__ __init__ __future__ annotations typing Any Annotated celery os environ sys T x y z""".split()
_MODULES = """django.db django.db.models django.conf django.urls django.test django.core.cache celery
rest_framework.views rest_framework.serializers shop.models shop . .. .models typing os logging
django.utils.translation django.contrib.admin django.db.migrations unknown.module""".split()
_LITERALS = r"""0 1 -1 1.5 1e309 1j None True False ... "" "x" 'shop.Order' b"x" f"{x}" f"{x!r:>{y}}"
f'{x:{y}}' r"\d" "\N{BULLET}" "\ud800" "%s" "{}" __debug__ 0x_f 0b1 1_000 '''a
b''' """.split(" ")
_OPERATORS = [
    *"+ - * / // % ** @ << >> & | ^ and or == != < > <= >= in is".split(),
    "not in",
    "is not",
]
_NOISE = [
    *("(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", ":=", "->", "*", "**", "@", "\\\n", "\n"),
    *("    ", "\t", "# noqa", "# plumbline: ignore[MOD01] why", "# type: ignore", "lambda: ", "await "),
    *("async ", "yield ", "match x:\n", "case _:\n", "global x\n", "nonlocal y\n", "del x\n", "pass\n"),
    *("return\n", "import a\n", "from . import *\n", "if x:\n", "else:\n", "try:\n", "except:\n"),
    *("finally:\n", "with x as y:\n", "while 1:\n", "for x in y:\n", "class A:\n", "def f():\n", "\x0c"),
    *("\u200b", "\u00e9", "\u202e", "\x00", "\r", "é", "'''", '"""', "f'{", "}'", "t'{x}'"),
]  # fmt: skip


def program(seed: int) -> bytes:
    """One program, the same for the same seed; three of four are valid Python."""
    chance = random.Random(seed)
    text = chance.choice([_grown, _grown, _grafted, _mutated])(chance)
    return text[:_SIZE].encode("utf-8", "surrogatepass" if chance.random() < 0.05 else "replace")


def _grown(chance: random.Random) -> str:
    """Statements of the grammar, those that are valid."""
    text = ""
    while len(text) < _SIZE // 3:
        statement = _statement(chance, 0, 4)
        if _is_valid(statement) and len(text) + len(statement) < _SIZE:
            text += statement
    return text


def _grafted(chance: random.Random) -> str:
    """A stretch of our own code in which expressions and statements have changed places with others."""
    tree = ast.parse(chance.choice(_texts()))
    start = chance.randrange(len(tree.body))
    tree.body = tree.body[start : start + chance.randint(1, 4)]
    for _ in range(chance.randint(1, 8)):
        nodes = [node for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list)]
        body = chance.choice(nodes).body
        expressions = [
            (node, name)
            for node in ast.walk(tree)
            for name, value in ast.iter_fields(node)
            if isinstance(value, ast.expr)
            and isinstance(getattr(value, "ctx", ast.Load()), ast.Load)
        ]
        match chance.randrange(4):
            case 0 if expressions:
                text = _expression(chance, 3)
                if _is_valid(text):
                    setattr(*chance.choice(expressions), ast.parse(f"({text})", mode="eval").body)
            case 1 if len(expressions) > 1:
                (one, name), (other, place) = chance.sample(expressions, 2)
                setattr(one, name, copy.deepcopy(getattr(other, place)))
            case 2:
                body.insert(chance.randrange(len(body) + 1), copy.deepcopy(chance.choice(body)))
            case _ if len(body) > 1:
                del body[chance.randrange(len(body))]
    try:
        return ast.unparse(tree) + "\n"
    except (ValueError, RecursionError):  # nothing that a program can say
        return "\n"


def _is_valid(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def _mutated(chance: random.Random) -> str:
    tokens = list(chance.choice(_sources()))
    start = chance.randrange(len(tokens))
    tokens = tokens[start : start + chance.randint(20, 400)]
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(tokens) + 1)
        end = min(len(tokens), place + chance.randint(1, 8))
        match chance.randrange(6):
            case 0:
                del tokens[place:end]
            case 1:
                tokens[place:place] = tokens[place:end] * chance.randint(1, 20)
            case 2:
                tokens[place:place] = [chance.choice(_NOISE)]
            case 3:
                tokens[place:end] = [chance.choice(_NAMES)]
            case 4:
                other = chance.choice(_sources())
                where = chance.randrange(len(other))
                tokens[place:end] = other[where : where + chance.randint(1, 40)]
            case _:
                tokens[place:end] = [_expression(chance, 3)]
    return "".join(tokens)


@functools.cache
def _sources() -> list[list[str]]:
    """Our own code as tokens with the blanks between them."""
    return [tokens for text in _texts() if len(tokens := _tokens(text)) > 50]


@functools.cache
def _texts() -> list[str]:
    """Our own modules and tests."""
    paths = [*sorted(ROOT.glob("apps/*/*.py")), *sorted(ROOT.glob("tests/apps/scans/*.py"))]
    return [text for path in paths if len(text := path.read_text()) > 500]


def _tokens(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    found: list[str] = []
    row, column = 1, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        (next_row, next_column), (row_end, column_end) = token.start, token.end
        if next_row > row:
            row, column = next_row, 0
        if next_row <= len(lines):
            found.append(lines[next_row - 1][column:next_column])
        found.append(token.string)
        row, column = row_end, column_end
    return [token for token in found if token]


def _statement(chance: random.Random, level: int, depth: int) -> str:
    pad = "    " * level
    kinds = 12 if depth else 6
    match chance.randrange(kinds):
        case 0:
            return f"{pad}{_target(chance)} = {_expression(chance, 3)}\n"
        case 1:
            return f"{pad}{_target(chance)}: {_expression(chance, 2)} = {_expression(chance, 2)}\n"
        case 2:
            return f"{pad}from {chance.choice(_MODULES)} import {_imported(chance)}\n"
        case 3:
            return f"{pad}import {chance.choice(_MODULES).strip('.') or 'os'} as {_name(chance)}\n"
        case 4:
            return f"{pad}{_expression(chance, 3)}\n"
        case 5:
            word = chance.choice(["return", "raise", "yield", "del", "assert", "await", "global"])
            return f"{pad}{word} {_name(chance)}\n"
        case 6 | 7:
            head = f"class {_name(chance)}({_arguments(chance, 2)}):"
        case 8 | 9:
            word = chance.choice(["def", "async def"])
            head = f"{word} {_name(chance)}({_parameters(chance)}){_returns(chance)}:"
        case 10:
            head = chance.choice(
                [
                    f"if {_expression(chance, 2)}:",
                    f"for {_target(chance)} in {_expression(chance, 2)}:",
                    f"with {_expression(chance, 2)} as {_target(chance)}:",
                    f"while {_expression(chance, 2)}:",
                ]
            )
        case _:
            body = _statement(chance, level + 1, depth - 1)
            caught = chance.choice(["", " Exception", " Exception as e", " (A, B)", " A, B", "* A"])
            return f"{pad}try:\n{body}{pad}except{caught}:\n{pad}    pass\n"
    decorators = "".join(
        f"{pad}@{_expression(chance, 1)}\n" for _ in range(chance.choice([0, 0, 1, 2]))
    )
    body = "".join(_statement(chance, level + 1, depth - 1) for _ in range(chance.randint(1, 4)))
    return f"{decorators}{pad}{head}\n{body}"


def _expression(chance: random.Random, depth: int) -> str:
    if not depth or chance.random() < 0.2:
        literal = chance.choice(_LITERALS)
        return chance.choice([_name(chance), _dotted(chance), f"({literal})" if literal else "0"])
    inner = functools.partial(_expression, chance, depth - 1)
    match chance.randrange(11):
        case 0 | 1 | 2:
            return f"{_dotted(chance)}({_arguments(chance, depth - 1)})"
        case 3:
            return f"{inner()} {chance.choice(_OPERATORS)} {inner()}"
        case 4:
            return f"[{inner()}, {inner()}]"
        case 5:
            return f"{{{inner()}: {inner()}, **{_name(chance)}}}"
        case 6:
            return f"({inner()} if {inner()} else {inner()})"
        case 7:
            return f"[{inner()} for {_target(chance)} in {inner()} if {inner()}]"
        case 8:
            return f"lambda {_name(chance)}: {inner()}"
        case 9:
            return f"{_dotted(chance)}[{inner()}]"
        case _:
            return f"{inner()}.{_name(chance)}({_arguments(chance, depth - 1)})"


def _arguments(chance: random.Random, depth: int) -> str:
    parts = [_expression(chance, depth) for _ in range(chance.randrange(3))]
    parts += [f"{_name(chance)}={_expression(chance, depth)}" for _ in range(chance.randrange(3))]
    if chance.random() < 0.1:
        parts.append(f"**{_name(chance)}")
    return ", ".join(parts)


def _parameters(chance: random.Random) -> str:
    parts = [
        _name(chance) + chance.choice(["", ": int", "=1", ": 'X' = None"])
        for _ in range(chance.randrange(4))
    ]
    return ", ".join(
        chance.choice(["self", "request", "*", "*args", "**kwargs", "/"]).split() + parts
    )


def _returns(chance: random.Random) -> str:
    return chance.choice(["", "", f" -> {_expression(chance, 1)}"])


def _imported(chance: random.Random) -> str:
    return chance.choice(["*", _name(chance), f"{_name(chance)} as {_name(chance)}"])


def _target(chance: random.Random) -> str:
    return chance.choice(
        [
            _name(chance),
            _dotted(chance),
            f"{_name(chance)}[{_name(chance)}]",
            f"{_name(chance)}, *{_name(chance)}",
        ]
    )


def _dotted(chance: random.Random) -> str:
    return ".".join(_name(chance) for _ in range(chance.randint(1, 3)))


def _name(chance: random.Random) -> str:
    return chance.choice(_NAMES)
