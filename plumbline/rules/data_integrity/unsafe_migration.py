"""DAT-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.databases import runs_on_postgresql
from plumbline.project.migration_hazards import Unknown, hazard, is_of_schema
from plumbline.roles import DOCUMENTATION, TEST, role_of
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
_FIRST = {
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": _HEAD
    + (
        "    initial = True\n"
        "    operations = [\n"
        "        migrations.CreateModel(\n"
        '            name="Order",\n'
        "            fields=[\n"
        '                ("id", models.BigAutoField(primary_key=True, serialize=False)),\n'
        '                ("number", models.IntegerField()),\n'
        '                ("note", models.CharField(max_length=40)),\n'
        '                ("paid", models.BooleanField(default=False)),\n'
        "            ],\n"
        "        ),\n"
        "    ]\n"
    ),
}
_POSTGRESQL = {"requirements.txt": "django\npsycopg[binary]\n"}


def _second(operations: str, head: str = _HEAD) -> dict[str, str]:
    """A second migration with these operations, each line of which is one."""
    body = "".join(f"        {line}\n" for line in operations.splitlines())
    text = f'{head}    dependencies = [("shop", "0001_initial")]\n    operations = [\n{body}    ]\n'
    return {"shop/migrations/0002_change.py": text}


class UnsafeMigration(Rule):
    """Finds schema changes that break the running release or lock a table in use."""

    code = "DAT03"
    slug = "unsafe-migration"
    title = "Migrations change tables that are in use without breaking or blocking what uses them"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Data Integrity Testing"
    guide_lines = (2281, 2296)
    effort = Effort.HOUR
    what = (
        "An operation on a table that exists before the migration, and that adds a NOT NULL column without a default, "
        "drops or renames a column or table, or changes a column's type. In projects on PostgreSQL also one that "
        "builds an index or adds a constraint while the table is locked. The migrations are replayed from what their "
        "files say; they are never run."
    )
    why = (
        "Between the migration and the end of a deployment the previous release runs on the new schema, and fails on "
        "every query that names what is gone. A long lock stops every request that needs the table, and those that "
        "queue behind it. A column without a default stops the deployment itself."
    )
    how = (
        "Work in steps: add what is new in a form that the old code can ignore, release code that uses it, and remove "
        "the old a release later, with `SeparateDatabaseAndState` for the part that only Django has to know. Build "
        "indexes by `AddIndexConcurrently`, and add checks by `AddConstraintNotValid` and `ValidateConstraint`. Where "
        "the table is small or the service is stopped anyway, suppress the finding with that reason."
    )
    applies_when = "a migration changes tables after the first ones are made"
    absent = "no migration changes a table that exists"
    errata = (
        "The guide asks for migrations that apply cleanly and names squawk for their SQL; what makes a change "
        "dangerous is decided here. Tables that the migration itself makes, or an initial migration of the same app, "
        "are new; squashed migrations never run on a database that exists. The index of a new foreign key is Django's "
        "own pattern and left alone. How large a table is, no file says."
    )
    examples = (
        Example(
            "columns and tables that come, go or change under the running release",
            {
                **_FIRST,
                **_second(
                    'migrations.AddField("order", "total", models.IntegerField()),  # <-\n'
                    'migrations.RemoveField("order", "paid"),  # <-\n'
                    'migrations.RenameField("order", "note", "remark"),  # <-\n'
                    'migrations.AlterField("order", "number", models.BigIntegerField()),  # <-\n'
                    'migrations.AlterField("order", "remark", models.CharField(max_length=20)),  # <-\n'
                    'migrations.RenameModel("Order", "Purchase"),  # <-\n'
                    'migrations.DeleteModel("Purchase"),  # <-'
                ),
            },
        ),
        Example(
            "indexes and constraints that lock a table, on PostgreSQL",
            {
                **_FIRST,
                **_POSTGRESQL,
                **_second(
                    'migrations.AddIndex("order", models.Index(fields=["number"], name="n")),  # <-\n'
                    'migrations.AlterField("order", "number", models.IntegerField(db_index=True)),  # <-\n'
                    'migrations.AddConstraint("order", models.CheckConstraint(condition=_PAID, name="p")),  # <-\n'
                    'migrations.AlterUniqueTogether("order", {("number", "note")}),  # <-\n'
                    'migrations.RunSQL("CREATE INDEX x ON shop_order (paid)", migrations.RunSQL.noop),  # <-'
                ),
            },
        ),
        Example(
            "a column dropped by SQL although a model still has it",
            {
                **_FIRST,
                **_second('migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN paid"),  # <-'),
            },
        ),
        Example(
            "changes that the old release does not notice",
            {
                **_FIRST,
                **_second(
                    'migrations.AddField("order", "total", models.IntegerField(null=True)),\n'
                    'migrations.AddField("order", "rank", models.IntegerField(default=0), preserve_default=False),\n'
                    'migrations.AddField("order", "memo", models.TextField(blank=True)),\n'
                    'migrations.AlterField("order", "note", models.CharField(max_length=80)),\n'
                ),
            },
            state="pass",
        ),
        Example(
            "an index built concurrently",
            {
                **_FIRST,
                **_POSTGRESQL,
                **_second(
                    'AddIndexConcurrently("order", models.Index(fields=["number"], name="n")),',
                    "from django.contrib.postgres.operations import AddIndexConcurrently\n"
                    + _HEAD
                    + "    atomic = False\n",
                ),
            },
            state="pass",
        ),
        Example(
            "first tables, made by two initial migrations",
            {
                **_FIRST,
                "shop/migrations/0002_initial.py": _HEAD
                + (
                    '    initial = True\n    dependencies = [("shop", "0001_initial")]\n'
                    '    operations = [migrations.AddField("order", "total", models.IntegerField())]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a table that the same migration makes",
            {
                **_FIRST,
                **_second(
                    'migrations.CreateModel("Refund", [("id", models.BigAutoField(primary_key=True))]),\n'
                    'migrations.AddField("refund", "total", models.IntegerField()),'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a field that leaves the state first, and its column later",
            {
                **_FIRST,
                **_second(
                    "migrations.SeparateDatabaseAndState(\n"
                    '    state_operations=[migrations.RemoveField("order", "paid")],\n'
                    "),"
                ),
                "shop/migrations/0003_drop.py": _HEAD
                + (
                    '    dependencies = [("shop", "0002_change")]\n'
                    '    operations = [migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN paid")]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a small table, which no file can tell: suppressed with the reason",
            {
                **_FIRST,
                **_second(
                    'migrations.RemoveField("order", "paid"),  # plumbline: ignore[DAT03] twelve rows  # <-'
                ),
            },
            state="waived",
            is_trap=True,
        ),
        Example("only first tables", dict(_FIRST), state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each change to the schema outside tests; what acts on new tables is in order."""
        is_postgresql: bool | None = None
        for change in project.replay.changes:
            if not is_of_schema(change) or _is_for_tests(change.migration.folder):
                continue
            if is_postgresql is None:
                is_postgresql = runs_on_postgresql(project)
            try:
                message = hazard(change, is_postgresql=is_postgresql)
            except Unknown as reason:
                yield change.operation.unknown(str(reason))
                continue
            if message:
                yield change.operation.violation(message)
            else:
                yield change.operation.in_order()


def _is_for_tests(folder: str) -> bool:
    app = folder.rpartition("/")[0]
    return role_of(f"{app}/models.py") in (TEST, DOCUMENTATION)
