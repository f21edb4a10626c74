"""RUF-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.remedies import select_family
from plumbline.rule import Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class DjangoRulesOff(Rule):
    """Finds configurations of Ruff that do not select its Django rules."""

    code = "RUF01"
    slug = "django-rules-off"
    title = "Ruff's Django rules are on"
    level = Level.MUST
    section = "Ruff Configuration"
    guide_lines = (71, 78)
    what = (
        "A configuration of Ruff that does not end up with the whole `DJ` family: not selected, selected in part, or "
        "ignored "
        "again. What it extends inside the repository is followed, and so are `ALL` and the older top-level keys."
    )
    why = (
        "`DJ` is what Ruff knows of Django: nullable text columns, models without `__str__`, forms that expose all "
        "fields, "
        "receivers under the wrong decorator. It is off unless asked for."
    )
    how = (
        'Add `"DJ"` to `select` in `[tool.ruff.lint]`, run `ruff check --select DJ`, and fix or suppress what it '
        "finds."
    )
    applies_when = "the repository configures Ruff"
    absent = "no configuration of Ruff"
    needs = ("toml",)
    examples = (
        Example(
            "not selected",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["E", "F", "D"]\n'},
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (_PROJECT + '[tool.ruff.lint]\nselect = ["E", "F", "D", "DJ"]\n')
            },
        ),
        Example(
            "selected, then ignored",
            {
                "pyproject.toml": _PROJECT,
                "ruff.toml": '[lint]\nselect = ["E", "DJ"]\nignore = ["DJ"]\n',
            },
            reports=("ruff.toml",),
            fixed={"ruff.toml": '[lint]\nselect = ["E", "DJ"]\nignore = []\n'},
        ),
        Example(
            "only one of its rules",
            {"pyproject.toml": _PROJECT + '[tool.ruff]\nselect = ["E", "DJ001"]\n'},
            reports=("pyproject.toml",),
            fixed={"pyproject.toml": (_PROJECT + '[tool.ruff]\nselect = ["E", "DJ001", "DJ"]\n')},
        ),
        Example(
            "selected, with one rule ignored",
            {
                "pyproject.toml": _PROJECT
                + '[tool.ruff.lint]\nextend-select = ["DJ"]\nignore = ["DJ012"]\n'
            },
            state="pass",
        ),
        Example(
            "everything is selected",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["D"]\n'},
            state="pass",
        ),
        Example(
            "a stricter file for one folder, the project's own above it",
            {
                "manage.py": "import django\n",
                "ruff.toml": 'lint.select = ["E", "DJ"]\n',
                "scripts/ruff.toml": 'extend = "../ruff.toml"\nlint.ignore = ["DJ"]\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a project that extends the configuration above it",
            {
                "ruff.toml": '[lint]\nselect = ["E", "DJ"]\n',
                "backend/manage.py": "import django\n",
                "backend/ruff.toml": 'extend = "../ruff.toml"\n[lint]\nextend-select = ["B"]\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "all but the family",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["DJ"]\n'},
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (_PROJECT + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = []\n')
            },
        ),
        Example(
            "an order of ignoring that the longer prefix wins",
            {"pyproject.toml": _PROJECT + '[tool.ruff.lint]\nselect = ["DJ"]\nignore = ["ALL"]\n'},
            state="pass",
            is_trap=True,
        ),
        Example("no Ruff", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None:
            return
        subject = project.located_at(ruff.path, "ruff:DJ", "DJ")
        covered = ruff.coverage("DJ")
        if covered == "all":
            yield subject.in_order()
        elif ruff.extends:
            yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
        elif covered == "part":
            yield subject.violation(
                'Ruff selects only some of its Django rules; select the whole family `"DJ"`',
                fix=select_family(project, "DJ"),
            )
        else:
            yield subject.violation(
                'Ruff\'s Django rules are off; add `"DJ"` to `select`',
                fix=select_family(project, "DJ"),
            )
