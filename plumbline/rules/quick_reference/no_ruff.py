"""TOOL-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class NoRuff(Rule):
    """Finds repositories that neither configure nor run Ruff."""

    code = "TOOL01"
    slug = "no-ruff"
    title = "Ruff is the linter"
    level = Level.MUST
    section = "Quick Reference"
    guide_lines = (16, 21)
    what = (
        "A repository without any sign of Ruff: no `[tool.ruff]` or `ruff.toml`, no dependency on it, no hook, no "
        "step in CI and "
        "no task that runs it."
    )
    why = (
        "One fast linter with one configuration replaces a row of plugins that drift apart. Its Django rules find "
        "nullable text "
        "columns and models without `__str__` before review does."
    )
    how = (
        "Run `uv add --dev ruff`, add a `[tool.ruff.lint]` table with the families that you select, and run `ruff "
        "check .` in a "
        "hook and in CI. Remove flake8 and isort afterwards: Ruff covers both."
    )
    applies_when = "the repository uses Django"
    absent = "no Django in dependencies or imports"
    needs = ("toml", "yaml", "requirements")
    examples = (
        Example(
            "another linter",
            {
                "pyproject.toml": _PROJECT + '[dependency-groups]\ndev = ["flake8"]\n',
                ".flake8": "[flake8]\nmax-line-length = 100\n",
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "Ruff is configured",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["E", "F"]\n'},
            state="pass",
        ),
        Example(
            "Ruff is declared and runs on its defaults",
            {"requirements-dev.txt": "ruff==0.17.6\n", "requirements.txt": "django\n"},
            state="pass",
        ),
        Example(
            "the configuration of a monorepo stands above the project",
            {
                "ruff.toml": 'lint.select = ["E"]\n',
                "backend/pyproject.toml": _PROJECT,
                "backend/manage.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "only a hook and tox install it",
            {
                "requirements.txt": "django\n",
                ".pre-commit-config.yaml": (
                    "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: v0.17.6\n"
                    "  hooks:\n  - id: ruff-check\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "only tox installs it",
            {
                "requirements.txt": "django\n",
                "tox.ini": "[testenv:lint]\ndeps = ruff\ncommands = ruff check .\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no Django",
            {"pyproject.toml": '[project]\nname = "tool"\ndependencies = ["click"]\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        subject = project.repository("ruff", "pyproject.toml")
        commands = project.configuration.commands
        if (
            project.configuration.ruff is not None
            or project.installs("ruff")
            or commands.anything_runs("ruff")
        ):
            yield subject.in_order()
        elif project.unreadable_configuration:
            yield subject.unknown(f"`{project.unreadable_configuration}` cannot be read")
        else:
            yield subject.violation(
                "Ruff is neither configured nor installed nor run; add a `[tool.ruff.lint]` table and run `ruff "
                "check`"
            )
