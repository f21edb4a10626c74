"""TPF-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import add_words
from plumbline.rule import Example, Level, Rule, Verdict

_DEV = '[project]\nname = "shop"\ndependencies = ["django"]\n[dependency-groups]\ndev = ["pytest-django"]\n'


class RebuiltTestDatabase(Rule):
    """Finds configurations of pytest that build the test database anew for every run."""

    code = "TPF02"
    slug = "rebuilt-test-database"
    title = "Test runs reuse their database"
    level = Level.SHOULD
    section = "Test Performance"
    guide_lines = (1981, 1991)
    what = (
        "A configuration of pytest in a repository with pytest-django where neither `addopts` nor a command of CI "
        "or a task passes `--reuse-db`."
    )
    why = (
        "To create all tables takes seconds to minutes, and it is the wait before the first test, every time. With "
        "`--reuse-db` the second run starts at once."
    )
    how = (
        'Add `"--reuse-db"` to `addopts`. After a change of models run once with `--create-db`; CI, whose machines are '
        "fresh, is not affected."
    )
    applies_when = "the repository configures pytest and installs pytest-django"
    absent = "no configuration of pytest with pytest-django"
    needs = ("toml", "ini")
    examples = (
        Example(
            "a database for every run",
            {"pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["-q"]\n'},
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": _DEV
                + '[tool.pytest.ini_options]\naddopts = ["-q", "--reuse-db"]\n'
            },
        ),
        Example(
            "kept between runs",
            {"pyproject.toml": _DEV + '[tool.pytest]\naddopts = "--reuse-db -q"\n'},
            state="pass",
        ),
        Example(
            "CI makes its own, since its machines are fresh",
            {
                "pyproject.toml": _DEV + '[tool.pytest.ini_options]\naddopts = ["--reuse-db"]\n',
                ".github/workflows/ci.yml": "jobs:\n  test:\n    steps:\n    - run: pytest --create-db\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no pytest", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the configuration of pytest."""
        yield from judge_option(
            project,
            ("--reuse-db",),
            'every test run builds its database anew; add `"--reuse-db"` to `addopts`',
        )


def judge_option(project: Project, options: tuple[str, ...], message: str) -> Iterator[Verdict]:
    """Whether pytest is given one of ``options``, in its configuration or by a command; the first is the remedy."""
    configuration = project.configuration
    if configuration.pytest is None or not project.installs("pytest-django"):
        return
    subject = project.located_at(configuration.pytest[0], "pytest:addopts", options[0])
    commands = configuration.commands
    is_given = any(option in configuration.pytest_options for option in options) or any(
        option in command.text for command in (*commands.ci, *commands.tasks) for option in options
    )
    if is_given:
        yield subject.in_order()
        return
    edit = add_words(project, configuration.pytest, "addopts", options[0])
    yield subject.violation(message, fix=Fix([edit], is_safe=False) if edit else None)
