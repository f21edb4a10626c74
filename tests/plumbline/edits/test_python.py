"""Edits of Python files: what each does to the text, and where each refuses."""

import pytest

from plumbline.edits import (
    AddComment,
    AddDecorator,
    AddImport,
    AddParameter,
    AddStatement,
    Assign,
    AwaitCall,
    AwaitProperty,
    CollectAsynchronously,
    DeferCall,
    Fix,
    IterateAsynchronously,
    MoveMember,
    NestKeyword,
    NotAsExpected,
    RemoveKeyword,
    RemoveStatement,
    RenameCall,
    RenameParameter,
    RequireKeywords,
    SetArgument,
    SetKeyword,
    SetValue,
    WrapCall,
)
from plumbline.edits.draft import Clash, Draft


def edited(source, *edits):
    content = source if isinstance(source, bytes) else source.encode()
    draft = Draft({"a.py": content})
    draft.add(Fix(list(edits)))
    after = draft.changed().get("a.py", content)
    return after if isinstance(source, bytes) else after.decode()


# ---- calls as a whole ----


def deferred(call="f", column=0):
    return DeferCall("a.py", 1, column, call, "on_commit")


@pytest.mark.parametrize(
    ("before", "after", "edit"),
    [
        ("f(1)\n", "on_commit(lambda: f(1))\n", deferred()),
        ("f(\n    1,\n)\n", "on_commit(lambda: f(\n    1,\n))\n", deferred()),
        ("(f(1))\n", "on_commit(lambda: (f(1)))\n", deferred(column=1)),
        ("g(f(1), 2)\n", "g(on_commit(lambda: f(1)), 2)\n", deferred(column=2)),
        ("a.b.f(1)  # why\n", "on_commit(lambda: a.b.f(1))  # why\n", deferred("a.b.f")),
    ],
)
def test_a_call_is_deferred(before, after, edit):
    assert edited(before, edit) == after


@pytest.mark.parametrize("source", ["f(1).get()\n", "f(1)[0]\n", "f(1)(2)\n"])
def test_a_call_whose_result_is_used_at_once_is_not_deferred(source):
    with pytest.raises(NotAsExpected):
        edited(source, deferred())


# ---- keyword arguments ----


def keyword(line=1, column=0, call="f", name="b", value="2"):
    return SetKeyword("a.py", line, column, call, name, value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()\n", "f(b=2)\n"),
        ("f(1)\n", "f(1, b=2)\n"),
        ("f(1, )\n", "f(1, b=2, )\n"),
        ("f(1, b=3)\n", "f(1, b=2)\n"),
        ("f(1, b=(3 + 4), c=5)\n", "f(1, b=2, c=5)\n"),
        ("f(\n    1,\n    a=3,\n)\n", "f(\n    1,\n    a=3,\n    b=2,\n)\n"),
        ("f(\n    1,  # one\n)\n", "f(\n    1,  # one\n    b=2,\n)\n"),
        ("f(\n    1  # one\n)\n", "f(\n    1,  # one\n    b=2\n)\n"),
        ("f(\n    1\n)\n", "f(\n    1,\n    b=2\n)\n"),
        ("f(1,\n  2)\n", "f(1,\n  2, b=2)\n"),
        ("f(\r\n    1,\r\n)\r\n", "f(\r\n    1,\r\n    b=2,\r\n)\r\n"),
        ("f((1))\n", "f((1), b=2)\n"),
        ("f(g(1))(3)\n", "f(g(1), b=2)(3)\n"),
        ("f(*args)\n", "f(*args, b=2)\n"),
    ],
)
def test_a_keyword_takes_the_layout_of_the_call(before, after):
    assert edited(before, keyword()) == after


@pytest.mark.parametrize(
    "source",
    [
        "f(**options)\n",
        "f(x for x in y)\n",
        "g(1)\n",
        "x = f(1)\n",
        "f(\n    # nothing yet\n)\n",
        "f(1\n",
    ],
)
def test_a_keyword_is_refused_where_the_call_is_not_as_expected(source):
    with pytest.raises(NotAsExpected):
        edited(source, keyword())


