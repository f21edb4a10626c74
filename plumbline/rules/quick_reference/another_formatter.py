"""TOOL-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_RIVALS = ("black", "yapf", "autopep8", "blue")
_DJANGO = {"requirements.txt": "django\n"}
_CI = "jobs:\n  lint:\n    steps:\n    - run: "
_HOOK = (
    "repos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: v0.17.6\n  hooks:\n"
    "  - id: ruff-check\n  - id: ruff-format\n"
)


class AnotherFormatter(Rule):
    """Finds repositories that run another formatter beside Ruff's, or none."""

    code = "TOOL02"
    slug = "another-formatter"
    title = "Ruff formats the code, and no other formatter does"
    level = Level.MUST
    section = "Quick Reference"
    guide_lines = (16, 22)
    what = (
        "A hook, a step of CI, a Makefile or a task that runs Black, YAPF or autopep8, or a repository in which "
        "nothing runs `ruff format` and no `[tool.ruff.format]` table prepares it. A table for Black that nothing "
        "reads any more does not count."
    )
    why = (
        "Two formatters undo each other's work and start arguments that a formatter exists to end. Ruff formats in "
        "the same pass of the same tool that already checks the code."
    )
    how = (
        "Replace the step with `ruff format --check .`, the hook with `ruff-format`, run it once over the whole "
        "repository, and name that commit in `.git-blame-ignore-revs`."
    )
    applies_when = "the repository uses Django"
    absent = "no Django in dependencies or imports"
    needs = ("toml", "yaml", "requirements")
    examples = (
        Example(
            "Black in a hook",
            {
                **_DJANGO,
                ".pre-commit-config.yaml": (
                    "repos:\n- repo: https://github.com/psf/black\n  rev: 26.1.0\n  hooks:\n  - id: black\n"
                ),
            },
            reports=(".pre-commit-config.yaml",),
        ),
        Example(
            "both in CI",
            {
                **_DJANGO,
                ".github/workflows/ci.yml": f"{_CI}ruff format --check .\n    - run: black --check .\n",
            },
            reports=(".github/workflows/ci.yml",),
        ),
        Example(
            "only linted",
            {
                **_DJANGO,
                "pyproject.toml": '[tool.ruff.lint]\nselect = ["E"]\n',
                "Makefile": "lint:\n\truff check .\n",
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "Ruff in a hook",
            {**_DJANGO, ".pre-commit-config.yaml": _HOOK},
            state="pass",
        ),
        Example(
            "a table for Black is left over",
            {
                **_DJANGO,
                "pyproject.toml": "[tool.black]\nline-length = 100\n",
                ".github/workflows/ci.yml": f"{_CI}uv run ruff format --check\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a task runner formats",
            {
                **_DJANGO,
                "justfile": "format:\n    uvx ruff format .\n",
                ".github/workflows/ci.yml": f"{_CI}just lint\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no Django", {"requirements.txt": "click\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        configuration = project.configuration
        commands = configuration.commands
        for rival in _RIVALS:
            path = commands.place_of(rival)
            if path:
                yield project.located_at(path, "formatter", "formatter").violation(
                    f"`{rival}` formats the code here; let `ruff format` do it, and drop the other formatter"
                )
                return
        subject = project.repository("formatter", "pyproject.toml")
        ruff = configuration.ruff
        if (
            commands.anything_runs("ruff format")
            or commands.anything_runs("ruff-format")
            or configuration.has_ruff_format
        ):
            yield subject.in_order()
        elif project.unreadable_configuration or commands.ci_hidden:
            reason = project.unreadable_configuration or commands.ci_hidden
            yield subject.unknown(f"`{reason}` cannot be read")
        else:
            wording = (
                "checked but not formatted by Ruff" if ruff is not None else "formatted by nothing"
            )
            yield subject.violation(
                f"The code is {wording}; run `ruff format --check .` in a hook or in CI"
            )
