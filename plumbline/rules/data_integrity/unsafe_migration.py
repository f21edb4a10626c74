"""DAT-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.databases import runs_on_postgresql
from plumbline.project.migration_hazards import Unknown, hazard, is_of_schema
from plumbline.project.replay import Change
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
_SLOW = frozenset(
    "AlterField AddIndex AddConstraint AlterUniqueTogether AlterIndexTogether".split()
)
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
    forgets = True
    effort = Effort.HOUR
    what = (
        "An operation on a table that exists before the migration, and that adds a NOT NULL column without a default, "
        "drops or renames a column or table, or changes a column's type. In projects on PostgreSQL also one that "
        "builds an index or adds a constraint while the table is locked. All migrations are replayed from what their "
        "files say, never run; judged are those of the year before the newest one."
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
    applies_when = "a migration of the last year changes tables after the first ones are made"
    absent = "no migration of the last year changes a table that exists"
    errata = (
        "The guide asks for migrations that apply cleanly and names squawk for their SQL; what makes a change "
        "dangerous is decided here. Tables that the migration itself makes, or an initial migration of the same app, "
        "are new; squashed migrations never run on a database that exists. The index of a new foreign key is Django's "
        "own pattern and left alone. How large a table is, no file says. What every database has long run can bite "
        "nobody: a migration that is a year older than the newest of the repository is not judged, nor one without a "
        "date that six others of its app follow. A table that an app in use got the same week is new: both come with "
        "one release."
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
        Example(
            "long-applied history, and a table that comes with the same release",
            {
                **_FIRST,
                **{
                    path: f"# Generated by Django 4.2 on 2023-03-04 10:00\n\n{text}"
                    for path, text in _second('migrations.RemoveField("order", "paid"),').items()
                },
                "shop/migrations/0003_refund.py": "# Generated by Django 5.2 on 2026-05-04 10:00\n\n"
                + _HEAD
                + (
                    '    dependencies = [("shop", "0002_change")]\n'
                    '    operations = [migrations.CreateModel("Refund", [("sum", models.IntegerField())])]\n'
                ),
                "shop/migrations/0004_refund_reason.py": "# Generated by Django 5.2 on 2026-05-06 10:00\n\n"
                + _HEAD
                + (
                    '    dependencies = [("shop", "0003_refund")]\n'
                    '    operations = [migrations.AddField("refund", "rank", models.IntegerField())]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a table of one row",
            {
                **_FIRST,
                **_second(
                    'migrations.AlterField("order", "number", models.SmallIntegerField()),\n'
                    'migrations.RemoveField("order", "paid"),  # <-'
                ),
                "shop/models.py": (
                    "from django.db import models\n\n\n"
                    "class Singleton(models.Model):\n    class Meta:\n        abstract = True\n\n\n"
                    "class Order(Singleton):\n    number = models.SmallIntegerField()\n"
                ),
            },
            is_trap=True,
        ),
        Example(
            "a column that the same migration makes and renames",
            {
                **_FIRST,
                **_second(
                    'migrations.AddField("order", "rank", models.IntegerField(null=True)),\n'
                    'migrations.RenameField("order", "rank", "place"),\n'
                    'migrations.RenameField("order", "note", "rank"),  # <-\n'
                    'migrations.RenameField("order", "rank", "remark"),'
                ),
            },
            is_trap=True,
        ),
        Example("only first tables", dict(_FIRST), state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each change to the schema outside tests; what acts on new tables is in order."""
        is_postgresql: bool | None = None
        made: set[tuple[str, str, str]] = set()
        for change in project.replay.changes:
            if (
                not is_of_schema(change)
                or _is_for_tests(change.migration.folder)
                or change.migration.path in project.migrations.settled
            ):
                continue
            if is_postgresql is None:
                is_postgresql = runs_on_postgresql(project)
            is_passing = _is_passing(change, made) or _holds_one_row(project, change)
            try:
                message = hazard(change, is_postgresql=is_postgresql)
            except Unknown as reason:
                yield change.operation.unknown(str(reason))
                continue
            if message and not is_passing:
                yield change.operation.violation(message)
            else:
                yield change.operation.in_order()


def _is_passing(change: Change, made: set[tuple[str, str, str]]) -> bool:
    """Whether a column goes or is renamed that the same migration made; notes those that a migration makes."""
    if change.table is None:
        return False
    path, table = change.migration.path, change.table.name
    before, after = change.before, change.after
    if after is not None and (before is None or before.column != after.column):
        made.add((path, table, after.column))
    return (
        before is not None
        and (after is None or before.column != after.column)
        and (path, table, before.column) in made
    )


def _holds_one_row(project: Project, change: Change) -> bool:
    """Whether the table is that of a singleton, where no index or change of type takes time."""
    before, after = change.before, change.after
    if change.table is None or change.kind not in _SLOW:
        return False
    if before is not None and after is not None and before.column != after.column:
        return False
    label = f"{change.table.label}.{change.table.name}".lower()
    model = project.apps.models_by_label.get(label)
    return model is not None and any("singleton" in base.lower() for base in model.cls.bases)


def _is_for_tests(folder: str) -> bool:
    app = folder.rpartition("/")[0]
    return role_of(f"{app}/models.py") in (TEST, DOCUMENTATION)
