"""TOOL-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class EnvironmentWithoutUv(Rule):
    """Finds projects whose environment uv neither locks nor runs."""

    code = "TOOL07"
    slug = "environment-without-uv"
    title = "uv locks and runs the environment"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Quick Reference"
    guide_lines = (19, 30)
    preview = True
    effort = Effort.HOUR
    what = (
        "A project with a `pyproject.toml` that neither installs uv nor has a `uv.lock` or a `[tool.uv]` "
        "table, and nothing that runs uv in "
        "CI, hooks, tasks or containers."
    )
    why = (
        "The guide's commands all start with `uv run`, so that everybody and CI use one locked environment. Another "
        "tool with a lock file does the same; this is advice."
    )
    how = "Run `uv lock`, commit `uv.lock`, and use `uv sync --locked` and `uv run` in CI."
    applies_when = "the repository has a `pyproject.toml`"
    absent = "no pyproject.toml"
    errata = "The guide shows uv in its commands and asks for it nowhere."
    needs = ("toml",)
    examples = (
        Example(
            "another tool",
            {
                "pyproject.toml": _PROJECT,
                "poetry.lock": '[[package]]\nname = "django"\nversion = "6.1"\n',
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "locked",
            {
                "pyproject.toml": _PROJECT,
                "uv.lock": '[[package]]\nname = "django"\nversion = "6.1"\n',
            },
            state="pass",
        ),
        Example(
            "CI runs it",
            {
                "pyproject.toml": _PROJECT,
                ".github/workflows/ci.yml": (
                    "jobs:\n  test:\n    steps:\n    - uses: astral-sh/setup-uv@v6\n    - run: uv run pytest\n"
                ),
            },
            state="pass",
        ),
        Example("requirements only", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        path = project.configuration.pyproject
        if path is None:
            return
        subject = project.located_at(path, "uv", "uv")
        commands = project.configuration.commands
        uses_it = (
            bool(project.paths("uv.lock"))
            or project.installs("uv")
            or project.configuration.toml("tool", "uv") is not None
            or any(commands.anything_runs(f"uv {verb}") for verb in ("run", "sync", "pip"))
        )
        if uses_it:
            yield subject.in_order()
        else:
            rival = next(iter(project.paths("poetry.lock", "pdm.lock", "Pipfile")), "")
            beside = f" beside `{rival}`" if rival else ""
            yield subject.violation(
                f"Nothing here uses uv{beside}; `uv lock` gives one locked environment to everybody and CI"
            )
