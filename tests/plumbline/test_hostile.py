"""Whatever a file holds, extraction gives an outline or says why not: it never raises, and it never harms us.

Every input goes through the sandbox, as in service: some of them end the process that reads them.
"""

import pytest

from plumbline import outline as o
from plumbline.sandbox import Limits, Sandbox

DEEP = (
    "nested too deeply",
    "memory",
    "processor",
    "longer than",
    "crashed",
    "died",
    "ended",
    "too long",
)
LAUGHS = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)
)

HOSTILE = {
    # name: (kind, content, what the reason says; empty if an outline is demanded; None if either will do)
    "deep parentheses": ("python", b"x = " + b"(" * 50_000 + b")" * 50_000, DEEP),
    "deep brackets on lines of their own": ("python", b"[\n" * 50_000 + b"]\n" * 50_000, DEEP),
    "deep unary minuses": ("python", b"x = " + b"-" * 90_000 + b"1\n", DEEP),
    "deep attribute chain": ("python", b"x = a" + b".b" * 45_000 + b"\n", None),
    "deep call chain": ("python", b"x = a" + b"()" * 45_000 + b"\n", None),
    "deep sum": ("python", b"x = 1" + b"+1" * 45_000 + b"\n", None),
    "deep indentation": ("python", b"".join(b" " * n + b"if a:\n" for n in range(300)) + b" " * 300 + b"b\n", DEEP),
    "long elif": ("python", b"if a:\n pass\n" + b"elif a:\n pass\n" * 20_000, None),
    "nested lambdas": ("python", b"x = " + b"lambda: " * 10_000 + b"1\n", DEEP),
    "nested f-strings": ("python", b"x = " + b"f'{" * 500 + b"1" + b"}'" * 500 + b"\n", None),
    "nested subscripts": ("python", b"x = " + b"a[" * 10_000 + b"0" + b"]" * 10_000 + b"\n", DEEP),
    "list of a million items on one line": ("python", b"x = [" + b"1," * 500_000 + b"]\n", ("longer than",)),
    "list of five megabytes": ("python", b"x = [\n" + b"  123456,\n" * 500_000 + b"]\n", None),
    "string of a megabyte": ("python", b'x = "' + b"a" * 1_000_000 + b'"\n', ("longer than",)),
    "one line without end": ("python", b"#" * 900_000, ("longer than",)),
    "many lines": ("python", b"\n" * 1_000_000, ()),
    "many functions": ("python", b"def f(): g()\n" * 20_000, ()),
    "null bytes": ("python", b"x = 1\n\0y = 2\n", ("null bytes",)),
    "UTF-16": ("python", "x = 1\n".encode("utf-16"), ("null bytes",)),
    "UTF-32": ("python", "x = 1\n".encode("utf-32"), ("null bytes",)),
    "random bytes": ("python", bytes(range(1, 256)) * 50, ("not valid", "not readable", "bytes")),
    "latin-1 that says nothing": ("python", b"x = '\xe4'\n", ("not valid utf-8",)),
    "encoding that runs code of its own": ("python", b"# coding: rot13\nvzcbeg bf\n", ("encoding rot13",)),
    "encoding that does not exist": ("python", b"# coding: nothing-known\nx = 1\n", ("encoding nothing-known",)),
    "encoding that hides code": ("python", b"# coding: utf-7\n+AGEAPQAx-\n", ("encoding utf-7",)),
    "byte order mark against the cookie": ("python", b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", None),
    "lone surrogates": ("python", b"x = '\\ud800'\nclass A:\n    y = '\\udfff'\n", None),
    "surrogate bytes": ("python", b"x = '\xed\xa0\x80'\n", ("not valid utf-8",)),
    "huge integer": ("python", b"x = " + b"9" * 90_000 + b"\n", None),
    "huge hexadecimal": ("python", b"x = 0x" + b"f" * 90_000 + b"\n", None),
    "power that is never taken": ("python", b"X = 9 ** 9 ** 9 ** 9 ** 9\nY = 'a' * 10 ** 10\n", ()),
    "Python 2": ("python", b"print 'x'\nraise E, 'y'\n", ("not valid Python 3",)),
    "tabs mixed with spaces": ("python", b"if a:\n\tb\n        c\n", ("not valid Python 3",)),
    "unfinished": ("python", b"def f(\n", ("not valid Python 3",)),
    "unfinished string": ("python", b'x = """\n' * 3, None),
    "backslash at the end": ("python", b"x = 1 \\", ("not valid Python 3",)),
    "unfinished template string": ("python", b"x = t'{" * 1_000, ("not valid Python 3", "nested too deeply")),
    "many bare exceptions": ("python", b"try:\n  a\nexcept A, B:\n  b\n" * 5_000, ()),
    "comment that asks for everything": ("python", b"# plumbline: ignore[" + b"A" * 5_000 + b"]\nx = 1\n", ()),
    "YAML billion laughs": ("yaml", LAUGHS, ("YAML nodes",)),
    "YAML alias to itself": ("yaml", b"a: &a [*a, *a]\n", None),
    "YAML nesting": ("yaml", b"[" * 50_000, DEEP),
    "YAML block nesting": ("yaml", b"".join(b" " * n + b"a:\n" for n in range(1_000)), DEEP),
    "YAML tag that makes objects": ("yaml", b"a: !!python/object/apply:os.system ['true']\n", ()),
    "YAML sexagesimal": ("yaml", b"a: 1" + b":1" * 40_000 + b"\n", ()),
    "YAML merge bomb": ("yaml", b"a: &a {x: 1}\nb:\n" + b"  <<: *a\n" * 20_000, None),
    "YAML with tabs": ("yaml", b"a:\n\t- b\n", ("not valid YAML",)),
    "TOML dotted key": ("toml", b"a" + b".b" * 45_000 + b" = 1\n", DEEP),
    "TOML dotted table": ("toml", b"[a" + b".b" * 45_000 + b"]\n", DEEP),
    "TOML arrays": ("toml", b"a = " + b"[" * 40_000 + b"]" * 40_000 + b"\n", DEEP),
    "TOML arrays with spaces": ("toml", b"a = " + b"[ " * 40_000 + b"] " * 40_000 + b"\n", DEEP),
    "TOML inline tables": ("toml", b"a = " + b"{a=" * 20_000 + b"1" + b"}" * 20_000 + b"\n", DEEP),
    "TOML integer": ("toml", b"a = " + b"9" * 5_000 + b"\n", None),
    "TOML twice the same key": ("toml", b"a = 1\na = 2\n", ("not valid TOML",)),
    "INI without a section": ("ini", b"a = 1\n", ("not a valid INI file",)),
    "INI in latin-1": ("ini", b"[a]\nb = \xe4\n", ("not UTF-8",)),
    "INI interpolation": ("ini", b"[a]\n" + b"".join(b"k%d = %%(k%d)s\n" % (n, n + 1) for n in range(99)), ()),
    "template of unclosed tags": ("template", b"{% if x %}{{ y }}\n" * 40_000, ()),
    "template that never closes": ("template", b"{% " * 33_000 + b"\n", ()),
    "template in latin-1": ("template", b"\xe4{% if %}\n", ("not UTF-8",)),
    "requirements of one word": ("requirements", b"a" * 90_000, ()),
    "requirements of brackets": ("requirements", b"a" + b"[" * 90_000, ()),
    "lock file of quotes": ("lock", b'[[package]]\nname = "' + b'"' * 90_000, ()),
    "command file that goes on": ("text", b"a \\\n" * 200_000, ()),
}  # fmt: skip


@pytest.fixture(scope="module")
def outlines():
    files = [(name, kind, content) for name, (kind, content, _) in HOSTILE.items()]
    with Sandbox(2, Limits(extract_seconds=20)) as sandbox:
        return {name: o.decode(encoded) for name, encoded in sandbox.extract(files)}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_has_an_outline_or_a_reason(name, outlines):
    reasons = HOSTILE[name][2]
    outline = outlines[name]
    if isinstance(outline, o.Unreadable):
        assert outline.reason, "no reason"
        assert len(outline.reason) < 300
        assert outline.reason.isprintable()
        assert reasons is None or any(word in outline.reason for word in reasons), outline.reason
    else:
        assert reasons in (None, ()), outline


def test_no_hostile_file_is_missing(outlines):
    assert set(outlines) == set(HOSTILE)


def test_a_tag_of_yaml_that_makes_objects_makes_none(outlines):
    assert outlines["YAML tag that makes objects"].documents == [{"a": ["true"]}]


def test_an_arithmetic_bomb_is_kept_as_it_is_written(outlines):
    value = outlines["power that is never taken"].assignments[0].value
    assert isinstance(value, o.Joined)
    assert value.operator == "**"


def test_bare_exceptions_are_read_however_many(outlines):
    outline = outlines["many bare exceptions"]
    assert outline.lines == 20_001
