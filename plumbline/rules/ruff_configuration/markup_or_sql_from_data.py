# ruff: noqa: S608  (the examples show what the rule looks for)
"""RUF-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MARKUP = ("mark_safe", "SafeString", "SafeText")
_SQL = ("raw", "RawSQL", "execute", "executemany", "extra")
_EXTRA_OPTIONS = ("select", "where", "tables", "order_by")
_HARMLESS = frozenset(
    "escape conditional_escape escapejs format_html format_html_join urlencode urlquote mark_safe render_to_string "
    "render static reverse get_absolute_url pk id len count int float gettext gettext_lazy _ ngettext str_to_id "
    "json_script quote_name db_table column join clean sanitize bleach".split()
)
"""Last names of what yields no markup and no SQL of a user's: escaped text, addresses of routes, numbers, columns."""
_CURSORS = ("cursor", "cur", "c", "connection", "conn")
_MODULE = "from django.db import connection\nfrom django.utils.safestring import mark_safe\n"


class MarkupOrSqlFromData(Rule):
    """Finds SQL and safe HTML that are put together from values."""

    code = "RUF09"
    slug = "markup-or-sql-from-data"
    title = "No SQL and no safe HTML is put together from data"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Ruff Configuration"
    guide_lines = (86, 91)
    preview = True
    effort = Effort.HOUR
    what = (
        "An f-string, `%`, `+` or `.format()` as the SQL of `raw()`, `RawSQL()`, `extra()` or a cursor's `execute()`, "
        "or as the text of `mark_safe()`. Values that are escaped on the way in, constants, numbers, route addresses "
        "and quoted identifiers do not count; what a variable holds is not known."
    )
    why = (
        "Whatever text ends up in the value becomes part of the query or of the page. The database driver and "
        "`format_html()` escape values; string formatting does not."
    )
    how = (
        "Give values as parameters (`cursor.execute(sql, [value])`), name tables and columns with psycopg's "
        "`sql.Identifier` or `connection.ops.quote_name()`, and build markup with `format_html()`."
    )
    applies_when = (
        "something outside tests and migrations runs SQL of its own or marks text as safe"
    )
    absent = "no SQL of its own, and no text that is marked as safe"
    errata = (
        "The guide names raw SQL as a reason for Ruff's rules; this statement follows from that."
    )
    examples = (
        Example(
            "SQL from values",
            {
                "shop/selectors.py": _MODULE
                + (
                    "from shop.models import Order\n\n\ndef total(name, table):\n"
                    "    with connection.cursor() as cursor:\n"
                    "        cursor.execute(f\"SELECT 1 FROM shop WHERE name = '{name}'\")  # <-\n"
                    "        cursor.execute(\"SELECT 1 FROM shop WHERE name = '%s'\" % name)  # <-\n"
                    '        cursor.execute("SELECT 1 FROM " + table)  # <-\n'
                    '    Order.objects.raw("SELECT * FROM shop WHERE name = {}".format(name))  # <-\n'
                    "    return Order.objects.extra(where=[f\"name = '{name}'\"])  # <-\n"
                )
            },
        ),
        Example(
            "markup from values",
            {
                "shop/tags.py": _MODULE
                + (
                    "\n\ndef badge(value, color):\n"
                    '    first = mark_safe(f"<b>{value}</b>")  # <-\n'
                    '    return first + mark_safe("<i>%s</i>" % color)  # <-\n'
                )
            },
        ),
        Example(
            "parameters, constants and escaped values",
            {
                "shop/selectors.py": _MODULE
                + (
                    "from django.utils.html import escape, format_html\nfrom shop.models import Order\n\n"
                    'TABLE = "shop_order"\n\n\ndef total(name):\n'
                    "    with connection.cursor() as cursor:\n"
                    '        cursor.execute("SELECT 1 FROM shop WHERE name = %s", [name])\n'
                    '        cursor.execute(f"SELECT 1 FROM {TABLE} WHERE name = %s", [name])\n'
                    '    badge = mark_safe(f"<b>{escape(name)}</b>") + mark_safe("<br>")\n'
                    '    return format_html("<b>{}</b>{}", name, badge)\n'
                )
            },
            state="pass",
        ),
        Example(
            "SQL that is constant",
            {
                "shop/selectors.py": _MODULE
                + (
                    "from shop.models import Order\n\n\ndef recent():\n"
                    '    return Order.objects.raw("SELECT * FROM shop_order " "ORDER BY id")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "identifiers by psycopg and from the model",
            {
                "shop/selectors.py": _MODULE
                + (
                    "from psycopg import sql\nfrom shop.models import Order\n\n\ndef count(table):\n"
                    "    with connection.cursor() as cursor:\n"
                    '        cursor.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))\n'
                    '        cursor.execute(f"SELECT 1 FROM {Order._meta.db_table}")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "other things that are executed",
            {
                "shop/views.py": (
                    "import django\nfrom shop.graph import document, pipe\n\n\ndef answer(name):\n"
                    '    document.execute(f"query {name}")\n    pipe.execute()\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        for call in project.calls.named(*_MARKUP, *_SQL):
            is_markup = call.method in _MARKUP
            values = _texts(call)
            if not values:
                continue
            kinds = {_kind(value) for value in values}
            if "built" in kinds:
                yield call.violation(
                    f"`{call.method}()` gets markup that is put together from values; use `format_html()`, which "
                    f"escapes them"
                    if is_markup
                    else f"`{call.method}()` gets SQL that is put together from values; give them as parameters, and "
                    f"quote identifiers"
                )
            elif "unknown" in kinds:
                yield call.unknown("where the text comes from is not known")
            else:
                yield call.in_order()


def _texts(call: CallSite) -> list[o.Value]:
    """What a call takes for SQL or markup; nothing if it is another call of the same name."""
    outline, method = call.outline, call.method
    if method in _MARKUP or method == "RawSQL":
        if not call.target.startswith("django."):
            return []
        return outline.args[:1] or [value for _, value in outline.keywords[:1]]
    if method == "extra":
        if ".objects." not in outline.name and not call.has_keyword("where"):
            return []
        given = [value for name, value in outline.keywords if name in _EXTRA_OPTIONS]
        return [item for value in given for item in _leaves(value)]
    owner = outline.name.rpartition(".")[0].removesuffix("()").rpartition(".")[2].lower()
    if method == "raw":
        return outline.args[:1] if owner == "objects" or "()" in outline.name else []
    is_cursor = owner in _CURSORS or owner.endswith("cursor")
    return outline.args[:1] if is_cursor else []


def _leaves(value: o.Value) -> list[o.Value]:
    if isinstance(value, o.Many):
        return [leaf for item in value.items for leaf in _leaves(item)]
    if isinstance(value, o.Table):
        return [leaf for item in value.values for leaf in _leaves(item)]
    return [value]


def _kind(value: o.Value) -> str:
    """Whether a text is ``constant``, ``built`` from values, or ``unknown``."""
    if isinstance(value, o.Text):
        return "constant" if all(_is_harmless(field) for field in value.fields) else "built"
    if isinstance(value, o.Ref):
        return "constant" if _is_harmless(value.name) else "unknown"
    if isinstance(value, o.Joined):
        return _joined(value)
    if isinstance(value, o.Choice):
        kinds = {_kind(value.then), _kind(value.otherwise)}
        return next((kind for kind in ("built", "unknown") if kind in kinds), "constant")
    if isinstance(value, o.Invocation):
        if value.name.endswith(".format") and "SQL(" not in value.name:
            given = [*value.args, *(item for _, item in value.keywords)]
            return "constant" if all(map(_is_harmless_value, given)) else "built"
        return "constant" if _is_harmless(f"{value.name}()") or "SQL(" in value.name else "unknown"
    return "unknown" if isinstance(value, o.Opaque) else "constant"


def _joined(value: o.Joined) -> str:
    kinds = {_kind(value.left), _kind(value.right)}
    if "built" in kinds:
        return "built"
    if value.operator == "%":
        right = value.right
        given = right.items if isinstance(right, o.Many) else [right]
        return "constant" if all(map(_is_harmless_value, given)) else "built"
    has_text = any(isinstance(side, str | o.Text) for side in (value.left, value.right))
    if "unknown" not in kinds:
        return "constant"
    return "built" if has_text and value.operator == "+" else "unknown"


def _is_harmless_value(value: o.Value) -> bool:
    if isinstance(value, o.Ref):
        return _is_harmless(value.name)
    return (
        _is_harmless(f"{value.name}()")
        if isinstance(value, o.Invocation)
        else _kind(value) == "constant"
    )


def _is_harmless(chain: str) -> bool:
    """Whether a chain is a constant, or yields neither markup nor SQL that somebody else wrote."""
    last = chain.removesuffix("()").rpartition(".")[2]
    return last in _HARMLESS or (last.isupper() and not chain.endswith("()"))
