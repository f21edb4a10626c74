"""RUF-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import select_family
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'
_FAMILIES = {
    "E": "pycodestyle errors", "F": "pyflakes", "W": "pycodestyle warnings", "I": "import order", "UP": "pyupgrade",
    "B": "bugbear", "C4": "comprehensions", "SIM": "simplification", "S": "security", "N": "naming",
    "D": "docstrings", "ANN": "annotations", "RUF": "Ruff's own", "DJ": "Django",
}  # fmt: skip
_ALL = ", ".join(f'"{family}"' for family in _FAMILIES)


class RuleFamilyOff(Rule):
    """Finds rule families that the guide lists and Ruff does not select."""

    code = "RUF02"
    slug = "rule-family-off"
    title = "Ruff selects all fourteen rule families"
    level = Level.MUST
    section = "Ruff Configuration"
    guide_lines = (71, 78)
    effort = Effort.HOUR
    what = (
        "A family of the guide's list that the configuration of Ruff does not select as a whole: missing, ignored "
        "again, or only "
        "in part. Single rules of a family may be ignored."
    )
    why = (
        "Each family stands for a kind of mistake that the guide wants found by a machine, from docstrings and "
        "annotations to "
        "security. One that is off is left to reviewers."
    )
    how = (
        "Add the family to `select` in `[tool.ruff.lint]`, run `ruff check --select FAMILY --fix`, and go through "
        "the rest. For "
        "a large repository take one family at a time and ignore single rules that you decide against, each with a "
        "reason."
    )
    applies_when = "the repository configures Ruff"
    absent = "no configuration of Ruff"
    errata = (
        "The guide's own samples do not pass its selection: `D` and `ANN` complain about most of them. Ignoring "
        "single rules is "
        "therefore accepted, and so is a docstring convention, which switches some rules of `D` off."
    )
    needs = ("toml",)
    examples = (
        Example(
            "one family is missing, one is partial, one is ignored",
            {
                "pyproject.toml": _PROJECT + "[tool.ruff.lint]\n"
                'select = ["E4", "F", "W", "I", "UP", "B", "C4", "SIM", "S", "N", "D", "ANN", "RUF"]\n'
                'ignore = ["S"]\n'
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    _PROJECT
                    + (
                        "[tool.ruff.lint]\n"
                        'select = ["E4", "F", "W", "I", "UP", "B", "C4", "SIM", '
                        '"S", "N", "D", "ANN", "RUF", "E", "DJ"]\n'
                        "ignore = []\n"
                    )
                )
            },
        ),
        Example(
            "all families",
            {"pyproject.toml": _PROJECT + f"[tool.ruff.lint]\nselect = [{_ALL}]\n"},
            state="pass",
        ),
        Example(
            "everything, without some single rules",
            {
                "pyproject.toml": _PROJECT
                + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["D100", "ANN401", "COM", "PL"]\n'
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "everything, without a whole family of the list",
            {
                "pyproject.toml": _PROJECT
                + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["D", "COM"]\n'
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    _PROJECT + '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["COM"]\n'
                )
            },
        ),
        Example(
            "a docstring convention trims one family",
            {
                "pyproject.toml": _PROJECT
                + f'[tool.ruff.lint]\nselect = [{_ALL}]\npydocstyle.convention = "google"\n'
            },
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
        for family, name in _FAMILIES.items():
            subject = project.located_at(ruff.path, f"ruff:{family}", family)
            fix = select_family(project, family)
            # A family that is switched on for the first time turns CI red until its findings are dealt with.
            fix = Fix(fix.edits, is_safe=False) if fix is not None else None
            covered = ruff.coverage(family)
            if covered == "all":
                yield subject.in_order()
            elif ruff.extends:
                yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
            elif covered == "part":
                yield subject.violation(
                    f"Ruff selects only a part of `{family}` ({name}); select the whole family",
                    fix=fix,
                )
            else:
                yield subject.violation(
                    f'Ruff does not select `{family}` ({name}); add `"{family}"` to `select`',
                    fix=fix,
                )
