"""Every construct of the outline, as extraction leaves it."""

import pytest

from plumbline import outline as o
from plumbline.extract import outline_bytes, read_outline
from tests.plumbline.outlines import python


def call(text, name):
    """The one call of this name in a module."""
    (found,) = [item for item in python(text).calls if item.name == name]
    return found


# ---- Python: imports -----------------------------------------------------------------------------------------


def test_imports_keep_their_dots_names_and_aliases():
    text = "import os\nimport a.b as c\nimport a.b\nfrom . import d\nfrom ..e import f as g\nfrom h import *\n"
    found = [(i.module, i.name, i.alias, i.line) for i in python(text).imports]
    assert found == [
        ("os", "", "os", 1),
        ("a.b", "", "c", 2),
        ("a.b", "", "a", 3),
        (".", "d", "d", 4),
        ("..e", "f", "g", 5),
        ("h", "*", "*", 6),
    ]


def test_imports_say_in_which_function_and_under_what_condition_they_stand():
    text = (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import a\n"
        "try:\n    import b\nexcept ImportError:\n    import c\n"
        "def f():\n    import d\n"
    )
    found = {i.alias: (i.scope, i.typing_only, i.guarded) for i in python(text).imports}
    assert found["TYPE_CHECKING"] == (-1, False, False)
    assert found["a"] == (-1, True, True)
    assert found["b"] == (-1, False, True)
    assert found["c"] == (-1, False, True)
    assert found["d"] == (0, False, False)


# ---- Python: classes -----------------------------------------------------------------------------------------


def test_a_class_keeps_bases_keywords_decorators_and_lines():
    text = "@deco(1)\nclass A(models.Model, Generic[T], metaclass=Meta):\n    x = 1\n\n    def f(self):\n        pass\n"
    (cls,) = python(text).classes
    assert (cls.name, cls.line, cls.end_line, cls.column, cls.owner, cls.parent) == (
        "A",
        2,
        6,
        0,
        -1,
        -1,
    )
    assert cls.bases[0] == o.Ref("models.Model")
    assert isinstance(cls.bases[1], o.Invocation)
    assert cls.bases[1].name == "Generic[]"
    assert cls.keywords == [("metaclass", o.Ref("Meta"))]
    assert isinstance(cls.decorators[0], o.Invocation)
    assert cls.decorators[0].name == "deco"


def test_members_of_a_class_are_in_order_with_their_kinds():
    text = (
        "class A:\n"
        '    """Doc."""\n'
        "    x: int\n"
        "    y: int = 1\n"
        "    z = models.CharField(max_length=9)\n"
        "    class Meta:\n        pass\n"
        "    @property\n"
        "    def f(self):\n        pass\n"
        "    print(1)\n"
    )
    found = python(text)
    members = [(m.kind, m.name, m.line) for m in found.classes[0].members]
    assert members == [
        ("docstring", "", 2),
        ("annotation", "x", 3),
        ("assign", "y", 4),
        ("assign", "z", 5),
        ("class", "Meta", 6),
        ("function", "f", 8),
        ("other", "", 11),
    ]
    by_name = {m.name: m for m in found.classes[0].members}
    assert found.functions[by_name["f"].index].name == "f"
    assert found.classes[by_name["Meta"].index].owner == 0
    assert by_name["z"].value == o.Invocation("models.CharField", [], [("max_length", 9)], 5, 5)


def test_members_under_a_condition_are_members_too():
    text = (
        "class A:\n    if X:\n        a = 1\n    else:\n        b = 2\n"
        "    try:\n        c = 3\n    except E:\n        d = 4\n"
    )
    names = [m.name for m in python(text).classes[0].members if m.kind == "assign"]
    assert names == ["a", "b", "c", "d"]


def test_a_class_in_a_function_knows_it():
    (cls,) = python("def f():\n    class A:\n        pass\n").classes
    assert cls.parent == 0


# ---- Python: functions ---------------------------------------------------------------------------------------