def test_columns_count_bytes_and_lines_count_from_one():
    source = "# é\nx = 'éü'; f(1)\n"
    assert edited(source, keyword(2, 12)) == "# é\nx = 'éü'; f(1, b=2)\n"


def test_a_chain_is_told_by_its_name():
    edit = SetKeyword("a.py", 1, 0, "Q.filter().get", "pk", "1")
    assert edited("Q.filter(a=1).get().save()\n", edit) == "Q.filter(a=1).get(pk=1).save()\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(b=1)\n", "f()\n"),
        ("f(b=1,)\n", "f()\n"),
        ("f(1, b=2)\n", "f(1)\n"),
        ("f(b=2, c=3)\n", "f(c=3)\n"),
        ("f(\n    1,\n    b=2,\n    c=3,\n)\n", "f(\n    1,\n    c=3,\n)\n"),
        ("f(\n    1,\n    b=2,\n)\n", "f(\n    1,\n)\n"),
    ],
)
def test_a_keyword_goes_with_its_comma(before, after):
    assert edited(before, RemoveKeyword("a.py", 1, 0, "f", "b")) == after


def test_a_keyword_with_a_comment_beside_it_stays():
    with pytest.raises(NotAsExpected):
        edited("f(\n    b=2,  # why\n    c=3,\n)\n", RemoveKeyword("a.py", 1, 0, "f", "b"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(1, b=2)\n", "f(x.y, b=2)\n"),
        ("f((1), 2)\n", "f(x.y, 2)\n"),
        ("f(\n    1,  # one\n)\n", "f(\n    x.y,  # one\n)\n"),
    ],
)
def test_a_positional_argument_is_replaced(before, after):
    assert edited(before, SetArgument("a.py", 1, 0, "f", 0, "x.y")) == after


@pytest.mark.parametrize("source", ["f()\n", "f(a=1)\n", "f(*a)\n", "g(1)\n"])
def test_an_argument_that_is_not_there_is_not_replaced(source):
    with pytest.raises(NotAsExpected):
        edited(source, SetArgument("a.py", 1, 0, "f", 0, "x.y"))


# ---- parameters ----


def rename(line=1, column=0):
    return RenameParameter("a.py", line, column, "req", "request")


def test_a_parameter_is_renamed_with_its_uses_and_nothing_else():
    before = (
        "def view(req, pk, *, x=1):  # req\n"
        '    """req"""\n'
        "    a = req.user.req\n"
        "    g(req=req, x=[req for i in req])\n"
        '    return f"{req} {x}", lambda: req\n\n\n'
        "req = 3\n"
    )
    after = (
        "def view(request, pk, *, x=1):  # req\n"
        '    """req"""\n'
        "    a = request.user.req\n"
        "    g(req=request, x=[request for i in request])\n"
        '    return f"{request} {x}", lambda: request\n\n\n'
        "req = 3\n"
    )
    assert edited(before, rename()) == after


def test_a_nested_function_that_uses_the_parameter_follows():
    before = "def view(req):\n    def inner():\n        return req\n    return inner\n"
    assert edited(before, rename()) == before.replace("req)", "request)").replace(
        "return req", "return request"
    )


def test_a_method_below_a_decorator_is_found_by_its_def():
    before = "class A:\n    @b\n    async def get(self, req):\n        return req\n"
    assert edited(before, rename(3, 4)) == before.replace("req", "request")


