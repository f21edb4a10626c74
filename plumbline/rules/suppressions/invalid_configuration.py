"""PLB04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.config import PATH
from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict


class InvalidConfiguration(Rule):
    """Finds parts of ``[tool.plumbline]`` that have no effect."""

    code = "PLB04"
    slug = "invalid-configuration"
    title = "The configuration of Plumbline says what it means"
    level = Level.MAY
    section = "Plumbline"
    guide_lines = (0, 0)
    comes_last = True
    needs = ("toml",)
    what = (
        "A key of `[tool.plumbline]` that does not exist, a value of the wrong kind, a rule code that no rule has, or "
        "a rule switched off without a reason. Such a part has no effect."
    )
    why = "A misspelt exclusion looks as if it worked until somebody wonders about the score."
    how = (
        "The keys are `exclude` (a list of path patterns), `disable` (a table of rule code to reason) and "
        "`source-roots` (a list of folders from which imports start)."
    )
    applies_when = "pyproject.toml has a table `[tool.plumbline]`"
    absent = "no [tool.plumbline] in pyproject.toml"
    examples = (
        Example(
            "a misspelt key",
            {
                "pyproject.toml": '[project]\ndependencies = ["django"]\n\n[tool.plumbline]\nexcludes = ["legacy"]\n'
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "a rule switched off, with the reason",
            {
                "pyproject.toml": (
                    '[project]\ndependencies = ["django"]\n\n'
                    '[tool.plumbline]\nexclude = ["legacy"]\ndisable = { MOD08 = "renamed with the next API" }\n'
                )
            },
            state="pass",
        ),
        Example("no configuration", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each mistake, or one for the table."""
        if not project.config.is_present:
            return
        for mistake in project.config.mistakes:
            yield project.located_at(PATH, "tool.plumbline", mistake).violation(mistake)
        if not project.config.mistakes:
            yield project.located_at(PATH, "tool.plumbline", "tool.plumbline").in_order()