def test_a_function_keeps_parameters_annotations_and_flags():
    text = (
        '@receiver(post_save, sender="x")\n'
        "async def f(a, b: int = 1, /, c: list[Order] | None = None, *args: str, d, e=2, **options) -> 'Order':\n"
        '    """Doc."""\n'
        "    return 1\n"
    )
    (function,) = python(text).functions
    assert (function.name, function.line, function.end_line, function.is_async) == ("f", 2, 4, True)
    assert function.documented == o.HAS_DOCSTRING
    assert function.exits == o.RETURNS_VALUE
    assert not function.yields
    assert function.returns == "Order"
    assert [(p.name, p.kind, p.annotation, p.has_default) for p in function.parameters] == [
        ("a", "/", "", False),
        ("b", "/", "int", True),
        ("c", "a", "list[Order] | None", True),
        ("args", "*", "str", False),
        ("d", "k", "", False),
        ("e", "k", "", True),
        ("options", "**", "", False),
    ]
    (decorator,) = function.decorators
    assert isinstance(decorator, o.Invocation)
    assert (decorator.name, decorator.keywords) == ("receiver", [("sender", "x")])


def test_nested_functions_and_methods_know_where_they_stand():
    text = "class A:\n    def f(self):\n        def g():\n            yield 1\n\n\ndef h():\n    pass\n"
    found = {f.name: (f.owner, f.parent, f.yields) for f in python(text).functions}
    assert found == {"f": (0, -1, False), "g": (-1, 0, True), "h": (-1, -1, False)}


def test_size_and_branching_are_of_the_function_alone():
    text = (
        "def f():\n    if a:\n        b()\n    for c in d:\n        pass\n"
        "    def g():\n        while x:\n            pass\n"
    )
    found = {f.name: (f.statements, f.branches) for f in python(text).functions}
    assert found["g"] == (2, 1)
    assert found["f"] == (5, 2)


def test_an_async_function_says_what_names_it_loops_over():
    text = (
        "async def f(a, b):\n"
        "    for x in a:\n        pass\n"
        "    async for x in b:\n        pass\n"
        "    y = [x for x in a] + [x async for x in b]\n"
        "    z = lambda: [x for x in a]\n"
        "    def g():\n        for x in a:\n            pass\n"
    )
    found = {f.name: f.iterated for f in python(text).functions}
    assert found["f"] == [("a", 2, False), ("b", 4, True), ("a", 6, False), ("b", 6, True)]
    assert found["g"] == []


# ---- Python: calls -------------------------------------------------------------------------------------------


def test_a_call_shows_its_chain_arguments_place_and_receiver():
    text = "def f():\n    order = Order.objects.filter(\n        pk=1,\n    ).first(x)\n"
    outer, inner = python(text).calls
    assert (outer.name, outer.line, outer.end_line, outer.column) == (
        "Order.objects.filter().first", 2, 4, 12,
    )  # fmt: skip
    assert (outer.bound, outer.scope, outer.args) == ("order", 0, [o.Ref("x")])
    assert (inner.name, inner.keywords) == ("Order.objects.filter", [("pk", 1)])
    assert inner.flags & o.CHAINED


