"""DAT-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_HEAD = "from django.db import migrations\n\n\ndef fill(apps, schema_editor):\n    pass\n\n\n"


class OneWayMigration(Rule):
    """Finds `RunPython` and `RunSQL` operations that cannot be undone."""

    code = "DAT04"
    slug = "one-way-migration"
    title = "Every RunPython and RunSQL says how it is undone"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Data Integrity Testing"
    guide_lines = (2281, 2296)
    effort = Effort.MINUTES
    what = (
        "A `RunPython` without `reverse_code`, or a `RunSQL` without `reverse_sql`, in a migration."
    )
    why = (
        "Such a migration stops `migrate app 0041` with `IrreversibleError`: a bad release can be rolled back in "
        "code but "
        "not in the database, and a test that migrates backwards and forwards cannot run."
    )
    how = (
        "Give the function or SQL that undoes it. Where there is nothing to undo, or the step is one-way on "
        "purpose and "
        "harmless to keep, say so: `migrations.RunPython.noop`, `migrations.RunSQL.noop`."
    )
    applies_when = "a migration runs Python or SQL"
    absent = "no migration runs Python or SQL"
    errata = (
        "The guide asks that migrations apply cleanly and are tested, and is silent on going back; that they can "
        "follows "
        "from it, hence SHOULD."
    )
    examples = (
        Example(
            "no way back for Python and for SQL",
            {
                "shop/migrations/0002_fill.py": _HEAD
                + (
                    "class Migration(migrations.Migration):\n"
                    "    operations = [\n"
                    "        migrations.RunPython(fill),  # <-\n"
                    '        migrations.RunSQL("DROP INDEX shop_order_paid"),  # <-\n'
                    "        migrations.RunPython(fill, reverse_code=None),  # <-\n"
                    "    ]\n"
                )
            },
        ),
        Example(
            "inside an operation that separates state from database, and in a list that is put together",
            {
                "shop/migrations/0002_fill.py": _HEAD
                + (
                    "class Migration(migrations.Migration):\n"
                    "    operations = [\n"
                    "        migrations.SeparateDatabaseAndState(\n"
                    "            database_operations=[\n"
                    '                migrations.RunSQL("DROP VIEW totals"),  # <-\n'
                    "            ],\n"
                    "        ),\n"
                    "    ] + [\n"
                    "        migrations.RunPython(fill),  # <-\n"
                    "    ]\n"
                )
            },
        ),
        Example(
            "each says how it is undone, by position or by keyword",
            {
                "shop/migrations/0002_fill.py": _HEAD
                + (
                    "def empty(apps, schema_editor):\n    pass\n\n\n"
                    "class Migration(migrations.Migration):\n"
                    "    operations = [\n"
                    "        migrations.RunPython(fill, empty),\n"
                    '        migrations.RunSQL("CREATE VIEW a AS SELECT 1", reverse_sql="DROP VIEW a"),\n'
                    "    ]\n"
                )
            },
            state="pass",
        ),
        Example(
            "one-way on purpose, and saying so",
            {
                "shop/migrations/0002_fill.py": _HEAD
                + (
                    "class Migration(migrations.Migration):\n"
                    "    operations = [\n"
                    "        migrations.RunPython(fill, reverse_code=migrations.RunPython.noop),\n"
                    '        migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),\n'
                    "    ]\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a migration that only changes the schema",
            {
                "shop/migrations/0001_initial.py": (
                    "from django.db import migrations, models\n\n\n"
                    "class Migration(migrations.Migration):\n"
                    '    operations = [migrations.AddField("order", "paid", models.BooleanField(default=False))]\n'
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each operation that runs Python or SQL."""
        for operation in project.operations:
            if operation.kind not in ("RunPython", "RunSQL"):
                continue
            keyword = "reverse_code" if operation.kind == "RunPython" else "reverse_sql"
            if operation.argument(1, keyword) is not None:
                yield operation.in_order()
            elif operation.is_open:
                yield operation.unknown("the arguments of an operation are not written out")
            else:
                yield operation.violation(
                    f"`{operation.kind}` cannot be undone; give `{keyword}`, or `migrations.{operation.kind}.noop` "
                    "if there is nothing to undo"
                )