@pytest.mark.parametrize(
    "body",
    [
        "return request",
        "request = req",
        "return locals()",
        "return lambda req: req",
        "return [req for req in x] + [req]",
        "def inner():\n        nonlocal req\n        req = 1",
        "def inner(req):\n        return req",
    ],
)
def test_a_parameter_stays_where_a_name_may_mean_something_else(body):
    with pytest.raises(NotAsExpected):
        edited(f"def view(req):\n    {body}\n", rename())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a, b=1):\n    pass\n", "def f(*, a, b=1):\n    pass\n"),
        ("def f(a, *, b): pass\n", "def f(*, a, b): pass\n"),
        ("def f(\n    a: int,\n    **k,\n): pass\n", "def f(\n    *, a: int,\n    **k,\n): pass\n"),
    ],
)
def test_all_arguments_are_taken_by_keyword(before, after):
    assert edited(before, RequireKeywords("a.py", 1, 0)) == after


@pytest.mark.parametrize("source", ["def f(a, /): pass\n", "def f(*a): pass\n", "def f(): pass\n"])
def test_arguments_that_have_no_keyword_stay_positional(source):
    with pytest.raises(NotAsExpected):
        edited(source, RequireKeywords("a.py", 1, 0))


# ---- members ----


def test_a_member_moves_with_comments_and_decorators():
    before = (
        "class A:\n"
        "    x = 1\n"
        "    # on the way up\n"
        "    def f(self):\n"
        "        pass\n"
        "\n"
        "    # travels\n"
        "    @property\n"
        "    # also travels\n"
        "    def g(self):\n"
        '        return """\n'
        '# in a string"""\n'
        "        # at its end\n"
        "\n"
        "    def h(self): pass\n"
    )
    after = (
        "class A:\n"
        "    x = 1\n"
        "\n"
        "    # travels\n"
        "    @property\n"
        "    # also travels\n"
        "    def g(self):\n"
        '        return """\n'
        '# in a string"""\n'
        "        # at its end\n"
        "\n"
        "    # on the way up\n"
        "    def f(self):\n"
        "        pass\n"
        "\n"
        "    def h(self): pass\n"
    )
    assert edited(before, MoveMember("a.py", 10, 4)) == after


def test_a_member_moves_from_the_end_of_a_file_without_a_last_line_end():
    before = "class A:\n    def f(self): pass\n\n    class Meta: pass"
    assert edited(before, MoveMember("a.py", 4, 2)) == (
        "class A:\n    class Meta: pass\n\n    def f(self): pass\n"
    )


def test_what_follows_the_class_stays_where_it_is():
    before = "class A:\n    def f(self): pass\n\n    class Meta: pass\n\n\nclass B: pass\n"
    assert edited(before, MoveMember("a.py", 4, 2)) == (
        "class A:\n    class Meta: pass\n\n    def f(self): pass\n\n\nclass B: pass\n"
    )


def test_windows_line_ends_are_kept():
    before = "class A:\r\n    def f(self): pass\r\n\r\n    class Meta: pass\r\n"
    after = edited(before, MoveMember("a.py", 4, 2))
    assert after.count("\r\n") == after.count("\n")


@pytest.mark.parametrize(
    ("source", "line", "before"),
    [
        ("class A:\n    def f(self): pass\n    def g(self): pass\n", 2, 3),
        ("class A:\n    x = 1\n    y = 2\n", 3, 2),
        ("class A:\n    def f(self): pass\nclass B:\n    def g(self): pass\n", 4, 2),
        ("class A: x = 1\n", 1, 1),
        ("class A:\n    def f(self): pass\n    @f\n    def g(self): pass\n", 4, 2),
        ("class A:\n    f = 1\n    def g(self, x=f): pass\n", 3, 2),
        ("class A:\n    def g(self): return 1\n    def g(self): return 2\n", 3, 2),
        ("class A:\n    if x:\n        def g(self): pass\n    def g(self): pass\n", 4, 2),
        ("class A:\n    class B: pass\n    class C(B): pass\n", 3, 2),
        ("def f(): pass\ndef g(): pass\n", 2, 1),
    ],
)
def test_a_member_that_need_not_or_cannot_move_is_refused(source, line, before):
    with pytest.raises(NotAsExpected):
        edited(source, MoveMember("a.py", line, before))


