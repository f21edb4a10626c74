"""SQL is made and linted in confined children; whatever migrations hold, the worker gets an answer."""

import time
from dataclasses import replace

import pytest

from apps.findings import migration_results
from apps.findings.migration_sql import confined
from apps.findings.migration_sql.child import decode_made, encode_scripts
from apps.findings.migration_sql.confined import (
    LIMITS,
    MigrationsNotLinted,
    SqlMaker,
    SqlParts,
    scripts_digest,
)
from apps.findings.migration_sql.lint import lint_scripts, scripts_in
from apps.findings.migration_sql.rehearsal import REHEARSAL
from apps.findings.migration_sql.scripts import MigrationSql, sql_of
from apps.findings.migration_sql.squawk import SqlFinding, SquawkFailed
from plumbline.project import Project
from plumbline.project.rebuilding import Script
from plumbline.sandbox import Limits, SandboxError
from tests.plumbline.outlines import outlines_of


def confined_lint(scripts: bytes, limits: Limits = LIMITS) -> migration_results.MigrationSummary:
    """What is found in migrations of which nothing is known."""
    with SqlMaker(limits) as maker:
        return confined.confined_lint(SqlParts(scripts), maker)[0]


HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
FIRST = (
    HEAD + "    initial = True\n    operations = [\n"
    '        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),\n'
    "    ]\n"
)


def scripts(*migrations: tuple[str, ...], before: str = "") -> list[Script]:
    """Scripts of a shop: the first migration, and one more for each tuple of operations."""
    tree = {
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": FIRST,
    }
    previous = "0001_initial"
    for number, operations in enumerate(migrations, 2):
        name = f"{number:04}_change"
        lines = "".join(f"        {operation},\n" for operation in operations)
        tree[f"shop/migrations/{name}.py"] = (
            f"{before}{HEAD}    dependencies = [('shop', '{previous}')]\n"
            f"    operations = [\n{lines}    ]\n"
        )
        previous = name
    return scripts_in(Project(outlines_of(tree)))


def test_the_rehearsal_makes_sql_of_every_operation():
    (made,) = sql_of(REHEARSAL)
    assert made.opaque == []
    assert made.rebuilt == len(REHEARSAL[0].steps)


def test_a_confined_child_finds_what_the_command_finds():
    found = scripts(
        (
            'migrations.AddField("order", "paid", models.BooleanField(default=False))',
            'migrations.AddField("order", "made", models.DateTimeField(auto_now_add=True))',
            'migrations.AddField("order", "code", models.UUIDField(default=models.fields.uuid.uuid4))',
            'migrations.AddField("order", "owner", models.ForeignKey("auth.User", models.CASCADE))',
            'migrations.AlterField("order", "id", models.AutoField(primary_key=True))',
        ),
        (
            'migrations.AddIndex("order", models.Index(fields=["paid"], name="i"))',
            'migrations.AddConstraint("order", models.CheckConstraint('
            'condition=models.Q(paid=True) | models.Q(id__gt=3), name="c"))',
            'migrations.RunSQL("DROP TABLE shop_old")',
            'migrations.RemoveField("order", "owner")',
            'migrations.RenameModel("Order", "Sale")',
            "migrations.RunPython(print)",
        ),
    )
    plain = lint_scripts(found)
    result = confined_lint(encode_scripts(found))
    assert result.rebuilt == plain.rebuilt
    assert {row.reason: row.count for row in result.reasons} == plain.opaque
    assert result.statements == plain.statements
    assert {row.rule: row.count for row in result.rules} == plain.by_rule
    assert result.found == len(plain.findings) > 3
    assert result.linted == 2


