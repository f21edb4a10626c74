"""RUF-02."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.remedies import TEST_CODES, exempt_files, select_family, tests_judged
from plumbline.project.ruff import RuffConfig
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
            "security is missing, and tests assert",
            {
                "pyproject.toml": _PROJECT
                + f"[tool.ruff.lint]\nselect = [{_ALL}]\n".replace('"S", ', ""),
                "tests/test_total.py": "def test_total():\n    assert 1 + 1 == 2\n",
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    _PROJECT
                    + f"[tool.ruff.lint]\nselect = [{_ALL}".replace('"S", ', "")
                    + ', "S"]\n\n[tool.ruff.lint.per-file-ignores]\n"**/tests/**" = ["S101"]\n'
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
            covered = ruff.coverage(family)
            fix = _fix(project, ruff, family) if covered != "all" and not ruff.extends else None
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


def _fix(project: Project, ruff: RuffConfig, family: str) -> Fix | None:
    """Select the family, and exempt tests from what they would break.

    Unsafe: a family that is switched on for the first time turns CI red until its findings are dealt with.
    """
    fix = select_family(project, family)
    if fix is None:
        return None
    ignore = tuple(code for code in ruff.ignore if code != family)
    later = msgspec.structs.replace(ruff, select=(*ruff.select, family), ignore=ignore)
    own = [code for code in TEST_CODES if code.startswith(family) and not ruff.enables(code)]
    judged = tests_judged(project, later, [code for code in own if later.enables(code)])
    exemption = exempt_files(project, judged) if judged else None
    return Fix([*fix.edits, *(exemption.edits if exemption else ())], is_safe=False)