# ---- modules and functions ----


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\nx = 1\n", "import os\nfrom m import n\n\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nfrom m import n\n\nx = 1\n'),
        ("# comment\nx = 1\n", "# comment\nfrom m import n\n\nx = 1\n"),
        ("from m import n\nx = 1\n", "from m import n\nx = 1\n"),
        ("from m import (\n    a,\n)\n", "from m import (\n    a,\n)\nfrom m import n\n"),
    ],
)
def test_an_import_joins_the_others(before, after):
    assert edited(before, AddImport("a.py", "m", "n")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f():\n    a()  # x\n", "def f():\n    a()  # x\n    go()\n"),
        ("def f():\n    pass\n", "def f():\n    go()\n"),
        ("def f(): pass\n", "def f():\n    go()\n"),
        ('def f():\n    """Doc."""\n', 'def f():\n    """Doc."""\n    go()\n'),
        ("def f():\n\tif a:\n\t\tb()\n", "def f():\n\tif a:\n\t\tb()\n\tgo()\n"),
        ("def f():\n    return 1\n", "def f():\n    go()\n    return 1\n"),
    ],
)
def test_a_statement_is_added_at_the_end_of_a_function(before, after):
    assert edited(before, AddStatement("a.py", 1, 0, "go()")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("X_A = 1\nY = 2\n", "X_A = 1\nX_B = 3\nY = 2\n"),
        ("Y = 2", "Y = 2\nX_B = 3\n"),
        ("", "X_B = 3\n"),
    ],
)
def test_a_name_is_bound_beside_its_family(before, after):
    assert edited(before, Assign("a.py", "X_B", "3")) == after


def test_a_name_that_is_bound_already_is_left_alone():
    with pytest.raises(NotAsExpected):
        edited("X_B = 1\n", Assign("a.py", "X_B", "3"))


def test_a_value_is_replaced_with_its_parentheses():
    before = "class C:\n    x = (\n        1\n    )  # why\n"
    assert edited(before, SetValue("a.py", 2, "3")) == "class C:\n    x = 3  # why\n"


# ---- asynchronous code ----


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    x = q.get(pk=1)\n", "    x = await q.aget(pk=1)\n"),
        ("    x = q.get(pk=1).name\n", "    x = (await q.aget(pk=1)).name\n"),
        ("    x = (q.get(pk=1)).name\n", "    x = (await q.aget(pk=1)).name\n"),
        ("    x = not q.get(pk=1)\n", "    x = not await q.aget(pk=1)\n"),
        ("    x = [q.get(pk=1)[0]]\n", "    x = [(await q.aget(pk=1))[0]]\n"),
    ],
)
def test_a_call_is_awaited_under_its_new_name(before, after):
    edit = AwaitCall("a.py", 2, before.index("q."), "q.get", "aget")
    assert edited(f"async def f():\n{before}", edit) == f"async def f():\n{after}"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    q.get()\n",
        "async def f():\n    def g():\n        q.get()\n",
        "async def f():\n    return lambda: q.get()\n",
        "async def f():\n    return any(q.get() for x in y)\n",
    ],
)
def test_nothing_is_awaited_where_nobody_can_wait(source):
    offset = source.index("q.")
    line = source.count("\n", 0, offset) + 1
    column = offset - source.rindex("\n", 0, offset) - 1
    with pytest.raises(NotAsExpected):
        edited(source, AwaitCall("a.py", line, column, "q.get", "aget"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("for x in q.all():\n        pass", "async for x in q.all():\n        pass"),
        ("return [x for x in q.all()]", "return [x async for x in q.all()]"),
        (
            "return {x: y for (x, y) in (q.all())}",
            "return {x: y async for (x, y) in (q.all())}",
        ),
    ],
)
def test_a_loop_becomes_asynchronous(before, after):
    edit = IterateAsynchronously("a.py", 2, "q.all()")
    assert edited(f"async def f():\n    {before}\n", edit) == f"async def f():\n    {after}\n"


