"""Python files that crash, exhaust or fool those who read them.

Name to content and what the reason may say; an empty tuple demands an outline, None takes either.
"""

type Expected = tuple[str, ...] | None

DEEP = (
    *("nested too deeply", "memory", "processor", "longer than", "crashed", "died", "ended"),
    *("too long", "too many", "not valid Python 3"),
)
NO_PYTHON = ("not valid Python 3",)
NUL = ("null bytes",)
LONG_LINE = ("a line is longer than",)


def lines(word: bytes, times: int, last: bytes = b"") -> bytes:
    """The same words again and again, on lines of at most 90,000 bytes, which is within the limit."""
    step = max(1, 90_000 // len(word))
    whole, rest = divmod(times, step)
    return b"\\\n".join([word * step] * whole + [word * rest]) + last + b"\n"


def nested(before: bytes, core: bytes, after: bytes, times: int) -> bytes:
    """A core in so many layers, all on one line."""
    return before * times + core + after * times + b"\n"


def indented(head: bytes, times: int) -> bytes:
    """Blocks in blocks."""
    return b"".join(b" " * n + head + b"\n" for n in range(times)) + b" " * times + b"pass\n"


def encoded(cookie: bytes, body: bytes = b"x = 1\n") -> bytes:
    """A file that declares its encoding."""
    return b"# -*- coding: " + cookie + b" -*-\n" + body


PARAMETERS = b"".join(b"a%d,\n" % n for n in range(50_000))
LARGE_FILE_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12\n"
)

