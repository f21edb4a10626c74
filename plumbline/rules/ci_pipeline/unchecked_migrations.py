"""CI-06."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SHOP = {
    "requirements.txt": "django\n",
    "shop/migrations/0001_initial.py": (
        "from django.db import migrations\n\nclass Migration(migrations.Migration):\n    operations = []\n"
    ),
}
_CI = ".github/workflows/ci.yml"
_STEPS = "jobs:\n  test:\n    steps:\n"
_CHECK = re.compile(r"makemigrations\b[^;&|]*--(check|dry-run)|django-makemigrations-check")
_BOTH = _STEPS + "    - run: python manage.py makemigrations --check\n    - run: bandit -r shop\n"


class UncheckedMigrations(Rule):
    """Finds CI that looks neither for missing migrations nor for insecure code."""

    code = "CI06"
    slug = "unchecked-migrations"
    title = "CI looks for missing migrations and insecure code"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "CI Pipeline"
    guide_lines = (2009, 2019)
    what = (
        "A CI configuration that never runs `makemigrations --check`, neither in a step nor through what it calls "
        "nor in a test, or that runs none of bandit, squawk and ruff's `S` rules. One judgement for each of the two."
    )
    why = (
        "A model that changed without a migration works on the machine where it was written and nowhere else. What "
        "looks for insecure code only helps if it runs before the merge."
    )
    how = (
        "Add steps that run `python manage.py makemigrations --check --dry-run` and `bandit -r .`."
    )
    applies_when = "the repository has migrations and configures continuous integration"
    absent = "no CI configuration"
    needs = ("yaml", "text")
    examples = (
        Example(
            "neither",
            {**_SHOP, _CI: _STEPS + "    - run: pytest\n"},
            reports=(_CI,),
        ),
        Example("both", {**_SHOP, _CI: _BOTH}, state="pass"),
        Example(
            "a test that looks for missing migrations, and ruff's rules",
            {
                **_SHOP,
                _CI: _STEPS + "    - run: pytest\n    - run: ruff check .\n",
                "ruff.toml": 'lint.select = ["E", "S"]\n',
                "shop/tests/test_migrations.py": (
                    "from django.core.management import call_command\n\n"
                    'def test_none_is_missing(db):\n    call_command("makemigrations", "--check")\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no CI", _SHOP, state="not_applicable"),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        if any(module.role == "migration" for module in project.names):
            return None
        return "no migrations"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for migrations, one for security."""
        commands = project.configuration.commands
        if not commands.ci_files:
            return
        checks = any(_CHECK.search(command.text) for command in commands.ci) or any(
            call.outline.args[:1] == ["makemigrations"]
            for call in project.calls.named("call_command", tests=True)
        )
        ruff = project.configuration.ruff
        is_linted = (
            commands.ci_runs("bandit")
            or commands.ci_runs("squawk")
            or (ruff is not None and commands.ci_runs("ruff") and _selects_security(ruff.select))
        )
        for what, holds, remedy in (
            (
                "makemigrations --check",
                checks,
                "add a step that runs `manage.py makemigrations --check`",
            ),
            ("security", is_linted, "add a step that runs `bandit -r .`, or ruff's `S` rules"),
        ):
            subject = project.located_at(commands.main_ci_file, f"ci:{what}", what)
            if holds:
                yield subject.in_order()
            elif what != "security" and any(_CHECK.search(item.text) for item in commands.tasks):
                yield subject.unknown("a script looks for them, and CI may run it in a container")
            elif commands.ci_hidden:
                yield subject.unknown(f"CI runs `{commands.ci_hidden}`, which cannot be read here")
            elif what == "security":
                yield subject.violation(f"CI runs nothing that looks for insecure code; {remedy}")
            else:
                yield subject.violation(f"CI does not look for missing migrations; {remedy}")


def _selects_security(families: tuple[str, ...]) -> bool:
    return any(family == "ALL" or re.fullmatch(r"S\d*", family) for family in families)
