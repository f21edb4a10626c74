"""Whatever stands around the place of an edit stays as it is, byte by byte."""

import ast
import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.edits import AppendToArray, Fix, MoveMember, RenameParameter, SetKey, SetKeyword
from plumbline.edits.draft import Draft

COMMENTS = st.sampled_from(["", "  # é comment", "\t# tabs", "  #: ☃ 𝄞", " \\\n"])
STATEMENTS = st.sampled_from(
    [
        "x = 1",
        "y  =  'é' ;z=2",
        'text = """\n# not a comment\n  f(1)\n"""',
        "if x :\n  pass\nelse:\n\tpass",
        "def g( a,b = 1 ):\n    return (a\n  +b)",
        "class C :\n\n    # inside\n    k = 1",
        "\f",
        "# alone",
        "",
        "for i in [ 1,2 ]: print(i)",
        "try:\n    h()\nexcept (A, B):\n    pass",
        "lst = [\n  1,\n\n  2, # two\n]",
        "async def w():\n    await q(1)",
    ]
)
SURROUNDINGS = st.lists(STATEMENTS, max_size=5).map("\n".join)
ARGUMENTS = st.lists(
    st.sampled_from(["1", "a", "*b", "c.d(2)", "(3)", "'é'", "[4,\n5]", "lambda: 0"]), max_size=4
)
SEPARATORS = st.sampled_from([", ", ",", " , ", ",\n    ", ",  # é\n    "])


def applied(content: bytes, fix: Fix) -> bytes:
    path = fix.paths[0]
    draft = Draft({path: content})
    draft.add(fix)
    return draft.changed().get(path, content)


def differing(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """What was replaced and by what, common beginning and end taken off."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


@settings(max_examples=60, deadline=None)
@given(SURROUNDINGS, SURROUNDINGS, ARGUMENTS, SEPARATORS, st.booleans(), st.booleans())
def test_a_keyword_changes_its_call_alone(above, below, arguments, separator, trails, windows):
    inner = separator.join(arguments) + ("," if trails and arguments else "")
    source = f"{above}\ntarget({inner})\n{below}\n"
    if windows:
        source = source.replace("\n", "\r\n")
    content = source.encode()
    tree = ast.parse(content)
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "target"
    )
    edit = SetKeyword("a.py", call.lineno, call.col_offset, "target", "added", "None")
    after = applied(content, Fix([edit]))
    removed, inserted = differing(content, after)
    assert removed == b""
    assert inserted.replace(b",", b"").strip() == b"added=None" or b"#" in inserted
    call.keywords.append(ast.keyword("added", ast.Constant(None)))
    assert ast.dump(ast.parse(after)) == ast.dump(tree)


@settings(max_examples=60, deadline=None)
@given(SURROUNDINGS, SURROUNDINGS, st.booleans(), COMMENTS.filter(lambda text: "\\" not in text))
def test_a_moved_member_takes_nothing_with_it(above, below, windows, comment):
    source = (
        f"{above}\n"
        "class Target:\n"
        f"    a = 1{comment}\n\n"
        "    def f(self):\n        '''\n   é\n'''\n"
        "    # of g\n"
        f"    def g(self): pass{comment}\n\n\n"
        f"    class Meta:{comment}\n        b = 2\n"
        f"{below}\n"
    )
    if windows:
        source = source.replace("\n", "\r\n")
    content = source.encode()
    tree = ast.parse(content)
    cls = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == "Target")
    assigned, first, second, meta = cls.body[:4]
    after = applied(content, Fix([MoveMember("a.py", meta.lineno, first.lineno)]))
    cls.body[:4] = [assigned, meta, first, second]
    assert ast.dump(ast.parse(after)) == ast.dump(tree)

    def said(code: bytes) -> list[bytes]:
        return sorted(line for line in code.splitlines(keepends=True) if line.strip())

    assert said(after) == said(content)


@settings(max_examples=60, deadline=None)
@given(SURROUNDINGS, SURROUNDINGS)
def test_a_renamed_parameter_changes_that_name_alone(above, below):
    source = f"{above}\ndef target(old, b):\n    old.old(old=old)\n{below}\n"
    content = source.encode()
    tree = ast.parse(content)
    function = next(
        n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "target"
    )
    edit = RenameParameter("a.py", function.lineno, function.col_offset, "old", "renamed")
    after = applied(content, Fix([edit]))
    assert after == content.replace(b"target(old, b)", b"target(renamed, b)").replace(
        b"old.old(old=old)", b"renamed.old(old=renamed)"
    )


TABLES = st.lists(
    st.sampled_from(
        [
            "# é comment",
            "",
            "[a]\nx=1 # tight",
            "[b.c]\n  y = [ 1,2,\n 3 ]",
            '[d]\nz = """\n[not.a.table]\n"""',
            "[[e]]\nf = { g = 1 }\n\n[[e]]",
            "[h]\r\ni = 1\r",
        ]
    ),
    max_size=5,
    unique=True,
).map("\n".join)


@settings(max_examples=80, deadline=None)
@given(TABLES, TABLES, st.sampled_from(["tool", "tool.target", "other"]))
def test_a_key_changes_nothing_but_its_line(above, below, table):
    source = f"top = 1\n{above}\n[{table}]\nlist = ['a']\n"
    if "\r" in source or any(part and part in above for part in below.split("\n")):
        below = ""
    source = (source + below + "\n").replace("\r", "")
    content = source.encode()
    path = tuple(table.split("."))
    after = applied(content, Fix([SetKey("a.toml", path, "added", "é")]))
    removed, inserted = differing(content, after)
    assert removed == b""
    assert inserted.strip() in ('added = "é"'.encode(), 'dded = "é"\na'.encode())
    after = applied(content, Fix([AppendToArray("a.toml", path, "list", ("b",))]))
    assert differing(content, after) == (b"", b', "b"')
    assert tomllib.loads(after.decode())