@pytest.mark.parametrize(
    "operation",
    [
        # A gigabyte from a few characters.
        'migrations.AddConstraint("order", models.CheckConstraint(name="c", condition='
        'models.Q(id=models.Func(template="%(function)999999999s", function="x"))))',
        'migrations.AddField("order", "a", models.IntegerField(default=10**10**10))',
        'migrations.AddField("order", "a", models.FileField(upload_to=open("/etc/passwd")))',
        'migrations.RunSQL("\\x00\\ud800")',
        'migrations.RunSQL("$$ unclosed \' \\" /*")',
        'migrations.RunSQL("SELECT " + "(" * 900 + "1")',
        'migrations.AddField("order", "' + "a" * 900 + '", models.IntegerField(null=True))',
        'migrations.RenameField("order", "id", "ID; DROP TABLE x")',
        'migrations.AddField("order", "self", models.ForeignKey("self", parent_link=True))',
    ],
)
def test_a_hostile_operation_costs_itself_and_no_other(operation):
    innocent = 'migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN x")'
    found = scripts((operation,), (innocent,))
    result = confined_lint(encode_scripts(found))
    assert result.migrations == 3
    assert "shop/migrations/0003_change.py" in {
        row.path for row in result.findings if row.rule == "ban-drop-column"
    }


def test_migrations_that_take_too_long_are_given_up_for_good():
    many = [
        (f'migrations.AddField("order", "f{number}", models.ForeignKey("self"))',)
        for number in range(300)
    ]
    started = time.monotonic()
    with pytest.raises(MigrationsNotLinted, match="takes longer than 1 s") as caught:
        confined_lint(encode_scripts(scripts(*many) * 40), replace(LIMITS, evaluate_cpu=1))
    assert caught.value.lasting
    assert time.monotonic() - started < 30


def test_more_sql_than_is_looked_at_is_refused():
    found = scripts(('migrations.RunSQL("SELECT 1")',))
    with pytest.raises(MigrationsNotLinted, match="more SQL than is looked at") as caught:
        confined_lint(encode_scripts(found), replace(LIMITS, report_size=10))
    assert caught.value.lasting


def test_what_is_no_script_is_refused():
    with pytest.raises(MigrationsNotLinted, match="could not be made") as caught:
        confined_lint(b"\xc1")
    assert caught.value.lasting


def test_a_sandbox_that_does_not_start_may_start_the_next_time(monkeypatch):
    class Broken:
        def __init__(self, **_options):
            raise SandboxError("start_failed", "no memory")

    monkeypatch.setattr(confined, "Sandbox", Broken)
    with pytest.raises(MigrationsNotLinted, match="no memory") as caught:
        confined_lint(encode_scripts([]))
    assert not caught.value.lasting


def test_a_missing_squawk_may_be_there_the_next_time(monkeypatch):
    def missing():
        raise SquawkFailed("squawk is not installed")

    monkeypatch.setattr(confined, "squawk_program", missing)
    with pytest.raises(MigrationsNotLinted, match="not installed") as caught:
        confined_lint(encode_scripts(scripts(('migrations.RunSQL("SELECT 1")',))))
    assert not caught.value.lasting


def test_a_batch_that_dies_is_halved_until_the_migration_is_known(monkeypatch):
    read = confined.findings_read

    def refusing(part, output):
        if any("0003" in item.script.path for item in part):
            raise ValueError
        return read(part, output)

    monkeypatch.setattr(confined, "findings_read", refusing)
    drop = ('migrations.RunSQL("ALTER TABLE shop_order DROP COLUMN x")',)
    result = confined_lint(encode_scripts(scripts(drop, drop, drop, drop)))
    assert [row.path for row in result.not_linted] == ["shop/migrations/0003_change.py"]
    assert (result.unlinted, result.linted) == (1, 3)
    assert result.rules[0].migrations == 3


def test_the_digest_is_of_what_the_result_follows_from():
    one = encode_scripts(scripts(('migrations.RunSQL("SELECT 1")',)))
    again = encode_scripts(scripts(('migrations.RunSQL("SELECT 1")',)))
    other = encode_scripts(scripts(('migrations.RunSQL("SELECT 2")',)))
    assert scripts_digest(one) == scripts_digest(again) != scripts_digest(other)


def test_lists_of_names_of_lists_are_bounded():
    names = "\n".join(f"a{n} = [a{n + 1}, a{n + 1}, a{n + 1}, a{n + 1}]" for n in range(24))
    operation = 'migrations.AddField("order", "a", models.CharField(max_length=9, default=a0))'
    started = time.monotonic()
    found = scripts((operation,), before=f"{names}\na24 = 'x'\n")
    assert time.monotonic() - started < 20
    assert len(encode_scripts(found)) < 32 << 20


