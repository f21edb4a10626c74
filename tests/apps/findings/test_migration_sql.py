"""The SQL of migrations is made without a database and without the repository's code, and Squawk reads it."""

import sys
from io import StringIO

import pytest

from django.core.management import CommandError, call_command

from apps.findings.migration_sql import SquawkFailed
from apps.findings.migration_sql import squawk as squawk_module
from apps.findings.migration_sql.lint import lint_scripts, scripts_in
from plumbline.project import Project
from tests.plumbline.outlines import outlines_of

HEAD = (
    "import uuid\nfrom django.conf import settings\nfrom django.db import migrations, models\n"
    "from django.contrib.postgres.operations import AddIndexConcurrently\nfrom shop import fields\n\n\n"
)
FIRST = (
    HEAD + "class Migration(migrations.Migration):\n    initial = True\n    operations = [\n"
    '        migrations.CreateModel("Customer", [("id", models.BigAutoField(primary_key=True))]),\n'
    '        migrations.CreateModel("Order", [\n'
    '            ("id", models.BigAutoField(primary_key=True)),\n'
    '            ("number", models.IntegerField()),\n'
    '            ("customer", models.ForeignKey("shop.Customer", on_delete=models.CASCADE)),\n'
    "        ]),\n    ]\n"
)


def lint(*operations: str, **files: str):
    """The second migration of a shop, one operation a line from line 11 on."""
    lines = "".join(f"        {operation},\n" for operation in operations)
    second = (
        HEAD
        + 'class Migration(migrations.Migration):\n    dependencies = [("shop", "0001_initial")]\n'
        f"    operations = [\n{lines}    ]\n"
    )
    tree = {
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": FIRST,
        "shop/migrations/0002_change.py": second,
        **{f"shop/{name}.py": text for name, text in files.items()},
    }
    result = lint_scripts(scripts_in(Project(outlines_of(tree))))
    return result, result.migrations[-1]


def sql(*operations: str, **files: str) -> list[str]:
    result, migration = lint(*operations, **files)
    assert not result.opaque, result.opaque
    return [statement.sql for statement in migration.statements]


def test_the_first_migration_is_written_as_django_writes_it():
    result, _ = lint()
    statements = [item.sql for item in result.migrations[0].statements]
    assert statements[0].startswith(
        'CREATE TABLE "shop_customer" ("id" bigint NOT NULL PRIMARY KEY'
    )
    assert any("FOREIGN KEY" in text and "DEFERRABLE" in text for text in statements)
    assert not result.findings, "what makes the first tables is not linted"


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            'migrations.AddField("order", "paid", models.BooleanField(default=False))',
            [
                'ALTER TABLE "shop_order" ADD COLUMN "paid" boolean DEFAULT false NOT NULL;',
                'ALTER TABLE "shop_order" ALTER COLUMN "paid" DROP DEFAULT;',
            ],
        ),
        (
            'migrations.AlterField("order", "number", models.BigIntegerField())',
            ['ALTER TABLE "shop_order" ALTER COLUMN "number" TYPE bigint USING "number"::bigint;'],
        ),
        (
            'migrations.RemoveField("order", "number")',
            ['ALTER TABLE "shop_order" DROP COLUMN "number";'],
        ),
        (
            'migrations.RenameModel("Customer", "Client")',
            [
                'ALTER TABLE "shop_customer" RENAME TO "shop_client";',
            ],
        ),
        (
            'AddIndexConcurrently("order", models.Index(fields=["number"], name="n"))',
            ['CREATE INDEX CONCURRENTLY "n" ON "shop_order" ("number");'],
        ),
        (
            'migrations.AddConstraint("order", models.CheckConstraint(check=models.Q(number__gt=0), name="p"))',
            ['ALTER TABLE "shop_order" ADD CONSTRAINT "p" CHECK ("number" > 0);'],
        ),
        ('migrations.RunSQL("SELECT 1", migrations.RunSQL.noop)', ["SELECT 1;"]),
        (
            'migrations.SeparateDatabaseAndState([migrations.RunSQL("SELECT 2")],'
            ' [migrations.RemoveField("order", "number")])',
            ["SELECT 2;"],
        ),
        ('migrations.AlterModelOptions("order", {"ordering": ["number"]})', []),
    ],
)
def test_operations_become_sql(operation, expected):
    found = sql(operation)
    assert [text for text in found if "SET CONSTRAINTS" not in text] == expected


def test_state_and_sql_go_on_after_a_change_of_state_alone():
    found = sql(
        'migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameField("order", "number", "code")])',
        'migrations.AlterField("order", "code", models.IntegerField(null=True))',
    )
    assert found == ['ALTER TABLE "shop_order" ALTER COLUMN "code" DROP NOT NULL;']


def test_a_relation_to_another_package_is_made_of_what_is_known_of_it():
    found = sql(
        'migrations.AddField("order", "user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))'
    )
    assert 'REFERENCES "auth_user"("id")' in found[0]


def test_a_field_class_that_adds_behaviour_alone_has_the_column_of_its_base():
    fields = "from django.db import models\n\n\nclass Loud(models.TextField):\n    def formfield(self):\n        pass\n"
    found = sql('migrations.AddField("order", "a", fields.Loud(null=True))', fields=fields)
    assert found == ['ALTER TABLE "shop_order" ADD COLUMN "a" text NULL;']