def test_a_generator_does_not_become_asynchronous():
    with pytest.raises(NotAsExpected):
        edited(
            "async def f():\n    return any(x for x in q.all())\n",
            IterateAsynchronously("a.py", 2, "q.all()"),
        )


def test_a_list_becomes_a_comprehension():
    before = "async def f():\n    return list((q.all()))\n"
    after = "async def f():\n    return [item async for item in (q.all())]\n"
    assert edited(before, CollectAsynchronously("a.py", 2, 11)) == after


# ---- statements ----


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("A = 1\n\nB = 2\n\nC = 3\n", 3, "A = 1\n\nC = 3\n"),
        ("A = 1\nB = 2\n\nC = 3\n", 2, "A = 1\n\nC = 3\n"),
        ("A = 1\n\n# why\n# so\nB = 2\n", 5, "A = 1\n"),
        ("B = 2\n\nC = 3\n", 1, "C = 3\n"),
        ("class A:\n    b = 2\n", 2, "class A:\n    pass\n"),
        ("class A:\n    b = 2\n\n    c = 3\n\n\nd = 4\n", 2, "class A:\n    c = 3\n\n\nd = 4\n"),
        ("class A:\n    b = 2\n\n    c = 3\n\n\nd = 4\n", 4, "class A:\n    b = 2\n\n\nd = 4\n"),
        ("A = [\n    1,\n]\nB = 2\n", 1, "B = 2\n"),
    ],
)
def test_an_assignment_goes_with_its_comments_and_gap(before, line, after):
    assert edited(before, RemoveStatement("a.py", line)) == after


@pytest.mark.parametrize("source", ["A = 1; B = 2\n", "f()\n", "if a: b = 1\n", "\n"])
def test_what_is_no_assignment_on_lines_of_its_own_stays(source):
    with pytest.raises(NotAsExpected):
        edited(source, RemoveStatement("a.py", 1))


def test_members_move_as_a_block():
    before = (
        "class A:\n    def f(self):\n        pass\n\n"
        "    @property\n    def g(self):\n        pass\n\n"
        "    @g.setter\n    def g(self, value):\n        pass\n"
    )
    after = (
        "class A:\n    @property\n    def g(self):\n        pass\n\n"
        "    @g.setter\n    def g(self, value):\n        pass\n\n"
        "    def f(self):\n        pass\n"
    )
    assert edited(before, MoveMember("a.py", 5, 2, 9)) == after


# ---- files ----


def test_a_byte_order_mark_and_an_old_encoding_are_kept():
    assert edited(b"\xef\xbb\xbff(1)\n", keyword()) == b"\xef\xbb\xbff(1, b=2)\n"
    source = "# coding: latin-1\nx = 'é'; f('é')\n".encode("latin-1")
    expected = "# coding: latin-1\nx = 'é'; f('é', b=2)\n".encode("latin-1")
    assert edited(source, keyword(2, 10)) == expected


@pytest.mark.parametrize(
    "source",
    [
        "(" * 200 + ")" * 200 + "\n",
        "x = " + "-" * 5_000 + "1\n",
        "match x:\n    case " + "[" * 24 + "]" * 24 + ":\n        pass\n",
        "x = " + " and ".join("a" * 5_000) + "\n",
        "import a" + ".b" * 1_000 + "\n",
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 1_000,
        "#" * (300 << 10) + "\n",
        "x = '\0'\n",
    ],
    ids=[
        "parentheses", "unary", "patterns", "boolean", "dotted", "elif", "large", "null",
    ],
)  # fmt: skip
def test_what_kills_libcst_never_reaches_it(source):
    with pytest.raises(NotAsExpected):
        edited(source, keyword())


def test_newer_syntax_is_edited_too():
    before = "try:\n    f(1)\nexcept A, B:\n    pass\n"
    assert edited(before, keyword(2, 4)) == before.replace("f(1)", "f(1, b=2)")


