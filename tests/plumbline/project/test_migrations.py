"""Migrations are read, put in order and replayed without running them."""

import pytest

from plumbline.project import Project
from plumbline.project.column_types import rewrites
from plumbline.project.databases import runs_on_postgresql
from plumbline.project.replay import DATABASE, STATE
from plumbline.project.sql import Statement, statements_of
from tests.plumbline.outlines import outlines_of

HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n\n"


def migration(operations: str = "", **attributes: str) -> str:
    lines = [f"    {name} = {value}" for name, value in attributes.items()]
    return (
        HEAD
        + "class Migration(migrations.Migration):\n"
        + "\n".join([*lines, f"    operations = [{operations}]"])
        + "\n"
    )


def project_of(files: dict[str, str]) -> Project:
    return Project(outlines_of(files))


def order(files: dict[str, str]) -> list[str]:
    return [f"{item.label}.{item.name}" for item in project_of(files).migrations.ordered]


CLASS = "class Migration(migrations.Migration):\n"
MODEL = 'migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True))])'


def test_migrations_run_in_the_order_of_their_dependencies():
    files = {
        "a/migrations/0001_initial.py": migration(dependencies='[("b", "0002_more")]'),
        "b/migrations/0001_initial.py": migration(),
        "b/migrations/0002_more.py": migration(dependencies='[("b", "0001_initial")]'),
    }
    assert order(files) == ["b.0001_initial", "b.0002_more", "a.0001_initial"]


def test_run_before_is_a_dependency_of_the_other():
    files = {
        "a/migrations/0001_initial.py": migration(),
        "b/migrations/0001_initial.py": migration(run_before='[("a", "0001_initial")]'),
    }
    assert order(files) == ["b.0001_initial", "a.0001_initial"]


def test_a_swappable_model_is_looked_up_in_settings():
    dependency = "[migrations.swappable_dependency(settings.AUTH_USER_MODEL)]"
    files = {
        "settings.py": 'AUTH_USER_MODEL = "people.User"\nINSTALLED_APPS = []\n',
        "a/migrations/0001_initial.py": migration(dependencies=dependency),
        "people/migrations/0001_initial.py": migration(),
    }
    assert order(files) == ["people.0001_initial", "a.0001_initial"]


def test_what_a_squashed_migration_replaces_runs_while_all_of_it_is_there():
    files = {
        "a/migrations/0001_initial.py": migration(),
        "a/migrations/0001_squashed.py": migration(
            replaces='[("a", "0001_initial"), ("a", "0002_more")]'
        ),
        "a/migrations/0002_more.py": migration(dependencies='[("a", "0001_initial")]'),
        "a/migrations/0003_last.py": migration(dependencies='[("a", "0001_squashed")]'),
    }
    assert order(files) == ["a.0001_initial", "a.0002_more", "a.0003_last"]
    del files["a/migrations/0001_initial.py"]
    assert order(files) == ["a.0001_squashed", "a.0003_last"]


def test_a_circle_ends():
    files = {
        "a/migrations/0001_initial.py": migration(dependencies='[("b", "0001_initial")]'),
        "b/migrations/0001_initial.py": migration(dependencies='[("a", "0001_initial")]'),
    }
    assert sorted(order(files)) == ["a.0001_initial", "b.0001_initial"]


@pytest.mark.parametrize(
    ("extra", "label"),
    [
        ({}, "orders"),
        (
            {
                "shop/orders/apps.py": "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n"
                '    name = "shop.orders"\n    label = "shop_orders"\n'
            },
            "shop_orders",
        ),
        (
            {
                "settings.py": 'INSTALLED_APPS = []\nMIGRATION_MODULES = {"sales": "shop.orders.db_migrations"}\n'
            },
            "sales",
        ),
    ],
)
def test_the_label_comes_from_the_folder_the_configuration_or_the_settings(extra, label):
    files = {
        "shop/orders/db_migrations/__init__.py": "",
        "shop/orders/db_migrations/0001_initial.py": migration(MODEL),
        **extra,
    }
    project = project_of(files)
    assert set(project.migrations.folders.values()) == {label}
    assert list(project.replay.final.tables) == [(label, "order")]


def test_a_folder_of_any_name_holds_migrations_if_settings_say_so():
    files = {
        "settings.py": 'INSTALLED_APPS = []\nMIGRATION_MODULES = {"shop": "shop.history"}\n',
        "shop/history/__init__.py": "",
        "shop/history/0001_initial.py": migration(MODEL),
    }
    assert order(files) == ["shop.0001_initial"]


def test_the_replay_follows_fields_and_names():
    operations = (
        f"{MODEL},"
        'migrations.AddField("order", "total", models.IntegerField()),'
        'migrations.RenameField("order", "total", "sum"),'
        'migrations.AlterField("order", "sum", models.BigIntegerField(null=True)),'
        'migrations.RenameModel("Order", "Purchase"),'
        'migrations.RemoveField("purchase", "id"),'
        'migrations.AlterModelTable("purchase", "buys"),'
    )
    final = project_of({"a/migrations/0001_initial.py": migration(operations)}).replay.final
    table = final.tables["a", "purchase"]
    assert list(table.fields) == ["sum"]
    assert table.fields["sum"].kind == "django.db.models.BigIntegerField"
    assert table.table == "buys"
    assert final.by_table("buys") is table
    assert not final.uncertain


