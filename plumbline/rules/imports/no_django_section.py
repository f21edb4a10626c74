"""IMP-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.remedies import own_section_for_django
from plumbline.project.ruff import django_section
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n"}
_GOOD = (
    'lint.select = ["E", "I"]\n\n[lint.isort]\nsection-order = ["future", "standard-library", "third-party", '
    '"django", "first-party", "local-folder"]\n\n[lint.isort.sections]\ndjango = ["django"]\n'
)


class NoDjangoSection(Rule):
    """Finds configurations of Ruff that sort imports without a section for Django."""

    code = "IMP02"
    slug = "no-django-section"
    title = "The order of imports has a section for Django"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Imports"
    guide_lines = (1457, 1471)
    what = (
        "A configuration of Ruff that selects `I001` and whose `[tool.ruff.lint.isort]` has no section for `django` "
        "in `sections`, or does not place it between `third-party` and `first-party` in `section-order`."
    )
    why = (
        "Without the section Ruff sorts Django among the third-party packages, so it undoes the very order that the "
        "guide shows, on every save."
    )
    how = 'Set `section-order` with `"django"` behind `"third-party"`, and `sections.django = ["django"]`.'
    applies_when = "the repository configures Ruff and its rules for imports are on"
    absent = "no configuration of Ruff that sorts imports"
    errata = (
        "The guide's sample configuration lacks the section and reports the guide's own order of imports; the section "
        "makes both true."
    )
    needs = ("toml",)
    examples = (
        Example(
            "no section",
            {**_DJANGO, "ruff.toml": 'lint.select = ["E", "I"]\n'},
            reports=("ruff.toml",),
            fixed={"ruff.toml": _GOOD},
        ),
        Example(
            "the section stands behind the project's own packages",
            {
                **_DJANGO,
                "ruff.toml": (
                    'lint.select = ["I"]\n\n[lint.isort]\nsection-order = ["future", "standard-library", '
                    '"third-party", "first-party", "django", "local-folder"]\n\n[lint.isort.sections]\n'
                    'django = ["django"]\n'
                ),
            },
            reports=("ruff.toml",),
            fixed={
                "ruff.toml": (
                    'lint.select = ["I"]\n\n[lint.isort]\nsection-order = ["future", "standard-library", '
                    '"third-party", "django", "first-party", "local-folder"]\n\n[lint.isort.sections]\n'
                    'django = ["django"]\n'
                )
            },
        ),
        Example("a section", {**_DJANGO, "ruff.toml": _GOOD}, state="pass"),
        Example(
            "imports are not sorted",
            {**_DJANGO, "ruff.toml": 'lint.select = ["E", "F"]\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None or not ruff.enables("I001"):
            return
        subject = project.located_at(ruff.path, "ruff:isort", "isort")
        name, order = django_section(ruff)
        neighbours = [item for item in order if item in ("third-party", "first-party", name)]
        if name and neighbours == ["third-party", name, "first-party"]:
            yield subject.in_order()
        elif ruff.extends:
            yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
        else:
            yield subject.violation(
                "Ruff sorts Django among the third-party packages; give isort a section for `django` between "
                "`third-party` and `first-party`"
                if not name
                else f"The section `{name}` does not stand between `third-party` and `first-party`; move it there in "
                f"`section-order`",
                fix=own_section_for_django(project),
            )