def test_a_fix_is_applied_whole_or_not_at_all():
    draft = Draft({"a.py": b"f(1)\ng(1)\n"})
    with pytest.raises(NotAsExpected):
        draft.add(Fix([keyword(), keyword(2, 0, "h")]))
    with pytest.raises(NotAsExpected):
        draft.add(Fix([keyword(), SetKeyword("missing.py", 1, 0, "f", "b", "2")]))
    assert draft.changed() == {}


def test_a_fix_at_the_place_of_another_has_to_wait():
    draft = Draft({"a.py": b"f(1)\n"})
    draft.add(Fix([keyword(name="b")]))
    with pytest.raises(Clash):
        draft.add(Fix([keyword(name="c")]))
    assert draft.changed() == {"a.py": b"f(1, b=2)\n"}


def test_several_fixes_may_add_their_lines_at_one_place():
    draft = Draft({"a.py": b"import os\n"})
    for name in ("n", "o", "n"):
        draft.add(Fix([AddImport("a.py", "m", name)]))
    assert draft.changed() == {"a.py": b"import os\nfrom m import n\nfrom m import o\n"}


# ---- parameters, comments ----


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a):\n    pass\n", "def f(a, **kwargs):\n    pass\n"),
        ("def f(a, ):\n    pass\n", "def f(a, **kwargs ):\n    pass\n"),
        (
            "def f(a: int = 1, *, b) -> None: pass\n",
            "def f(a: int = 1, *, b, **kwargs) -> None: pass\n",
        ),
        (
            "def f(\n    a,\n    b,\n):\n    pass\n",
            "def f(\n    a,\n    b,\n    **kwargs,\n):\n    pass\n",
        ),
        (
            "def f(\n    a,\n    b\n):\n    pass\n",
            "def f(\n    a,\n    b,\n    **kwargs\n):\n    pass\n",
        ),
        ("def f(\n    a, b\n):\n    pass\n", "def f(\n    a, b,\n    **kwargs\n):\n    pass\n"),
        ("def f(a,\n      *b):\n    pass\n", "def f(a,\n      *b, **kwargs):\n    pass\n"),
    ],
)
def test_a_parameter_is_added_in_the_layout_of_the_list(before, after):
    assert edited(before, AddParameter("a.py", 1, 0, "**kwargs")) == after


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    pass\n",
        "def f(a, **options):\n    pass\n",
        "def f(\n    a  # first\n):\n    pass\n",
        "f = 1\n",
    ],
)
def test_a_parameter_is_refused_where_the_list_is_not_as_expected(source):
    with pytest.raises(NotAsExpected):
        edited(source, AddParameter("a.py", 1, 0, "**kwargs"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n", "import a  # note\n"),
        ("import a  # why\n", "import a  # why  # note\n"),
        ("import a", "import a  # note"),
        ("if x:\n    pass\n", None),
        ("import a, \\\n    b\n", None),
        ("x = '''\n'''\n", None),
    ],
)
def test_a_comment_is_added_behind_a_whole_statement_alone(before, after):
    if after is None:
        with pytest.raises(NotAsExpected):
            edited(before, AddComment("a.py", 1, "# note"))
    else:
        assert edited(before, AddComment("a.py", 1, "# note")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("login(r, u)", "await alogin(r, u)"),
        ("login(r).x", "(await alogin(r)).x"),
    ],
)
def test_a_function_is_awaited_under_its_other_name(before, after):
    edit = AwaitCall("a.py", 2, 4, "login", "alogin")
    assert edited(f"async def f():\n    {before}\n", edit) == f"async def f():\n    {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x(r.user)", "x(await r.auser())"),
        ("x(r.user.pk)", "x((await r.auser()).pk)"),
        ("x(r.user[0])", "x((await r.auser())[0])"),
        ("x(not r.user)", None),
        ("[x for x in r.user.y]", None),
    ],
)
def test_a_method_is_awaited_in_place_of_an_attribute(before, after):
    source = f"async def f():\n    {before}\n"
    column = 4 + before.index("r.user")
    after = after or before.replace("r.user.y", "(await r.auser()).y").replace(
        "r.user", "await r.auser()"
    )
    edit = AwaitProperty("a.py", 2, column, "r.user", "auser")
    assert edited(source, edit) == f"async def f():\n    {after}\n"


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    r.user\n",
        "async def f():\n    return (x for x in y if r.user)\n",
        "async def f():\n    return lambda: r.user\n",
        "async def f():\n    r.users\n",
    ],
)
def test_nothing_is_awaited_where_that_is_not_allowed(source):
    line = source.count("\n")
    column = source.splitlines()[-1].index("r.user")
    with pytest.raises(NotAsExpected):
        edited(source, AwaitProperty("a.py", line, column, "r.user", "auser"))