NESTED: dict[str, tuple[bytes, Expected]] = {
    "201 parentheses": (b"x = " + nested(b"(", b"1", b")", 201), DEEP),
    "10,000 parentheses": (b"x = " + nested(b"(", b"1", b")", 10_000), DEEP),
    "50,000 parentheses": (b"x = " + nested(b"(", b"", b")", 49_000), DEEP),
    "1,000 brackets": (b"x = " + nested(b"[", b"", b"]", 1_000), DEEP),
    "brackets on lines of their own": (b"[\n" * 50_000 + b"]\n" * 50_000, DEEP),
    "opened brackets": (b"x = " + b"[" * 90_000 + b"\n", DEEP),
    "closed brackets": (b"]" * 90_000 + b"\n", NO_PYTHON),
    "braces": (b"x = " + nested(b"{", b"1", b"}", 10_000), DEEP),
    "dictionaries": (b"x = " + nested(b"{1:", b"1", b"}", 10_000), DEEP),
    "tuples": (b"x = " + nested(b"(", b"1", b",)", 10_000), DEEP),
    "brackets of every kind": (b"x = " + nested(b"([{", b"1", b"}])", 5_000), DEEP),
    "1,000 unary minuses": (b"x = " + b"-" * 1_000 + b"1\n", None),
    "10,000 unary minuses": (b"x = " + b"-" * 10_000 + b"1\n", DEEP),
    "90,000 unary minuses": (b"x = " + b"-" * 90_000 + b"1\n", DEEP),
    "1,000 negations": (b"x = " + b"not " * 1_000 + b"1\n", None),
    "10,000 negations": (b"x = " + b"not " * 10_000 + b"1\n", DEEP),
    "tildes": (b"x = " + b"~" * 20_000 + b"1\n", DEEP),
    "powers": (b"x = " + b"a**" * 10_000 + b"a\n", DEEP),
    "powers of minus": (b"x = " + b"-1**" * 10_000 + b"1\n", DEEP),
    "ternaries": (b"x = " + b"a if b else " * 7_000 + b"a\n", DEEP),
    "1,000 lambdas": (b"x = " + b"lambda:" * 1_000 + b"1\n", None),
    "10,000 lambdas": (b"x = " + b"lambda:" * 10_000 + b"1\n", DEEP),
    "lambdas with defaults": (b"x = " + b"lambda a=(" * 5_000 + b"1" + b"):1" * 5_000 + b"\n", DEEP),
    "5,000 sums": (b"x = a" + b"+a" * 5_000 + b"\n", None),
    "10,000 sums": (b"x = a" + b"+a" * 10_000 + b"\n", None),
    "100,000 sums": (b"x = a" + lines(b"+a", 100_000), None),
    "sums of texts": (b"x = ''" + lines(b"+'a'", 50_000), None),
    "conjunctions": (b"x = a" + lines(b" and a", 60_000), None),
    "comparisons": (b"x = a" + lines(b"<a", 60_000), None),
    "attribute chain": (b"x = a" + b".b" * 10_000 + b"\n", None),
    "long attribute chain": (b"x = a" + lines(b".b", 90_000), None),
    "chain of calls": (b"x = a" + b"()" * 10_000 + b"\n", None),
    "chain of methods": (b"x = a" + lines(b".b()", 20_000), None),
    "chain of subscripts": (b"x = a" + b"[0]" * 10_000 + b"\n", None),
    "nested subscripts": (b"x = " + nested(b"a[", b"0", b"]", 10_000), DEEP),
    "nested calls": (b"x = " + nested(b"f(", b"", b")", 10_000), DEEP),
    "nested keywords": (b"x = " + nested(b"f(a=", b"1", b")", 5_000), DEEP),
    "nested slices": (b"x = " + nested(b"a[1:", b"1", b"]", 5_000), DEEP),
    "nested stars": (b"f(" + b"*" * 10_000 + b"a)\n", NO_PYTHON),
    "nested awaits": (b"async def f():\n  " + b"await " * 5_000 + b"a\n", None),
    "nested yields": (b"def f():\n  x = " + nested(b"(yield ", b"1", b")", 5_000), DEEP),
    "nested walruses": (b"x = " + nested(b"(a := ", b"1", b")", 5_000), DEEP),
    "30 nested comprehensions": (b"x = " + b"[" * 30 + b"1" + b" for a in b]" * 30 + b"\n", ()),
    "1,000 nested comprehensions": (b"x = " + nested(b"[", b"1", b" for a in b]", 1_000), DEEP),
    "comprehension of many loops": (b"x = [1 " + lines(b"for a in b ", 8_000, b"]"), None),
    "149 nested f-strings": (b"x = " + nested(b"f'{", b"1", b"}'", 149), None),
    "1,000 nested f-strings": (b"x = " + nested(b"f'{", b"1", b"}'", 1_000), None),
    "10,000 nested f-strings": (b"x = " + nested(b"f'{", b"1", b"}'", 10_000), DEEP),
    "nested formats": (b"x = f'{" + b"a:{" * 5_000 + b"a" + b"}" * 5_000 + b"}'\n", DEEP),
    "f-string of many parts": (b"x = f'" + b"{a}" * 30_000 + b"'\n", None),
    "24 nested patterns": (b"match x:\n case " + nested(b"[", b"", b"]", 24)[:-1] + b":\n  pass\n", ()),
    "150 nested patterns": (b"match x:\n case " + nested(b"[", b"", b"]", 150)[:-1] + b":\n  pass\n", None),
    "10,000 nested patterns": (b"match x:\n case " + nested(b"[", b"", b"]", 10_000)[:-1] + b":\n  pass\n", DEEP),
    "patterns of classes": (b"match x:\n case " + nested(b"A(", b"", b")", 150)[:-1] + b":\n  pass\n", None),
    "pattern of many choices": (b"match x:\n case 1" + b"|1" * 30_000 + b":\n  pass\n", None),
    "99 levels of indentation": (indented(b"if a:", 99), ()),
    "101 levels of indentation": (indented(b"if a:", 101), DEEP),
    "1,000 levels of indentation": (indented(b"if a:", 1_000), DEEP),
    "90 nested functions": (indented(b"def f():", 90), None),
    "90 nested classes": (indented(b"class A:", 90), None),
    "19 nested loops": (indented(b"for a in b:", 19), ()),
    "30 nested loops": (indented(b"while a:", 30), None),
    "10,000 branches": (b"if a:\n pass\n" + b"elif a:\n pass\n" * 10_000, DEEP),
    "50,000 branches": (b"if a:\n pass\n" + b"elif a:\n pass\n" * 50_000, DEEP),
    "many handlers": (b"try:\n pass\n" + b"except A:\n pass\n" * 30_000, ()),
    "many decorators": (b"@a\n" * 50_000 + b"def f(): pass\n", None),
    "nested decorators": (b"@" + nested(b"a(", b"", b")", 5_000) + b"def f(): pass\n", DEEP),
    "nested annotations": (b"x: " + nested(b"a[", b"a", b"]", 5_000), DEEP),
    "nested type parameters": (b"type X[T: " + nested(b"a[", b"a", b"]", 5_000)[:-1] + b"] = T\n", DEEP),
    "dotted import": (b"import a" + b".b" * 10_000 + b"\n", None),
    "dotted import over lines": (b"import a" + lines(b".b", 200_000), DEEP),
    "dotted import of names": (b"from a" + lines(b".b", 100_000, b" import c"), DEEP),
    "import of the parents": (b"from " + b"." * 90_000 + b" import a\n", None),
    "assignment to many": (b"a = " * 20_000 + b"1\n", None),
    "assignment to nested": (nested(b"(a, ", b"b", b")", 5_000)[:-1] + b" = x\n", DEEP),
}  # fmt: skip