def test_a_call_knows_the_attribute_that_receives_its_result():
    text = "def f(self):\n    self.session = make()\n    self.client: Client = make()\n    a[0] = make()\n"
    assert [call.bound for call in python(text).calls] == ["self.session", "self.client", ""]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("async def f():\n    await target()\n", o.AWAITED),
        ("async def f():\n    return await target()\n", o.AWAITED),
        ("async def f():\n    async with target() as x:\n        pass\n", o.AWAITED),
        ("async def f():\n    x = await target()\n", o.AWAITED),
        ("for x in y:\n    target()\n", o.IN_LOOP),
        ("while x:\n    target()\n", o.IN_LOOP),
        ("[target() for x in y]\n", o.IN_LOOP),
        ("with x:\n    target()\n", o.IN_WITH),
        ("try:\n    target()\nexcept E:\n    pass\n", o.IN_TRY),
        ("with transaction.atomic():\n    target()\n", o.IN_ATOMIC),
        ("with atomic:\n    target()\n", o.IN_ATOMIC),
        ("for x in target():\n    pass\n", o.ITERATED),
        ("[x for x in target()]\n", o.ITERATED),
        ("async def f():\n    async for x in target():\n        pass\n", o.ASYNC_ITERATED),
        ("async def f():\n    return [x async for x in target()]\n", o.ASYNC_ITERATED),
        ("def f():\n    return target()\n", o.RETURNED),
        ("x = lambda: target()\n", o.IN_LAMBDA),
        ("target()\n", o.DISCARDED),
        ("x = target().name\n", o.CHAINED),
        ("with target() as x:\n    pass\n", o.CONTEXT),
        ("if x:\n    target()\n", o.CONDITIONAL),
        ("try:\n    pass\nexcept E:\n    target()\n", o.CONDITIONAL),
    ],
)
def test_a_call_says_how_and_where_it_stands(text, flag):
    assert call(text, "target").flags & flag


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("x = target()\n", o.DISCARDED),
        ("for x in y:\n    pass\nelse:\n    target()\n", o.IN_LOOP),
        ("for x in target():\n    pass\n", o.IN_LOOP),
        ("try:\n    pass\nfinally:\n    target()\n", o.IN_TRY),
        ("if target():\n    pass\n", o.CONDITIONAL),
        ("for x in y:\n    def f():\n        target()\n", o.IN_LOOP),
        ("async def f():\n    await other(target())\n", o.AWAITED),
        ("x = (target(), 1)\n", o.CHAINED),
    ],
)
def test_a_call_does_not_claim_what_is_said_of_its_neighbours(text, flag):
    assert not call(text, "target").flags & flag


@pytest.mark.parametrize(
    "text",
    [
        "x = {target(): 1}\n",
        "x = {**target()}\n",
        "x = f'{target()}'\n",
        "x = a[target()]\n",
        "x = a if target() else b\n",
        "x = a and target()\n",
        "x = not target()\n",
        "x = a < target()\n",
        "f(*target())\n",
        "f(x=target())\n",
        "def f(a=target()):\n    pass\n",
        "@target()\ndef f():\n    pass\n",
        "@target()\nclass A:\n    pass\n",
        "class A(target()):\n    pass\n",
        "class A:\n    x = target()\n",
        "assert target()\n",
        "raise target()\n",
        "del a[target()]\n",
        "x += target()\n",
        "x: int = target()\n",
        "match target():\n    case 1:\n        pass\n",
        "match x:\n    case 1 if target():\n        pass\n",
        "match x:\n    case 1:\n        target()\n",
        "def f():\n    yield target()\n",
        "def f():\n    yield from target()\n",
        "(x := target())\n",
        "x = [*target()]\n",
        "x = a[1:target()]\n",
        "x = {a: b for a in c if target()}\n",
        "try:\n    pass\nexcept* target():\n    pass\n",
        "with a, target():\n    pass\n",
        "a.b[target()] = 1\n",
    ],
)
def test_no_call_can_hide(text):
    assert call(text, "target").line in (1, 2, 3)


# ---- Python: assignments and values --------------------------------------------------------------------------


def test_assignments_keep_operator_and_guard():
    text = (
        "A = 1\nA += [2]\nA.append(3)\nB: int = 4\nC = D = 5\nE['k'] = 6\napp.conf.x = 7\n"
        "if DEBUG:\n    A = 8\nelse:\n    A = 9\nif x > 1:\n    A = 10\n"
        "try:\n    A = 11\nexcept E:\n    pass\n"
        "def f():\n    F = 12\nclass G:\n    H = 13\n"
    )
    found = [(a.target, a.operator, a.guard, a.line) for a in python(text).assignments]
    assert found == [
        ("A", "=", "", 1),
        ("A", "+=", "", 2),
        ("A", "append", "", 3),
        ("B", "=", "", 4),
        ("C", "=", "", 5),
        ("D", "=", "", 5),
        ("E", "[]=", "", 6),
        ("app.conf.x", "=", "", 7),
        ("A", "=", "DEBUG", 9),
        ("A", "=", "not DEBUG", 11),
        ("A", "=", "?", 13),
        ("A", "=", "?", 15),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("True", True),
        ("None", None),
        ("'a' 'b'", "ab"),
        ("b'a'", o.Opaque("bytes")),
        ("...", o.Opaque("...")),
        ("a.b", o.Ref("a.b")),
        ("[1, a]", o.Many("list", [1, o.Ref("a")])),
        ("(1,)", o.Many("tuple", [1])),
        ("{1}", o.Many("set", [1])),
        ("{'a': 1, **b}", o.Table(["a", o.Opaque("**")], [1, o.Ref("b")])),
        ("30 * 60", o.Joined("*", 30, 60)),
        ("1 if a else 2", o.Choice(o.Ref("a"), 1, 2)),
        ("a or 2", o.Choice(o.Opaque("or"), o.Ref("a"), 2)),
        ("f'a{b}c'", o.Text("a{}c", ["b"])),
        ("f(1, x=2)", o.Invocation("f", [1], [("x", 2)], 1, 1)),
        ("os.environ['A']", o.Invocation("os.environ[]", ["A"], [], 1, 1)),
        ("[*a]", o.Many("list", [o.Invocation("*", [o.Ref("a")], [], 1, 1)])),
        ("not a", o.Opaque("not a")),
        ("lambda: 1", o.Opaque("Lambda")),
        ("1 << 80", o.Opaque("BinOp")),
        ("99999999999999999999999", o.Opaque("int")),
    ],
)
def test_values_keep_what_a_rule_may_care_for(text, value):
    assert python(f"X = {text}\n").assignments[0].value == value


