"""Names of files that break shells, pages, terminals, databases and eyes. Each holds the same honest code."""

FOLDER = b"hostile/names/"
CODE = b"x = 1\n"

_NAMES: list[bytes | str] = [
    *(" .py", "  a.py", "a .py", "a.py .py", ".py", "..py", "...py", "-.py", "--.py", "-rf.py"),
    *("--select=ALL.py", "@a.py", "~.py", "~root.py", "*.py", "?.py", "[a].py", "{a,b}.py"),
    *("$(touch x).py", "`touch x`.py", "${HOME}.py", "%s%n%x.py", "%00.py", "%2e%2e%2fa.py"),
    *("a;touch x.py", "a|b.py", "a&b.py", "a>b.py", "a<b.py", "!a.py", "#a.py", "a'b.py", 'a"b.py'),
    *("'; DROP TABLE scans_scan; --.py", "<script>alert(1)</script>.py", "\"><svg onload=x>.py"),
    *("{{ 7*7 }}.py", "{% debug %}.py", "${{ secrets.x }}.py", "=cmd|' x'!A0.py", "+1.py", "@SUM.py"),
    *("con.py", "nul.py", "a:b.py", "a\\b.py", "\\\\server\\a.py", "C:\\a.py", "a\\..\\b.py"),
    *("e\u0301.py", "\u00e9.py", "\u212bngstrom.py", "\ufb01.py", "I\u0307.py", "\u0130.py", "\u00df.py"),
    *("\u202e.py", "a\u202eyp.py", "\u2066a\u2069.py", "\u200b.py", "\ufeffa.py", "\u00ada.py"),
    *("\U0001f4a9.py", "\U0001d4b6.py", "\u0430dmin.py", "\u6f22\u5b57.py", "\u05d0\u05d1.py"),
    *("a\tb.py", "a\nb.py", "a\rb.py", "a\x0bb.py", "\x1b[31mred.py", "\x07.py", "\x7f.py", "a\u2028b.py"),
    *("A.py", "a.py", "Models.py", "models.PY", "MODELS.py", "models.py", "__init__.py", "__main__.py"),
    *("conftest.py", "manage.py", "settings.py", "urls.py", "tests.py", "a" * 250 + ".py"),
    *("b" * 251 + ".py", "\u00e9" * 120 + ".py", "a.py/b.py", "__pycache__.py/c.py", "d.py/e.py/f.py"),
    *(b"a\xff.py", b"\xc0\xaf.py", b"\xed\xa0\x80.py", b"\xf5\x80\x80\x80.py", b"caf\xe9.py", b"\x80\x80.py"),
    "/".join(["d"] * 99) + "/a.py",
    "/".join(["d"] * 101) + "/a.py",
    "/".join(["e" * 100] * 12) + "/a.py",
    "/".join(["f" * 250] * 20) + "/a.py",
]  # fmt: skip

NAMES = [
    FOLDER + (name.encode() if isinstance(name, str) else name)
    for name in _NAMES
    if name != "a.py"  # which is a folder here
]
