"""RUF-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.remedies import exempt_files
from plumbline.roles import MIGRATION, is_project_file
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CODES = {"E501": "E501", "D100": "D", "D101": "D"}
"""What generated migrations break, with the code to exempt them from."""
_MIGRATION = "from django.db import migrations\n"


class MigrationsJudgedByStyle(Rule):
    """Finds configurations of Ruff that hold generated migrations to line length and docstrings."""

    code = "RUF03"
    slug = "migrations-judged-by-style"
    title = "Migrations are exempt from the rules for line length and docstrings"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Ruff Configuration"
    guide_lines = (80, 81)
    what = (
        "A configuration of Ruff under which generated migrations break `E501`, `D100` or `D101`: the rule is on, and "
        "neither `per-file-ignores` nor an exclusion covers every migration. Globs are tried on the paths that the "
        "repository really has."
    )
    why = (
        "`makemigrations` writes long lines and no docstrings. Whoever has to tidy its output by hand does so for "
        "nobody, and may break the migration on the way."
    )
    how = (
        'Add `"**/migrations/*.py" = ["E501", "D"]` to `[tool.ruff.lint.per-file-ignores]`, with the name of the '
        "folder that the project uses."
    )
    applies_when = "the repository has migrations and configures Ruff"
    absent = "no migrations, or no configuration of Ruff"
    needs = ("toml", "python")
    examples = (
        Example(
            "no exemption",
            {
                "pyproject.toml": '[tool.ruff.lint]\nselect = ["E", "D"]\n',
                "shop/migrations/0001_initial.py": _MIGRATION,
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    '[tool.ruff.lint]\nselect = ["E", "D"]\n\n[tool.ruff.lint.per-file-ignores]\n'
                    '"**/migrations/*.py" = ["E501", "D"]\n'
                )
            },
        ),
        Example(
            "exempt from one of the two",
            {
                "ruff.toml": (
                    'lint.select = ["E", "D"]\n\n[lint.per-file-ignores]\n"*/migrations/*.py" = ["E501"]\n'
                ),
                "shop/migrations/0001_initial.py": _MIGRATION,
            },
            reports=("ruff.toml",),
            fixed={
                "ruff.toml": (
                    'lint.select = ["E", "D"]\n\n[lint.per-file-ignores]\n"*/migrations/*.py" = ["E501"]\n'
                    '"**/migrations/*.py" = ["D"]\n'
                )
            },
        ),
        Example(
            "exempt from both",
            {
                "pyproject.toml": (
                    '[tool.ruff.lint]\nselect = ["E", "D"]\n[tool.ruff.lint.per-file-ignores]\n'
                    '"*/migrations/*.py" = ["E501", "D"]\n'
                ),
                "shop/migrations/0001_initial.py": _MIGRATION,
            },
            state="pass",
        ),
        Example(
            "excluded altogether",
            {
                "ruff.toml": 'extend-exclude = ["migrations"]\nlint.select = ["E", "D"]\n',
                "shop/migrations/0001_initial.py": _MIGRATION,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a folder of another name",
            {
                "ruff.toml": 'exclude = ["shop/db_migrations"]\nlint.select = ["E"]\n',
                "shop/db_migrations/0001_initial.py": _MIGRATION,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the glob names a folder that there is not",
            {
                "ruff.toml": (
                    'lint.select = ["E"]\n\n[lint.per-file-ignores]\n"*/migrations/*.py" = ["E501"]\n'
                ),
                "shop/db_migrations/0001_initial.py": _MIGRATION,
            },
            reports=("ruff.toml",),
            is_trap=True,
            fixed={
                "ruff.toml": (
                    'lint.select = ["E"]\n\n[lint.per-file-ignores]\n"*/migrations/*.py" = ["E501"]\n'
                    '"**/db_migrations/*.py" = ["E501"]\n'
                )
            },
        ),
        Example(
            "both rules are off for all files",
            {
                "ruff.toml": 'lint.select = ["E", "F"]\nlint.ignore = ["E501"]\n',
                "shop/migrations/0001_initial.py": _MIGRATION,
            },
            state="pass",
        ),
        Example(
            "no migrations",
            {"ruff.toml": 'lint.select = ["E"]\n', "shop/views.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None:
            return
        paths = [module.path for module in project.names if module.role == MIGRATION]
        if not any(is_project_file(path) for path in paths):
            return
        subject = project.located_at(ruff.path, "ruff:migrations", "migrations")
        codes = [code for code in _CODES if ruff.enables(code)]
        paths = [path for path in paths if is_project_file(path)] if codes else []
        judged = {
            path: found for path in paths if (found := [c for c in codes if ruff.judges(path, c)])
        }
        if not judged:
            yield subject.in_order()
        elif ruff.extends:
            yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
        else:
            wanted = list(
                dict.fromkeys(_CODES[code] for found in judged.values() for code in found)
            )
            folders = sorted({path.split("/")[-2] for path in judged})
            yield subject.violation(
                f"Ruff holds {len(judged)} of {len(paths)} migrations to {' and '.join(wanted)}; exempt them in "
                f"`per-file-ignores`: `{next(iter(judged))}`",
                fix=exempt_files(project, {f"**/{folder}/*.py": wanted for folder in folders}),
            )