WIDE: dict[str, tuple[bytes, Expected]] = {
    "170,000 lines": (b"x = 1\n" * 170_000, ()),
    "a million blank lines": (b"\n" * 1_000_000, ()),
    "a million semicolons": (b"x;" * 45_000 + b"\n", ()),
    "80,000 calls": (b"f(a, b=1)\n" * 80_000, ()),
    "20,000 functions": (b"def f(): g()\n" * 20_000, ()),
    "20,000 classes": (b"class A(B): c = d()\n" * 20_000, ()),
    "40,000 imports": (b"import a\n" * 40_000, ()),
    "10,000 star imports": (b"from a import *\n" * 10_000, ()),
    "import of 40,000 names": (b"from a import (\n" + b"  b,\n" * 40_000 + b")\n", ()),
    "list of half a million": (b"x = [\n" + lines(b"1,", 500_000).replace(b"\\", b"") + b"]\n", None),
    "list on one line": (b"x = [" + b"1," * 500_000 + b"]\n", LONG_LINE),
    "dictionary of 100,000": (b"x = {\n" + b"'a': 1,\n" * 100_000 + b"}\n", None),
    "set of names": (b"x = {\n" + b"a,\n" * 200_000 + b"}\n", None),
    "call of 50,000 arguments": (b"f(\n" + b"a,\n" * 50_000 + b")\n", None),
    "call of 50,000 keywords": (b"f(\n" + b"".join(b"a%d=1,\n" % n for n in range(50_000)) + b")\n", None),
    "function of 50,000 parameters": (b"def f(\n" + PARAMETERS + b"): pass\n", None),
    "class of 50,000 bases": (b"class A(\n" + b"B,\n" * 50_000 + b"): pass\n", None),
    "class of 30,000 members": (b"class A:\n" + b" a = f(b=1)\n" * 30_000, ()),
    "text of a megabyte": (b'x = """\n' + b"a" * 80 + b"\n" * 900_000 + b'"""\n', None),
    "text on one line": (b'x = "' + b"a" * 1_000_000 + b'"\n', LONG_LINE),
    "many texts in a row": (b"x = (\n" + b"'a'\n" * 200_000 + b")\n", None),
    "bytes of a megabyte": (b"x = b'''\n" + b"a\n" * 450_000 + b"'''\n", None),
    "comment of a megabyte": (b"#" + b"a" * 900_000, LONG_LINE),
    "100,000 comments": (b"# a\n" * 100_000, ()),
    "docstring of a megabyte": (b'"""' + b"a b c\n" * 150_000 + b'"""\n', ()),
    "name of 90,000 letters": (b"a" * 90_000 + b" = 1\n", None),
    "name of a megabyte": (b"a" * 1_000_000 + b" = 1\n", LONG_LINE),
    "integer of 4,000 digits": (b"x = " + b"9" * 4_000 + b"\n", None),
    "integer of 90,000 digits": (b"x = " + b"9" * 90_000 + b"\n", None),
    "hexadecimal of 90,000 digits": (b"x = 0x" + b"f" * 90_000 + b"\n", None),
    "float of 90,000 digits": (b"x = 1." + b"9" * 90_000 + b"e9\n", None),
    "integers by the thousand": (b"x = 0x" + b"\nx = 0x".join([b"f" * 5_000] * 150) + b"\n", None),
    "power that is never taken": (b"X = 9 ** 9 ** 9 ** 9 ** 9\nY = 'a' * 10 ** 10\nZ = 1 << 10 ** 12\n", ()),
    "text that is never repeated": (b"X = 'a' * 9999999999 % ('%1000000000d' % 1)\n", ()),
    "100,000 suppressions": (b"x = 1  # plumbline: ignore[MOD01] because\n" * 20_000, ()),
    "suppression of everything": (b"# plumbline: ignore[" + b"A" * 5_000 + b"]\nx = 1\n", ()),
    "suppression of many codes": (b"x = 1  # plumbline: ignore[" + b"MOD01," * 15_000 + b"] a\n", ()),
    "suppression that never closes": (b"x = 1  # plumbline: ignore" + b"[" * 90_000 + b"\n", ()),
    "suppression of blanks": (b"x = 1  # plumbline:" + b" " * 90_000 + b"ignore\n", ()),
    "noqa of blanks": (b"x = 1  #" + b" " * 45_000 + b"noqa:" + b" " * 45_000 + b"\n", ()),
    "noqa of many codes": (b"x = 1  # noqa: " + b"E501, " * 15_000 + b"\n", ()),
    "blanks at the end": (b"x = 1" + b" " * 99_000 + b"\n", ()),
    "tabs and form feeds": (b"\t\x0c" * 45_000 + b"\nx = 1\n", None),
    "backslashes at the end of lines": (b"x = 1 + \\\n" * 20_000 + b"1\n", None),
    "many bare exceptions": (b"try:\n  a\nexcept A, B:\n  b\n" * 5_000, ()),
}  # fmt: skip

