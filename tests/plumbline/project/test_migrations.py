"""The operations of migrations."""

import pytest

from plumbline import outline as o
from tests.plumbline.project.projects import project_of

HEAD = "from django.db import migrations, models\nfrom django.db.migrations import RunSQL as SQL\n"


def operations(body, path="shop/migrations/0002_b.py", base="migrations.Migration"):
    text = f"{HEAD}class Migration({base}):\n    operations = {body}\n"
    return project_of({path: text}).operations


def test_operations_are_in_order_with_kind_place_and_symbol():
    found = operations(
        "[\n        migrations.RunPython(f),\n        SQL('x'),\n        models.X,\n    ]"
    )
    assert [(op.kind, op.line, op.symbol) for op in found] == [
        ("RunPython", 5, "shop.migrations.0002_b.Migration.operations.0"),
        ("RunSQL", 6, "shop.migrations.0002_b.Migration.operations.1"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "[migrations.RunPython(f)] + [SQL('x')]",
        "[*[migrations.RunPython(f)], SQL('x')]",
        "(migrations.RunPython(f), SQL('x'))",
        "[migrations.RunPython(f), SQL('x')] if A else []",
    ],
)
def test_operations_put_together_are_all_found(body):
    assert [op.kind for op in operations(body)] == ["RunPython", "RunSQL"]


@pytest.mark.parametrize(
    "inner",
    [
        "database_operations=[SQL('x')]",
        "[SQL('x')], []",
        "state_operations=[SQL('x')]",
        "[*A] + [SQL('x')]",
    ],
)
def test_operations_within_operations_are_found(inner):
    found = operations(f"[migrations.SeparateDatabaseAndState({inner})]")
    assert [op.kind for op in found][-1] == "RunSQL"
    assert found[-1].symbol != found[0].symbol


def test_arguments_are_found_by_position_and_by_name():
    (by_position,) = operations("[migrations.RunPython(f, g)]")
    (by_name,) = operations("[migrations.RunPython(f, reverse_code=g)]")
    (absent,) = operations("[migrations.RunPython(f, reverse_code=None)]")
    (hidden,) = operations("[migrations.RunPython(*args)]")
    (options,) = operations("[migrations.RunPython(f, **options)]")
    assert (
        by_position.argument(1, "reverse_code") == by_name.argument(1, "reverse_code") == o.Ref("g")
    )
    assert absent.argument(1, "reverse_code") is None
    assert [op.is_open for op in (by_position, absent, hidden, options)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("base", ["migrations.Migration", "CheckedMigration", "other.Migration"])
def test_a_migration_may_have_a_base_of_its_own(base):
    assert len(operations("[SQL('x')]", base=base)) == 1


@pytest.mark.parametrize(
    "path", ["shop/models.py", "shop/migrations/__init__.py", "shop/tests/test_a.py"]
)
def test_only_files_in_migration_folders_hold_migrations(path):
    assert operations("[SQL('x')]", path=path) == []


@pytest.mark.parametrize("body", ["load()", "[]", "OPERATIONS", "None"])
def test_operations_that_are_not_written_out_are_none(body):
    assert operations(body) == []