def test_values_are_kept_to_a_depth_and_length():
    deep = python("X = " + "[" * 30 + "]" * 30 + "\n").assignments[0].value
    levels = 0
    while isinstance(deep, o.Many) and deep.items:
        deep, levels = deep.items[0], levels + 1
    assert levels == 12
    assert deep == o.Opaque("list")
    long = python(f"X = '{'a' * 5_000}'\nY = [{'1, ' * 5_000}]\n").assignments
    assert isinstance(long[0].value, str)
    assert len(long[0].value) == 1_001
    assert isinstance(long[1].value, o.Many)
    assert len(long[1].value.items) == 400


def test_lines_count_from_one_and_columns_in_bytes():
    found = python("x = 'äöü'; target()\n")
    (item,) = found.calls
    assert (item.line, item.column) == (1, len("x = 'äöü'; ".encode()))
    assert found.lines == 2


# ---- Python: bytes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftarget()\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe4'\ntarget()\n",
        b"target()\r\n",
        b"if x:\r\n\ttarget()\r\n",
        b"target()",
        b"\x0ctarget()\n",
    ],
    ids=["byte order mark", "latin-1", "carriage returns", "tabs", "no last line end", "form feed"],
)
def test_unusual_bytes_that_python_reads_are_read(content):
    found = read_outline("python", content)
    assert isinstance(found, o.PythonOutline)
    assert [item.name for item in found.calls] == ["target"]


def test_an_empty_file_has_an_empty_outline():
    found = python("")
    assert (found.lines, found.calls, found.classes) == (1, [], [])


def test_every_outline_survives_its_encoding():
    texts = {
        "python": (
            "# plumbline: ignore[MOD01] because\nclass A(B):\n    x = [1, {'a': f(b)}]\n\n"
            "async def f(a: int = 1):\n    await g()\n    for b in c:\n        pass\n"
        ),
        "toml": "[a]\nb = [1, 2.5, 'c', 2020-01-01]\n",
        "ini": "[a]\nb = c\nd\n",
        "lock": '[[package]]\nname = "Django"\nversion = "6.1"\n',
        "yaml": "a: [1, b, true, null]\n---\nc: d\n",
        "requirements": "Django[argon2]>=6 ; python_version > '3'\n-r base.txt\n",
        "template": "{% load x %}{# plumbline: ignore[TPL01] because #}\n{% if y %}{% endif %}",
        "text": "all: \\\n  test\n# comment\n\trun it\n",
    }
    for kind, text in texts.items():
        found = read_outline(kind, text.encode())
        assert not isinstance(found, o.Unreadable), kind
        assert o.decode(outline_bytes(kind, text.encode())) == found


# ---- suppressions --------------------------------------------------------------------------------------------