def test_a_reference_to_a_proxy_leads_to_the_table_of_its_base():
    found = sql(
        'migrations.CreateModel("Guest", [], options={"proxy": True}, bases=("shop.customer",))',
        'migrations.AddField("order", "guest", models.ForeignKey("shop.Guest", models.CASCADE, null=True))',
    )
    assert 'REFERENCES "shop_customer"("id")' in found[0]


def test_the_same_migrations_make_the_same_sql():
    operations = (
        'migrations.AddField("order", "made", models.DateTimeField(auto_now_add=True))',
        'migrations.AddField("order", "code", models.UUIDField(default=uuid.uuid4))',
    )
    first = sql(*operations)
    assert first == sql(*operations)
    assert "2000-01-0" in first[0]


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("fields.Move()", "the operation `Move`"),
        ('migrations.AddField("order", "a", fields.Money())', "the field class `shop.fields.Money`"),
        (
            'migrations.AddField("order", "a", models.IntegerField(default=fields.number))',
            "the default `shop.fields.number`",
        ),
        ('migrations.RunSQL(fields.statement())', "`shop.fields.statement`"),
        ("migrations.AddField(**fields.options)", "its arguments are not written out"),
        ('migrations.RemoveField("order", "unheard_of")', "refused by Django: KeyError"),
        ('migrations.AddField("order", "a", models.CharField(max_length=fields.LENGTH))', "`shop.fields.LENGTH`"),
    ],
)  # fmt: skip
def test_what_cannot_be_rebuilt_is_opaque_and_counted(operation, reason):
    fields = (
        "from django.db import models\n\n\nclass Money(models.Field):\n"
        '    def db_type(self, connection):\n        return "money"\n'
    )
    result, migration = lint(operation, fields=fields)
    assert dict(result.opaque) == {reason: 1}
    assert not migration.statements


def test_a_field_that_is_not_known_leaves_the_rest_of_its_model_known():
    result, migration = lint(
        'migrations.AddField("order", "a", fields.Money())',
        'migrations.AddField("order", "b", models.IntegerField(null=True))',
        'migrations.AddIndex("order", models.Index(fields=["a"], name="i"))',
    )
    assert [statement.sql for statement in migration.statements] == [
        'ALTER TABLE "shop_order" ADD COLUMN "b" integer NULL;'
    ]
    assert sorted(result.opaque) == [
        "the field `a`, whose class is not known",
        "the field class `shop.fields.Money`",
    ]


def test_the_scanned_code_is_never_imported():
    lint("fields.Move()", fields='raise SystemExit("imported")\n')
    assert "shop" not in sys.modules


def test_squawk_finds_what_locks_and_says_where():
    result, _ = lint(
        'migrations.AddField("order", "paid", models.BooleanField(default=False))',
        'migrations.AddIndex("order", models.Index(fields=["number"], name="n"))',
        'migrations.RemoveField("order", "number")',
    )
    found = {(item.path, item.line, item.rule) for item in result.findings}
    assert ("shop/migrations/0002_change.py", 12, "require-concurrent-index-creation") in found
    assert ("shop/migrations/0002_change.py", 13, "ban-drop-column") in found


def test_djangos_own_way_to_add_a_column_makes_no_noise():
    result, _ = lint(
        'migrations.AddField("order", "paid", models.BooleanField(default=False))',
        'migrations.AddField("order", "note", models.CharField(max_length=20, blank=True))',
        'migrations.AddField("order", "by", models.ForeignKey("shop.Customer", null=True, on_delete=models.CASCADE))',
    )
    assert not result.findings


def test_squawk_that_hangs_is_ended(monkeypatch, tmp_path):
    program = tmp_path / "squawk"
    program.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setattr(squawk_module, "squawk_program", lambda: str(program))
    monkeypatch.setattr(squawk_module, "SECONDS", 0.2)
    with pytest.raises(SquawkFailed, match="did not end"):
        lint('migrations.RemoveField("order", "number")')


def test_squawk_that_fails_is_no_list_of_findings(monkeypatch, tmp_path):
    program = tmp_path / "squawk"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(squawk_module, "squawk_program", lambda: str(program))
    with pytest.raises(SquawkFailed, match="broken"):
        lint('migrations.RemoveField("order", "number")')


def test_the_command_prints_sql_findings_and_counts(tmp_path):
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text(FIRST)
    (folder / "0002_change.py").write_text(
        HEAD
        + 'class Migration(migrations.Migration):\n    dependencies = [("shop", "0001_initial")]\n'
        '    operations = [migrations.RemoveField("order", "number"), fields.Move()]\n'
    )
    output = StringIO()
    call_command("migration_sql", tmp_path, stdout=output)
    text = output.getvalue()
    assert 'ALTER TABLE "shop_order" DROP COLUMN "number";' in text
    assert "shop/migrations/0002_change.py:10: ban-drop-column" in text
    assert "2 migrations, 3 operations rebuilt, 1 opaque" in text
    with pytest.raises(CommandError):
        call_command("migration_sql", tmp_path / "nowhere")
    with pytest.raises(CommandError, match="Squawk finds 1 hazard"):
        call_command("migration_sql", tmp_path, strict=True, stdout=output)
    call_command("migration_sql", tmp_path, strict=True, accept=["shop.0002_change"], stdout=output)
    with pytest.raises(CommandError, match=r"no migration shop\.0003"):
        call_command("migration_sql", tmp_path, accept=["shop.0003"], stdout=output)
