"""CI-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n"}
_STEPS = "jobs:\n  test:\n    steps:\n    - uses: actions/checkout@v5\n"
_ALL = (
    _STEPS + "    - run: uv run ruff check .\n    - run: uv run mypy .\n    - run: uv run pytest\n"
)
_TOOLS = {
    "ruff": "add a step that runs `ruff check .`",
    "mypy": "add a step that runs `mypy .`",
    "pytest": "add a step that runs `pytest`",
}


class UncheckedPush(Rule):
    """Finds continuous integration that leaves out the linter, the type checker or the tests."""

    code = "CI01"
    slug = "unchecked-push"
    title = "CI runs ruff, mypy and pytest"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "CI Pipeline"
    guide_lines = (2010, 2016)
    effort = Effort.HOUR
    what = (
        "A CI configuration that runs ruff, mypy or pytest neither in a step nor through a Makefile, tox, nox, a "
        "task runner, "
        "a hook or a script that a step calls. One judgement for each of the three."
    )
    why = (
        "What CI does not run is run by whoever remembers to. The main branch stays clean only if every push is "
        "checked."
    )
    how = (
        "Add one step for each tool, in the same environment as on a developer's machine, and make them required "
        "checks."
    )
    applies_when = "the repository configures continuous integration"
    absent = "no CI configuration"
    errata = (
        "Where CI uses a reusable workflow of another repository, a script that cannot be read here, or perhaps "
        "pre-commit.ci, a tool "
        "that is not seen counts as not known. Pyright counts as the type checker where django-types is installed."
    )
    needs = ("yaml", "text")
    examples = (
        Example(
            "tests only",
            {
                **_DJANGO,
                ".github/workflows/ci.yml": (
                    "jobs:  # <-\n  test:\n    steps:\n    - run: |\n        pip install ruff mypy pytest\n"
                    "        python -m pytest -q\n"
                ),
            },
        ),
        Example("all three", {**_DJANGO, ".github/workflows/ci.yml": _ALL}, state="pass"),
        Example(
            "through a Makefile, tox and a script",
            {
                **_DJANGO,
                ".gitlab-ci.yml": "test:\n  script:\n  - make lint\n  - tox -e types\n  - ./ci/test.sh\n",
                "Makefile": "lint:\n\t@uv run ruff check .\n",
                "tox.ini": "[testenv:types]\ncommands = mypy shop\n",
                "ci/test.sh": "set -e\npython -m pytest \\\n  --reuse-db\n",
            },
            state="pass",
        ),
        Example(
            "pre-commit.ci may run the hooks",
            {
                **_DJANGO,
                ".pre-commit-config.yaml": (
                    "ci:\n  autofix_prs: false\nrepos:\n- repo: https://github.com/astral-sh/ruff-pre-commit\n"
                    "  rev: v0.17.6\n  hooks:\n  - id: ruff-check\n"
                ),
                ".github/workflows/ci.yml": _STEPS + "    - run: mypy .\n    - run: pytest\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a composite action of the repository's own",
            {
                **_DJANGO,
                ".github/workflows/ci.yml": _STEPS + "    - uses: ./.github/actions/check\n",
                ".github/actions/check/action.yml": (
                    "runs:\n  using: composite\n  steps:\n  - run: ruff check . && mypy . && pytest\n    shell: "
                    "bash\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable workflow of another repository",
            {
                **_DJANGO,
                ".github/workflows/ci.yml": (
                    "jobs:\n  lint:\n    uses: example/workflows/.github/workflows/python.yml@v1\n"
                    "  test:\n    steps:\n    - run: pytest\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no CI", _DJANGO, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        commands = project.configuration.commands
        if not commands.ci_files:
            return
        path = commands.main_ci_file
        uses_pyright = project.installs("django-types")
        for tool, remedy in _TOOLS.items():
            subject = project.located_at(path, f"ci:{tool}", tool)
            if commands.ci_runs(tool) or (
                tool == "mypy"
                and uses_pyright
                and (commands.ci_runs("pyright") or commands.ci_runs("basedpyright"))
            ):
                yield subject.in_order()
            elif commands.hooks_run(tool):
                yield subject.unknown(f"a hosted service may run the hook of {tool}")
            elif commands.ci_hidden:
                yield subject.unknown(f"CI runs `{commands.ci_hidden}`, which cannot be read here")
            else:
                yield subject.violation(f"CI never runs `{tool}`; {remedy}")