ODD: dict[str, tuple[bytes, Expected]] = {
    "nothing": (b"", ()),
    "one blank": (b" ", None),
    "one backslash": (b"\\", NO_PYTHON),
    "null byte": (b"x = 1\n\0y = 2\n", NUL),
    "null byte in a comment": (b"# \0\nx = 1\n", NUL),
    "UTF-16": ("x = 1\n".encode("utf-16"), NUL),
    "UTF-16 big": (b"\xfe\xff" + "x = 1\n".encode("utf-16-be"), NUL),
    "UTF-32": ("x = 1\n".encode("utf-32"), NUL),
    "all bytes": (bytes(range(1, 256)) * 50, ("not valid", "not readable", "bytes")),
    "ELF": (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0>\0" * 40, NUL),
    "zip": (b"PK\x03\x04\x14\0\0\0\x08\0" + b"a" * 99, NUL),
    "gzip": (b"\x1f\x8b\x08\x01\x02\x03" * 99, ("not valid",)),
    "pickle": (b"cos\nsystem\n(S'true'\ntR.", NO_PYTHON),
    "compiled": (b"\xf3\r\r\n\x01\x01\x01\x01" + b"\xe3" * 40, ("not valid",)),
    "shell": (b"#!/bin/sh\nexec python \"$@\"\n", NO_PYTHON),
    "HTML": (b"<!doctype html><script>alert(1)</script>\n", NO_PYTHON),
    "pointer to large file storage": (LARGE_FILE_POINTER, ("Git LFS",)),
    "conflict markers": (b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", NO_PYTHON),
    "byte order mark": (b"\xef\xbb\xbfx = 1\n", ()),
    "two byte order marks": (b"\xef\xbb\xbf\xef\xbb\xbfx = 1\n", NO_PYTHON),
    "byte order mark within": (b"x = 1\n\xef\xbb\xbfy = 2\n", NO_PYTHON),
    "byte order mark against the cookie": (b"\xef\xbb\xbf" + encoded(b"latin-1"), None),
    "Windows line ends": (b"x = 1\r\ny = 2\r\n", ()),
    "Macintosh line ends": (b"x = 1\ry = 2\r", ()),
    "mixed line ends": (b"x = 1\r\ny = 2\rz = 3\n\rw = 4", ()),
    "form feed": (b"\x0cx = 1\n\x0c\ny = 2\n", ()),
    "vertical tab": (b"x = 1\n\x0by = 2\n", NO_PYTHON),
    "no-break space": ("x\u00a0= 1\n".encode(), NO_PYTHON),
    "line separator": ("x = 1\u2028y = 2\n".encode(), NO_PYTHON),
    "zero-width space": ("x\u200b = 1\n".encode(), NO_PYTHON),
    "text that runs backwards": ("x = 1  # \u202e\u2066 }# if a\n".encode(), ()),
    "names that look alike": ("\u0430dmin = 1\n\uff45val = 2\n".encode(), ()),
    "names with combining marks": (("a" + "\u0301" * 20_000 + " = 1\n").encode(), None),
    "named characters": (b"x = '" + b"\\N{BULLET}" * 5_000 + b"'\n", ()),
    "characters that have no name": (b"x = '\\N{NO SUCH CHARACTER}'\n", NO_PYTHON),
    "lone surrogates": (b"x = '\\ud800'\nclass A:\n    y = '\\udfff'\n", None),
    "surrogate bytes": (b"x = '\xed\xa0\x80'\n", ("not valid utf-8",)),
    "overlong UTF-8": (b"x = '\xc0\xaf'\n", ("not valid utf-8",)),
    "UTF-8 that is cut": (b"x = '\xe2\x82", ("not valid utf-8",)),
    "latin-1 that says nothing": (b"x = '\xe4'\n", ("not valid utf-8",)),
    "latin-1": (encoded(b"latin-1", b"x = '\xe4'\n"), ()),
    "cookie in the second line": (b"#!/usr/bin/python\n" + encoded(b"latin-1", b"x = '\xe4'\n"), ()),
    "cookie in the third line": (b"\n\n" + encoded(b"latin-1", b"x = '\xe4'\n"), ("not valid utf-8",)),
    "two cookies": (encoded(b"utf-8", encoded(b"latin-1")), ()),
    **{
        f"cookie {name}": (encoded(name.encode()), (f"encoding {name.replace('_', '-')}",))
        for name in (
            *("rot13", "utf-7", "unicode_escape", "raw_unicode_escape", "hex", "base64", "zip"),
            *("bz2", "uu", "quopri", "idna", "punycode", "undefined", "mbcs", "nothing-known"),
        )
    },
    "cookie that is long": (encoded(b"a" * 50_000), ("encoding",)),
    "cookie that is a path": (encoded(b"../../../etc/passwd"), None),
    "cookie that hides code": (encoded(b"unicode_escape", b"# \\u000aimport os\n"), ("encoding",)),
    "Python 2 print": (b'print "x"\n', NO_PYTHON),
    "Python 2 exceptions": (b"try:\n  a\nexcept E, e:\n  b\nraise E, 'y'\n", None),
    "Python 2 numbers": (b"x = 0777\ny = 10L\n", NO_PYTHON),
    "Python 2 backquotes": (b"x = `y`\n", NO_PYTHON),
    "Python 2 comparison": (b"x <> y\n", NO_PYTHON),
    "Python 2 exec": (b"exec 'x' in y\n", NO_PYTHON),
    "template strings": (b"x = t'{y}'\n", ()),
    "unfinished template strings": (b"x = t'{" * 1_000, (*NO_PYTHON, "nested too deeply")),
    "bare exceptions": (b"try:\n  a\nexcept A, B:\n  b\n", ()),
    "lazy import": (b"lazy import a\n", None),
    "unpacking in comprehensions": (b"x = [*a for a in b]\n", None),
    "tabs mixed with spaces": (b"if a:\n\tb\n        c\n", NO_PYTHON),
    "dedent to nowhere": (b"if a:\n    b\n  c\n", NO_PYTHON),
    "unfinished function": (b"def f(\n", NO_PYTHON),
    "unfinished text": (b'x = """\n' * 3, None),
    "unfinished f-string": (b"x = f'{a", NO_PYTHON),
    "unfinished line": (b"x = 1 \\", NO_PYTHON),
    "bad escapes": (b"x = '\\d\\w\\q'\n" * 5_000, ()),
    "return outside": (b"return 1\nyield 2\nawait 3\nbreak\n", None),
    "duplicate arguments": (b"def f(a, a): pass\n", None),
    "assignment to a literal": (b"1 = 2\n", NO_PYTHON),
    "nonsense of keywords": (b"if while for class def\n" * 100, NO_PYTHON),
    "walrus everywhere": (b"(a := (b := (c := d)))\nx = [y := 1, y ** 2]\n", ()),
    "star expression": (b"*a, = b\nprint(*[*c])\n", ()),
    "future that is unknown": (b"from __future__ import braces\n", None),
}  # fmt: skip

PYTHON = {**NESTED, **WIDE, **ODD}
