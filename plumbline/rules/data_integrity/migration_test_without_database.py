"""DAT-01."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddDecorator, AddImport, Fix
from plumbline.project import Project
from plumbline.project.functions import CallSite, Function
from plumbline.roles import stem
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MARK = "pytest.mark.django_db"
_FIXTURES = frozenset(
    "db transactional_db django_db_reset_sequences django_db_serialized_rollback live_server admin_client admin_user "
    "migrator migrator_factory".split()
)
_HARMLESS = frozenset("settings monkeypatch capsys capfd caplog tmp_path tmpdir mocker rf".split())
_SWITCH = re.compile(r"--no-?migrations\b")
_BODY = '    call_command("migrate", verbosity=0)\n'
_DJANGO = {"requirements.txt": "django\n"}
_HEAD = "from django.core.management import call_command\n"


class MigrationTestWithoutDatabase(Rule):
    """Finds tests that run the migrations without access to the database, or with migrations switched off."""

    code = "DAT01"
    slug = "migration-test-without-database"
    title = "A test that runs the migrations has a database, and migrations"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Data Integrity Testing"
    guide_lines = (2285, 2297)
    what = (
        "A test that calls the `migrate` command without the mark `django_db`, a database fixture or a test case class "
        "of Django, or in a project that always runs pytest with `--no-migrations`."
    )
    why = (
        "pytest-django refuses access to the database unless a test asks for it, so the test ends in `RuntimeError`. "
        "Under `--no-migrations` the tables are made from the models: the test passes, and not one migration has run."
    )
    how = (
        "Put `@pytest.mark.django_db` above the test. Keep `--no-migrations` out of `addopts`, or run the migration "
        "tests by a command of their own with `--migrations`."
    )
    applies_when = "a test runs the `migrate` command"
    absent = "no test runs the `migrate` command"
    errata = (
        "The guide's own test lacks the mark, and raises `RuntimeError: Database access not allowed`. Its list of fast "
        "options has `--no-migrations`, which takes the meaning from the same test; the working form is asked for."
    )
    effort = Effort.MINUTES
    examples = (
        Example(
            "the guide's test as it is printed",
            {
                **_DJANGO,
                "tests/test_migrations.py": (
                    f"{_HEAD}\n\ndef test_migrations_apply():\n"
                    '    call_command("migrate", verbosity=0)  # <-\n'
                ),
            },
            fixed={
                "tests/test_migrations.py": (
                    f"import pytest\n\n{_HEAD}\n\n@pytest.mark.django_db\ndef test_migrations_apply():\n{_BODY}"
                )
            },
        ),
        Example(
            "under `--no-migrations`",
            {
                **_DJANGO,
                "pytest.ini": "[pytest]\naddopts = --no-migrations\n",
                "tests/test_migrations.py": (
                    f"import pytest\n{_HEAD}\n\n@pytest.mark.django_db\ndef test_migrations_apply():\n"
                    '    call_command("migrate", verbosity=0)  # <-\n'
                ),
            },
        ),
        Example(
            "marked, by a fixture, in a test case of Django, or for the whole module",
            {
                **_DJANGO,
                "tests/test_migrations.py": (
                    f"import pytest\n{_HEAD}from django.test import TestCase\n\n\n"
                    f"@pytest.mark.django_db\ndef test_marked():\n{_BODY}\n\n"
                    f"def test_fixture(transactional_db):\n{_BODY}\n\n"
                    f"class Migrations(TestCase):\n    def test_all(self):\n    {_BODY}"
                ),
                "tests/test_more.py": (
                    f"import pytest\n{_HEAD}\npytestmark = [pytest.mark.django_db]\n\n\ndef test_all():\n{_BODY}"
                ),
            },
            state="pass",
        ),
        Example(
            "a step of its own runs them with migrations",
            {
                **_DJANGO,
                "pytest.ini": "[pytest]\naddopts = --no-migrations\n",
                "Makefile": "migrations:\n\tpytest --migrations tests/test_migrations.py\n",
                "tests/test_migrations.py": (
                    f"import pytest\n{_HEAD}\n\n@pytest.mark.django_db\ndef test_all():\n{_BODY}"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "every test has the database",
            {
                **_DJANGO,
                "tests/conftest.py": (
                    "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef database(db):\n    pass\n"
                ),
                "tests/test_migrations.py": f"{_HEAD}\n\ndef test_all():\n{_BODY}",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no such test",
            {"tests/test_a.py": "import django\n\n\ndef test_a():\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test that runs the command."""
        for call in project.calls.named("call_command", tests=True):
            function = call.function
            arguments = call.outline.args
            if function is None or not arguments or arguments[0] != "migrate":
                continue
            if not function.name.startswith("test"):
                continue
            has_database = _has_database(project, function)
            if has_database is None:
                yield call.unknown("a fixture or base class may give the test a database")
            elif not has_database:
                yield call.violation(
                    f"`{function.name}` runs the migrations without access to a database; mark it with "
                    f"`@{_MARK}`",
                    fix=_fix(call, function),
                )
            elif _is_switched_off(project):
                yield call.violation(
                    f"`{function.name}` runs under `--no-migrations`, so no migration is applied; run it with "
                    "`--migrations`"
                )
            else:
                yield call.in_order()


def _fix(call: CallSite, function: Function) -> Fix:
    return Fix(
        [
            AddDecorator(call.path, function.line, function.column, _MARK),
            AddImport(call.path, "", "pytest"),
        ]
    )


def _is_switched_off(project: Project) -> bool:
    configuration = project.configuration
    return bool(
        _SWITCH.search(configuration.pytest_options)
    ) and not configuration.commands.mentions("--migrations")


def _has_database(project: Project, function: Function) -> bool | None:
    """Whether a test may use the database; None if that depends on what cannot be read."""
    if function.decorated(_MARK) or _module_is_marked(function):
        return True
    owner = function.owner
    if owner is not None:
        if any(_marks(item) for item in owner.outline.decorators):
            return True
        if owner.inherits_prefix("django.test.", "rest_framework.test."):
            return True if not owner.inherits("django.test.SimpleTestCase") else None
        if owner.bases and owner.unknown_bases:
            return None
    names = {parameter.name for parameter in function.parameters}
    if not _FIXTURES.isdisjoint(names) or _is_given_to_all(project):
        return True
    return None if names - _HARMLESS else False


def _marks(value: o.Value) -> bool:
    """Whether a decorator, or an item of ``pytestmark``, is the mark."""
    if isinstance(value, o.Many):
        return any(map(_marks, value.items))
    return isinstance(value, o.Ref | o.Invocation) and value.name.endswith("mark.django_db")


def _module_is_marked(function: Function) -> bool:
    return any(
        item.target == "pytestmark" and _marks(item.value)
        for item in function.module.outline.assignments
    )


def _is_given_to_all(project: Project) -> bool:
    """Whether a fixture that every test uses asks for the database."""
    for module in project.names:
        if stem(module.path) != "conftest":
            continue
        for item in module.functions:
            is_automatic = any(
                isinstance(decorator, o.Invocation) and ("autouse", True) in decorator.keywords
                for decorator in item.decorators
            )
            if is_automatic and any(parameter.name in _FIXTURES for parameter in item.parameters):
                return True
    return False