def test_a_call_is_handed_to_another_and_one_is_renamed():
    wrap = WrapCall("a.py", 1, 4, "f", "g")
    assert edited("x = f(1)\n", wrap) == "x = g(f(1))\n"
    assert edited("x = a.f(1)\n", RenameCall("a.py", 1, 4, "a.f", "g")) == "x = a.g(1)\n"
    assert edited("x = f(1)\n", RenameCall("a.py", 1, 4, "f", "g")) == "x = g(1)\n"
    with pytest.raises(NotAsExpected):
        edited("x = f()(1)\n", RenameCall("a.py", 1, 4, "f()", "g"))


@pytest.mark.parametrize(
    ("before", "line", "column", "after"),
    [
        ("def f():\n    pass\n", 1, 0, "@a.b\ndef f():\n    pass\n"),
        (
            "class C:\n    @x\n    async def f(self): ...\n",
            3,
            4,
            "class C:\n    @x\n    @a.b\n    async def f(self): ...\n",
        ),
    ],
)
def test_a_decorator_is_put_right_above_its_function(before, line, column, after):
    assert edited(before, AddDecorator("a.py", line, column, "a.b")) == after


def test_a_function_is_not_decorated_twice():
    with pytest.raises(NotAsExpected):
        edited("@a.b\ndef f():\n    pass\n", AddDecorator("a.py", 2, 0, "a.b"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n", "import a\nimport pytest\n"),
        ("import a, pytest\n", "import a, pytest\n"),
        ("import pytest as p\n", "import pytest as p\nimport pytest\n"),
    ],
)
def test_a_module_itself_is_imported(before, after):
    assert edited(before, AddImport("a.py", "", "pytest")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(A='b', c=1)\n", "f(h={'A-B': 'b'}, c=1)\n"),
        (
            "f(\n    A=(\n        b\n    ),  # why\n)\n",
            'f(\n    h={"A-B": (\n        b\n    )},  # why\n)\n',
        ),
        ('f(A=f"{b}")\n', 'f(h={"A-B": f"{b}"})\n'),
    ],
)
def test_a_keyword_is_put_in_a_dict_in_its_own_quotes(before, after):
    assert edited(before, NestKeyword("a.py", 1, 0, "f", "A", "h", "A-B")) == after


def test_a_keyword_that_is_not_there_is_not_put_in_a_dict():
    with pytest.raises(NotAsExpected, match="no argument"):
        edited("f(b=1)\n", NestKeyword("a.py", 1, 0, "f", "A", "h", "A-B"))


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("f('a', 'b')\n", '"c"', "f('a', 'b', x='c')\n"),
        ("f('a', \"b\")\n", '"c"', 'f(\'a\', "b", x="c")\n'),
        ("f('a', 'b')\n", '"it\'s"', "f('a', 'b', x=\"it's\")\n"),
        ("f('a', 'b')\n", '["c", ""]', "f('a', 'b', x=[\"c\", \"\"])\n"),
    ],
)
def test_new_code_has_the_quotes_of_the_file(before, value, after):
    assert edited(before, SetKeyword("a.py", 1, 0, "f", "x", value)) == after
