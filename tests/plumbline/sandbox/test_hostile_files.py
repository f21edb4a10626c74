"""The real parsers on the inputs that crashed or exhausted them elsewhere."""

import msgspec
import pytest

from plumbline.outline import Unreadable, decode
from plumbline.sandbox import Limits, Sandbox
from plumbline.sandbox.child import is_spoiling

GOOD = b"class Order:\n    pass\n"

HOSTILE = {
    "nested brackets": b"(" * 100_000 + b")" * 100_000,
    "unary minuses": b"x = " + b"-" * 10_000 + b"1\n",
    "negations": b"x = " + b"not " * 10_000 + b"1\n",
    "powers": b"x = " + b"a**" * 10_000 + b"a\n",
    "lambdas": b"x = " + b"lambda:" * 10_000 + b"1\n",
    "attribute chain": b"x = a" + b".b" * 10_000 + b"\n",
    "calls of calls": b"a" + b"()" * 10_000 + b"\n",
    "sum": b"x = a" + b"+a" * 100_000 + b"\n",
    "branches": b"if a:\n pass\n" + b"elif a:\n pass\n" * 10_000,
    "dotted import": b"import a" + b".b" * 45_000 + b"\n",
    "long list": b"x = [" + b"1," * 500_000 + b"]\n",
    "many lines": b"x = 1\n" * 170_000,
    "null bytes": b"x = 1\n\0\n",
    "UTF-16": "x = 1\n".encode("utf-16"),
    "random bytes": bytes(range(256)) * 100,
    "Python 2": b'print "x"\n',
    "unknown encoding": b"# coding: rot13\nvzcbeg bf\n",
    "broken UTF-8": b"x = '\xed\xa0\x80'\n",
    "nested comprehensions": b"x = " + b"[" * 30 + b"1" + b" for a in b]" * 30 + b"\n",
    "nested match": b"match x:\n case " + b"[" * 90 + b"]" * 90 + b":\n  pass\n",
}
READABLE = {"nested comprehensions", "nested match", "many lines", "long list", "calls of calls"}
OTHERS = {
    "yaml": {
        "billion laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9))
            for n in range(9)
        ),
        "nested sequences": b"[" * 100_000,
        "sexagesimal": b"a: 1" + b":1" * 100_000 + b"\n",
    },
    "toml": {
        "dotted key": b"a" + b".b" * 100_000 + b" = 1\n",
        "nested arrays": b"a = " + b"[" * 50_000 + b"]" * 50_000 + b"\n",
    },
    "ini": {
        "interpolation": b"[a]\n"
        + b"".join(b"k%d = %%(k%d)s%%(k%d)s\n" % (n, n + 1, n + 1) for n in range(40))
    },
    "template": {"unclosed tags": b"{% if x %}" * 50_000},
    "requirements": {"long line": b"a" * 900_000},
}


def test_every_hostile_file_has_a_result_and_the_good_ones_are_unharmed():
    files = []
    for kind, corpus in {"python": HOSTILE, **OTHERS}.items():
        for name, content in corpus.items():
            files += [(name, kind, content), (f"after {name}", "python", GOOD)]
    with Sandbox(2, Limits(extract_seconds=10)) as sandbox:
        results = dict(sandbox.extract(files))
    assert set(results) == {name for name, _, _ in files}
    good = {outline for name, outline in results.items() if name.startswith("after ")}
    assert len(good) == 1
    assert not isinstance(decode(good.pop()), Unreadable)
    unreadable = {name for name in HOSTILE if isinstance(decode(results[name]), Unreadable)}
    assert unreadable >= set(HOSTILE) - READABLE - {"attribute chain", "sum", "branches"}


@pytest.mark.parametrize("name", ["unary minuses", "attribute chain"])
def test_the_words_for_an_exhausted_parser_are_those_that_end_its_child(name):
    with Sandbox(limits=Limits(extract_seconds=60)) as sandbox:
        ((_, outline),) = sandbox.extract([(1, "python", HOSTILE[name])])
    assert isinstance(decode(outline), Unreadable)
    assert is_spoiling(outline), decode(outline)


def test_the_words_for_a_syntax_error_do_not_end_the_child():
    with Sandbox() as sandbox:
        ((_, outline),) = sandbox.extract([(1, "python", HOSTILE["Python 2"])])
    assert isinstance(decode(outline), Unreadable)
    assert not is_spoiling(outline), decode(outline)


def test_an_unreadable_outline_is_one_that_the_engine_decodes():
    with Sandbox() as sandbox:
        ((_, outline),) = sandbox.extract([(1, "python", bytes(9 << 20))])
    assert decode(outline) == Unreadable("too large: 9,437,184 bytes")
    with pytest.raises(msgspec.DecodeError):
        decode(b"")
