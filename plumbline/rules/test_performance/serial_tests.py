"""TPF-01."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.configuration import Options
from plumbline.project.remedies import add_words
from plumbline.rule import Example, Level, Rule, Verdict

_DEV = '[project]\nname = "shop"\ndependencies = ["django"]\n[dependency-groups]\ndev = ["pytest-xdist"]\n'
_WORKERS = re.compile(r"(?:^|\s)(?:-n[ =]?|--numprocesses[ =])(auto|logical|[1-9]\d*|\$)")
_RUNS_PYTEST = re.compile(r"(?<![\w.-])(pytest|py\.test)(?![\w.-])")


class SerialTests(Rule):
    """Finds configurations of pytest that run one test after another."""

    code = "TPF01"
    slug = "serial-tests"
    title = "Tests run in parallel"
    level = Level.SHOULD
    section = "Test Performance"
    guide_lines = (1981, 1991)
    what = (
        "A configuration of pytest whose `addopts` lack `-n auto` while no command of CI or a task passes `-n` "
        "either; or one that "
        "passes it although pytest-xdist is not installed."
    )
    why = (
        "Tests that touch a database mostly wait. Spread over all cores, each worker with a database of its own, a "
        "suite takes a "
        "fraction of the time, and people run it before they push."
    )
    how = (
        'Run `uv add --dev pytest-xdist` and add `"-n", "auto"` to `addopts`. Where tests depend on each other, find '
        "them with "
        "`--dist=loadfile` first; `-p no:xdist` declares that a suite cannot run in parallel yet."
    )
    applies_when = "the repository configures pytest"
    absent = "no configuration of pytest"
    errata = (
        "A fixed number of workers, and `-n` in the commands of CI alone, do as the sample does."
    )
    needs = ("toml", "ini")
    examples = (
        Example(
            "no workers",
            {"pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["--reuse-db"]\n'},
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    _DEV + '[tool.pytest.ini_options]\naddopts = ["--reuse-db", "-n", "auto"]\n'
                )
            },
        ),
        Example(
            "workers, but no plugin that starts them",
            {"requirements.txt": "django\npytest\n", "pytest.ini": "[pytest]\naddopts = -n auto\n"},
            reports=("pytest.ini",),
        ),
        Example(
            "a list of options",
            {
                "pyproject.toml": _DEV
                + '[tool.pytest.ini_options]\naddopts = ["-n", "auto", "--reuse-db"]\n'
            },
            state="pass",
        ),
        Example(
            "one string of options",
            {"pyproject.toml": _DEV + '[tool.pytest]\naddopts = "--strict-markers -n=4"\n'},
            state="pass",
        ),
        Example(
            "an argument in CI",
            {
                "pyproject.toml": _DEV + "[tool.pytest.ini_options]\nminversion = 9\n",
                ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n    - run: uv run pytest -n auto\n",
            },
            state="pass",
        ),
        Example(
            "a suite that depends on its order and says so",
            {"pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = "-p no:xdist"\n'},
            state="not_applicable",
            is_trap=True,
        ),
        Example("no pytest", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        if "no:xdist" in project.configuration.pytest_options:
            return "the suite is declared to depend on its order (`-p no:xdist`)"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        configuration = project.configuration
        if configuration.pytest is None:
            return
        subject = project.located_at(configuration.pytest[0], "pytest:addopts", "-n")
        commands = configuration.commands
        is_parallel = _WORKERS.search(configuration.pytest_options) or any(
            _RUNS_PYTEST.search(command.text) and _WORKERS.search(command.text)
            for command in (*commands.ci, *commands.tasks)
        )
        if not is_parallel:
            yield subject.violation(
                'pytest runs one test after another; add `"-n", "auto"` to `addopts`',
                fix=_fix(project, configuration.pytest),
            )
        elif project.installs("pytest-xdist") or not project.dependencies.is_known:
            yield subject.in_order()
        else:
            yield subject.violation(
                "pytest is given `-n`, but `pytest-xdist` is not installed; declare it"
            )


def _fix(project: Project, options: Options) -> Fix | None:
    """Start workers, where the plugin that starts them is installed."""
    if not project.installs("pytest-xdist") or "--dist" in project.configuration.pytest_options:
        return None
    edit = add_words(project, options, "addopts", "-n", "auto")
    return Fix([edit]) if edit is not None else None