def test_of_many_findings_those_of_rare_rules_and_new_migrations_are_kept(monkeypatch):
    monkeypatch.setattr(migration_results, "KEPT", 4)
    made = [
        MigrationSql(Script("a", str(n), f"{n}.py", True, False, [], ""), [], [], 0)
        for n in range(9)
    ]
    found = [SqlFinding(f"{n}.py", 1, "RunSQL", "often", "m", "") for n in range(9)]
    found.append(SqlFinding("0.py", 1, "RunSQL", "seldom", "m", ""))
    result = migration_results.summarise(made, found, {}, squawk="1")
    assert result.found == 10
    assert [(row.rule, row.path) for row in result.findings] == [
        ("often", "8.py"),
        ("often", "7.py"),
        ("often", "6.py"),
        ("seldom", "0.py"),
    ]


def test_parts_made_apart_are_what_all_are_together(monkeypatch):
    monkeypatch.setattr(confined, "PART", 3)
    operations = [
        ('migrations.AddField("order", "made", models.DateTimeField(auto_now_add=True))',),
        (
            'migrations.AddField("order", "code", models.UUIDField(default=models.fields.uuid.uuid4))',
        ),
        ('migrations.RenameModel("Order", "Sale")',),
        (
            "migrations.SeparateDatabaseAndState("
            'database_operations=[migrations.RunSQL("DROP TABLE shop_old")], state_operations=['
            'migrations.AddField("sale", "apart", models.IntegerField(null=True))])',
        ),
        ('migrations.AlterField("sale", "apart", models.BigIntegerField(null=True))',),
        (
            'migrations.AlterField("sale", "made", models.DateTimeField(default=models.fields.timezone.now))',
        ),
        (
            'migrations.RunSQL("SELECT 1", state_operations=[migrations.RemoveField("sale", "apart")])',
        ),
        ('migrations.AddField("sale", "apart", models.TextField(default="x"))',),
        ('migrations.AddField("sale", "last", models.DateField(auto_now=True))',),
    ]
    found = scripts(*operations)
    parts = SqlParts(encode_scripts(found))
    assert len(parts.digests) == 4
    plain = [
        (migration.script.path, migration.statements, migration.opaque)
        for migration in sql_of(found)
    ]
    assert sum(len(statements) for _, statements, _ in plain) > 10
    with SqlMaker() as maker:
        (together,) = [parts.job(0, 3)]
        apart = [maker.made(parts.job(number, number))[0] for number in (2, 0, 3, 1)]
        assert maker.made(together) == [apart[1], apart[3], apart[0], apart[2]]
        made = [migration for part in maker.made(together) for migration in decode_made(part)]
        assert [(one.script.path, one.statements, one.opaque) for one in made] == plain
        known = dict(zip(parts.digests, maker.made(together), strict=True))
        del known[parts.digests[1]]
        summary, new = confined.confined_lint(parts, maker, known)
    assert list(new) == [parts.digests[1]]
    assert summary == confined_lint(encode_scripts(found))


def test_sets_that_begin_alike_have_their_first_parts_in_common(monkeypatch):
    monkeypatch.setattr(confined, "PART", 2)
    one = [(f'migrations.RunSQL("SELECT {number}")',) for number in range(7)]
    parts = SqlParts(encode_scripts(scripts(*one)))
    longer = SqlParts(encode_scripts(scripts(*one, one[0])))
    changed = SqlParts(encode_scripts(scripts(*one[:2], one[5], *one[3:])))
    assert len(parts.digests) == 4
    assert longer.digests[:4] == parts.digests
    assert [a == b for a, b in zip(changed.digests, parts.digests, strict=True)] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("known", "rows"),
    [
        ("", [(0, 1), (2, 3), (4, 4)]),
        ("01234", []),
        ("2", [(0, 1), (3, 4)]),
        ("03", [(1, 2), (4, 4)]),
    ],
)
def test_what_is_missing_comes_in_rows(monkeypatch, known, rows):
    monkeypatch.setattr(confined, "PART", 1)
    one = [('migrations.RunSQL("SELECT 1")',)] * 4
    parts = SqlParts(encode_scripts(scripts(*one)))
    there = {parts.digests[int(number)] for number in known}
    assert list(parts.missing(there, at_most=2)) == rows