def test_a_suppression_speaks_of_its_own_line_or_the_next_statement():
    text = (
        "x = 1  # plumbline: ignore[MOD01] first\n"
        "# plumbline: ignore[MOD02, CEL03] second until=2026-12-31\n"
        "# and a word more\n"
        "\n"
        "y = 2\n"
        "z = '# plumbline: ignore[MOD03] in a string'\n"
        "w = 1  # plumbline: ignore[MOD04]\n"
    )
    assert python(text).suppressions == [
        o.Suppression(1, ["MOD01"], "first", "", 1),
        o.Suppression(5, ["MOD02", "CEL03"], "second", "2026-12-31", 2),
        o.Suppression(7, ["MOD04"], "", "", 7),
    ]


def test_other_files_have_suppressions_too():
    toml = read_outline("toml", b"a = 1  # plumbline: ignore[RUF01] why\n")
    yaml = read_outline("yaml", b"# plumbline: ignore[CI01] why\na: 1\n")
    template = read_outline("template", b"\n{# plumbline: ignore[TPL01] why #}{% x %}\n")
    assert isinstance(toml, o.TomlOutline)
    assert toml.suppressions == [o.Suppression(1, ["RUF01"], "why", "", 1)]
    assert isinstance(yaml, o.YamlOutline)
    assert yaml.suppressions == [o.Suppression(2, ["CI01"], "why", "", 1)]
    assert isinstance(template, o.TemplateOutline)
    assert template.suppressions == [o.Suppression(2, ["TPL01"], "why", "", 2)]


# ---- other kinds ---------------------------------------------------------------------------------------------


def test_a_template_shows_its_tags_outside_comments_and_verbatim_blocks():
    text = (
        "{% extends 'base.html' %}\n{# {% no %} #}\n{% comment %}{% no %}{% endcomment %}\n"
        "{% verbatim x %}{% no %}{% endverbatim %}{% no %}{% endverbatim x %}\n{%  url  'a'  b %}\n"
    )
    found = read_outline("template", text.encode())
    assert isinstance(found, o.TemplateOutline)
    assert [(t.name, t.rest, t.line) for t in found.tags] == [
        ("extends", "'base.html'", 1),
        ("url", "'a'  b", 5),
    ]


def test_requirements_are_normalised():
    text = (
        "Django_Redis[hiredis,x]==6.0 ; python_version > '3.8'  # why\n-r base.txt\n--constraint=c.txt\n\n# no\n"
        "git+https://example.org/x.git#egg=My.Thing\n--hash=sha256:0\n"
    )
    found = read_outline("requirements", text.encode())
    assert isinstance(found, o.RequirementsOutline)
    assert [(r.name, r.extras, r.specifier, r.line) for r in found.requirements] == [
        ("django-redis", ["hiredis", "x"], "==6.0", 1),
        ("my-thing", [], "", 6),
    ]
    assert found.includes == ["base.txt", "c.txt"]


def test_a_lock_file_gives_names_and_versions():
    text = (
        'version = 1\n[[package]]\nname = "Django"\nversion = "6.1.3"\n\n[package.metadata]\nname = "no"\n'
        '[[package]]\nname = "a_b"\nversion = "2"\n'
    )
    found = read_outline("lock", text.encode())
    assert found == o.LockOutline({"django": "6.1.3", "a-b": "2"})


def test_yaml_is_plain_values_with_github_s_on_kept():
    text = "on: [push]\nbase: &b {x: 1}\njob:\n  <<: *b\n  y: 'yes'\n  z: yes\n  n: ~\n  v: 3.10\n"
    found = read_outline("yaml", text.encode())
    assert isinstance(found, o.YamlOutline)
    assert found.documents == [
        {
            "on": ["push"],
            "base": {"x": 1},
            "job": {"x": 1, "y": "yes", "z": True, "n": None, "v": "3.10"},
        }
    ]


def test_a_command_file_joins_continued_lines_and_drops_comments():
    found = read_outline("text", b"# no\nworker: celery \\\n  --beat\n\nweb: x\n")
    assert found == o.TextOutline([(2, "worker: celery  --beat"), (5, "web: x")])


def test_an_ini_file_keeps_the_case_of_options_and_bare_keys():
    found = read_outline("ini", b"[tool:pytest]\nDJANGO_SETTINGS_MODULE = a.b\nbare\n")
    assert found == o.IniOutline({"tool:pytest": {"DJANGO_SETTINGS_MODULE": "a.b", "bare": ""}})
