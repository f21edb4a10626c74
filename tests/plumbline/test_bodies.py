"""What a function's body says as a whole, and the comments and elements that outlines keep."""

import pytest

from plumbline import outline as o
from plumbline.extract import read_outline
from tests.plumbline.outlines import python


def function_of(body: str) -> o.Function:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return python(f"def f(given):\n{lines}\n").functions[0]


@pytest.mark.parametrize(
    ("body", "exits"),
    [
        ("pass", o.FALLS_THROUGH),
        ("return", o.RETURNS_NOTHING),
        ("return 1", o.RETURNS_VALUE),
        ("raise X", o.RAISES),
        ("if a:\n    return 1", o.RETURNS_VALUE | o.FALLS_THROUGH),
        ("if a:\n    return 1\nelse:\n    raise X", o.RETURNS_VALUE | o.RAISES),
        ("while True:\n    pass", 0),
        ("while True:\n    if a:\n        break", o.FALLS_THROUGH),
        ("while a:\n    return 1", o.RETURNS_VALUE | o.FALLS_THROUGH),
        ("with a:\n    return 1", o.RETURNS_VALUE),
        ("try:\n    return 1\nexcept X:\n    pass", o.RETURNS_VALUE | o.FALLS_THROUGH),
        ("try:\n    pass\nfinally:\n    return 1", o.RETURNS_VALUE),
        ("match a:\n    case 1:\n        return 1", o.RETURNS_VALUE | o.FALLS_THROUGH),
        ("match a:\n    case _:\n        return 1", o.RETURNS_VALUE),
        ("def inner():\n    return 1", o.FALLS_THROUGH),
    ],
)
def test_a_function_says_how_it_ends(body, exits):
    assert function_of(body).exits == exits


@pytest.mark.parametrize(
    ("body", "sections"),
    [
        ("pass", 0),
        ('"""Say."""', o.HAS_DOCSTRING),
        ('"""Say.\n\nArgs:\n    x: y\n"""', o.HAS_DOCSTRING | o.DOCUMENTS_ARGUMENTS),
        ('"""Say.\n\nReturns\n-------\nint\n"""', o.HAS_DOCSTRING | o.DOCUMENTS_RETURN),
        (
            '"""Say.\n\n:param x: y\n:raises Z: w\n"""',
            1 | o.DOCUMENTS_ARGUMENTS | o.DOCUMENTS_ERRORS,
        ),
    ],
)
def test_a_docstring_says_which_sections_it_has(body, sections):
    assert function_of(body).documented == sections


def test_watched_chains_are_kept_where_they_are_only_read():
    reads = function_of('x = request.user.email\ny(self.scope["user"].name, a.b)').reads
    assert [read.name for read in reads] == [
        "request.user.email",
        'self.scope["user"].name',
    ]


def test_a_watched_chain_that_is_bound_or_deleted_says_so():
    reads = function_of("request.user = x\nrequest.user\ndel request.user").reads
    assert [(read.name, bool(read.flags & o.STORED)) for read in reads] == [
        ("request.user", True),
        ("request.user", False),
        ("request.user", True),
    ]


@pytest.mark.parametrize(
    ("body", "unbound"),
    [
        ("try:\n    a = 1\nexcept X:\n    print(a)", ["a"]),
        ("a = None\ntry:\n    a = 1\nexcept X:\n    print(a)", []),
        ("try:\n    given = 1\nexcept X:\n    print(given)", []),
        ("try:\n    a = 1\nexcept X:\n    a = 2\n    print(a)", []),
        ("try:\n    pass\nexcept X:\n    print(a)", []),
    ],
)
def test_a_handler_knows_names_that_may_be_unbound_in_it(body, unbound):
    (handler,) = function_of(body).handlers
    assert handler.unbound == unbound
    assert handler.types == ["X"]


def test_calls_know_the_clause_that_they_stand_in():
    calls = python(
        "def f():\n    try:\n        a()\n    except X:\n        b()\n    finally:\n        c()\n"
    ).calls
    assert [call.flags & (o.IN_TRY | o.IN_EXCEPT | o.IN_FINALLY) for call in calls] == [
        o.IN_TRY,
        o.IN_EXCEPT,
        o.IN_FINALLY,
    ]


def test_names_that_decide_a_condition_are_kept():
    assert function_of("if not a and b.c:\n    pass\nwhile d:\n    pass").tested == [
        ("a", 2),
        ("d", 4),
    ]


def test_noqa_comments_are_kept_with_their_codes():
    text = "# ruff: noqa: E501\nimport a  # noqa\nimport b  # noqa: F401, E402 because\nc = 1  # noqaX\n"
    assert python(text).noqa == [
        o.NoQa(1, ["E501"], True),
        o.NoQa(2, [], False),
        o.NoQa(3, ["F401", "E402"], False),
    ]


def test_statements_that_bind_an_underscore_are_kept():
    text = "for _ in x:\n    pass\ndef f():\n    a, _ = b\n    _ = 1\n"
    assert python(text).underscores == [(1, -1), (4, 0), (5, 0)]


def test_a_template_shows_its_script_and_style_elements():
    text = (
        "<!-- <script>x</script> -->\n"
        '<script nonce="{{ csp_nonce }}" {% if a > b %}defer{% endif %}>\nlet x = "<script>";\n</script>\n'
        "<STYLE>a</STYLE>\n{# <style>b</style> #}\n"
        '<script src="x"></script>\n'
    )
    outline = read_outline("template", text.encode())
    assert isinstance(outline, o.TemplateOutline)
    assert outline.elements == [
        o.Element("script", 'nonce="{{ csp_nonce }}" {% if a > b %}defer{% endif %}', 2, True),
        o.Element("style", "", 5, True),
        o.Element("script", 'src="x"', 7, False),
    ]


@pytest.mark.parametrize(
    "unit", ["<script>", '<script "', "<!--", "{% comment %}", "<script {", "<style>\n"]
)
def test_elements_that_never_close_cost_no_square(unit):
    content = (f"{unit * 50}\n" * (1 << 17)).encode()[: 1 << 20]
    assert isinstance(read_outline("template", content), o.TemplateOutline)


def test_a_chain_that_is_assigned_to_is_marked():
    reads = function_of("request.user = other.user\nx = request.user.is_authenticated").reads
    assert [(read.name, bool(read.flags & o.STORED)) for read in reads] == [
        ("other.user", False),
        ("request.user", True),
        ("request.user.is_authenticated", False),
    ]


def test_interpolated_strings_that_are_bound_are_kept():
    texts = function_of(
        'self.group = f"chat_{self.room}"\nname = f"{a}-{b}"\nx = "y"\nz(f"{q}")'
    ).texts
    assert [(item.name, item.text.template, item.text.fields, item.line) for item in texts] == [
        ("self.group", "chat_{}", ["self.room"], 2),
        ("name", "{}-{}", ["a", "b"], 3),
    ]


def test_the_keys_of_a_scope_are_kept():
    reads = function_of('x = self.scope["url_route"]["kwargs"]["room"]\ny = scope["user"]').reads
    assert [read.name for read in reads] == [
        'self.scope["url_route"]["kwargs"]["room"]',
        'scope["user"]',
    ]