def test_database_and_state_part_ways_and_meet_again():
    operations = (
        f"{MODEL},"
        "migrations.SeparateDatabaseAndState("
        '    [migrations.AddField("order", "a", models.IntegerField())],'
        '    state_operations=[migrations.AddField("order", "b", models.IntegerField())],'
        ")"
    )
    replay = project_of({"a/migrations/0001_initial.py": migration(operations)}).replay
    assert [change.realm for change in replay.changes[1:]] == [DATABASE, STATE]
    assert list(replay.final.tables["a", "order"].fields) == ["id", "b"]


@pytest.mark.parametrize(
    "text",
    [
        migration("Sort()"),
        migration("migrations.AddField(name, 'b', models.IntegerField())"),
        migration("migrations.AddField(**options)"),
        migration("*made()"),
        f"{HEAD}{CLASS}    if x:\n        operations = []\n    else:\n        operations = [a]\n",
        f"{HEAD}{CLASS}    operations = [op(i) for i in range(3)]\n",
        f"{HEAD}{CLASS}    operations = []\n    operations += more()\n",
    ],
)
def test_what_cannot_be_rebuilt_leaves_a_doubt(text):
    project = project_of({"a/migrations/0001_initial.py": text})
    assert "a" in project.replay.final.uncertain


def test_constants_and_parts_of_lists_are_followed():
    text = (
        HEAD
        + 'NAME = "order"\nADDED = [migrations.AddField(NAME, "b", models.IntegerField())]\n\n\n'
        + f"class Migration(migrations.Migration):\n    first = [{MODEL}]\n    operations = first + [*ADDED]\n"
    )
    final = project_of({"a/migrations/0001_initial.py": text}).replay.final
    assert list(final.tables["a", "order"].fields) == ["id", "b"]
    assert not final.uncertain


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE a DROP COLUMN b", [Statement("drop-column", "a", "b", is_eased=False)]),
        (
            'ALTER TABLE ONLY public."A" RENAME COLUMN b TO c; -- DROP TABLE x',
            [Statement("rename-column", "A", "b", is_eased=False)],
        ),
        ("ALTER TABLE a RENAME CONSTRAINT b TO c", []),
        ("ALTER TABLE a ALTER COLUMN type SET DEFAULT 'x; DROP TABLE y'", []),
        (
            "ALTER TABLE a ADD CONSTRAINT c CHECK (x IN (1, 2)) NOT VALID, ALTER COLUMN d TYPE text",
            [
                Statement("add-constraint", "a", "c", is_eased=True),
                Statement("change-type", "a", "d", is_eased=False),
            ],
        ),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON a (b)", [Statement("add-index", "a", "", is_eased=True)]),
        ("CREATE TABLE a (b int); CREATE INDEX i ON a (b); ALTER TABLE a DROP COLUMN b", []),
        (
            "ALTER TABLE a ADD COLUMN b int NOT NULL, ADD COLUMN c int NOT NULL DEFAULT 0",
            [
                Statement("add-column", "a", "b", is_eased=False),
                Statement("add-column", "a", "c", is_eased=True),
            ],
        ),
    ],
)  # fmt: skip
def test_sql_is_read_as_far_as_it_has_the_usual_shape(sql, expected):
    found = statements_of([sql])
    assert found is not None
    assert list(found) == expected


def test_a_body_of_its_own_is_not_read():
    assert statements_of(["DO $$ BEGIN DROP TABLE a; END $$"]) is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("varchar", 40, -1), ("varchar", 80, -1), False),
        (("varchar", 40, -1), ("varchar", 20, -1), True),
        (("varchar", 40, -1), ("text", -1, -1), False),
        (("text", -1, -1), ("varchar", 40, -1), True),
        (("numeric", 8, 2), ("numeric", 12, 2), False),
        (("numeric", 8, 2), ("numeric", 8, 3), True),
        (("integer", -1, -1), ("bigint", -1, -1), True),
    ],
)
def test_some_changes_of_type_cost_nothing(old, new, expected):
    assert rewrites(old, new) is expected


@pytest.mark.parametrize(
    ("settings", "requirements", "expected"),
    [
        ('DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}', "django\n", True),
        ('DATABASES = {"default": env.db()}', "django\npsycopg[binary]\n", True),
        ('DATABASES = {"default": env.db()}', "django\npsycopg\nmysqlclient\n", False),
        (
            'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n'
            'if PG:\n    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}',
            "django\npsycopg\n",
            False,
        ),
        ("", "django\n", False),
    ],
)
def test_postgresql_counts_only_where_it_is_the_only_one(settings, requirements, expected):
    files = {
        "config/settings.py": f"INSTALLED_APPS = []\n{settings}\n",
        "requirements.txt": requirements,
    }
    assert runs_on_postgresql(project_of(files)) is expected
