"""TOOL-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class NoSecurityLinter(Rule):
    """Finds repositories where nothing looks for insecure Python."""

    code = "TOOL03"
    slug = "no-security-linter"
    title = "Bandit, or Ruff's `S` rules, look for insecure code"
    level = Level.MUST
    section = "Quick Reference"
    guide_lines = (16, 24)
    what = (
        "A repository where bandit is neither installed, configured nor run, and where Ruff selects nothing of its "
        "`S` family, "
        "which is bandit's checks in Ruff."
    )
    why = (
        "Shell calls built from input, weak hashes, disabled certificate checks and hard-coded passwords follow "
        "patterns that a "
        "tool finds in every commit and a reviewer finds on a good day."
    )
    how = (
        'Add `"S"` to `select` in `[tool.ruff.lint]` and ignore `S101` in tests, or run `uv add --dev bandit` and '
        "`bandit -r .` in CI."
    )
    applies_when = "the repository uses Django"
    absent = "no Django in dependencies or imports"
    errata = (
        "The guide's table names bandit while its Ruff configuration selects `S`. They are the same checks, so "
        "either one will do. "
        "The table also names the Content Security Policy, which has rules of its own."
    )
    needs = ("toml", "yaml", "requirements")
    examples = (
        Example(
            "Ruff without its security rules",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["E", "F", "SIM"]\n'},
            reports=("pyproject.toml",),
        ),
        Example(
            "Ruff's security rules are listed but switched off again",
            {
                "pyproject.toml": _PROJECT
                + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["S", "D"]\n'
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "Ruff with its security rules",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["E", "S"]\n'},
            state="pass",
            is_trap=True,
        ),
        Example(
            "bandit in a hook",
            {
                "pyproject.toml": _PROJECT,
                ".pre-commit-config.yaml": (
                    "repos:\n- repo: https://github.com/PyCQA/bandit\n  rev: 1.9.0\n  hooks:\n  - id: bandit\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "bandit in CI, beside a configuration of Ruff",
            {
                "pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["E"]\n',
                ".github/workflows/ci.yml": "jobs:\n  lint:\n    steps:\n    - run: uvx bandit -r shop\n",
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
        configuration = project.configuration
        ruff = configuration.ruff
        subject = project.repository("bandit", ruff.path if ruff else "pyproject.toml")
        if (
            (ruff is not None and ruff.coverage("S") != "none")
            or project.installs("bandit", "flake8-bandit")
            or configuration.commands.anything_runs("bandit")
            or configuration.toml("tool", "bandit") is not None
            or configuration.ini("bandit", ".bandit", "setup.cfg", "tox.ini") is not None
        ):
            yield subject.in_order()
        elif project.unreadable_configuration or (ruff is not None and ruff.extends):
            yield subject.unknown(
                f"`{project.unreadable_configuration or (ruff and ruff.path)}` cannot be read in full"
            )
        else:
            yield subject.violation(
                "Neither Bandit nor Ruff's `S` rules look at the code; select `S`, or run `bandit -r .` in CI"
            )
