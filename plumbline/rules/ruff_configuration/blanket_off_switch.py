"""RUF-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.ruff import RuffConfig
from plumbline.roles import SOURCE, is_project_file, role_of
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_FAMILIES = ("E", "F", "W", "I", "UP", "B", "C4", "SIM", "S", "N", "D", "ANN", "RUF", "DJ")
_FOLDER_LIMIT = 3
_DJANGO = {"requirements.txt": "django\n"}


class BlanketOffSwitch(Rule):
    """Finds whole families ignored, whole files waved through, and first-party code that Ruff never reads."""

    code = "RUF06"
    slug = "blanket-off-switch"
    title = "No switch turns a whole rule family, or all rules for a file, off"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Ruff Configuration"
    guide_lines = (71, 84)
    effort = Effort.HOUR
    what = (
        "A family of the guide's that `select` names and `ignore` drops whole, a `# ruff: noqa` without codes at the "
        "top of a module, and an exclusion that covers packages of the project's own source. Migrations, tests, "
        "templates for new projects and vendored code may be left out."
    )
    why = (
        "A switch for everything also hides what nobody meant to hide, and what is written next. Codes by name say "
        "what was judged and found acceptable."
    )
    how = (
        "Ignore the rules that do not fit by their own codes (`D100`, not `D`), give the comment its codes (`# ruff: "
        "noqa: E501`), and move exceptions for a folder to `per-file-ignores`."
    )
    applies_when = "the repository configures Ruff"
    absent = "no configuration of Ruff"
    errata = "The guide lists the families to select; that they may not be dropped again follows from it."
    needs = ("toml", "python")
    examples = (
        Example(
            "a family selected and dropped",
            {
                **_DJANGO,
                "ruff.toml": 'lint.select = ["E", "S", "D"]\nlint.ignore = ["D", "E501"]\n',
            },
            reports=("ruff.toml",),
        ),
        Example(
            "all rules off for a module",
            {
                **_DJANGO,
                "ruff.toml": 'lint.select = ["E"]\n',
                "shop/legacy.py": "# ruff: noqa  # <-\nimport django\n",
                "shop/older.py": "# flake8: noqa  # <-\nimport django\n",
            },
        ),
        Example(
            "a package that is never read",
            {
                **_DJANGO,
                "ruff.toml": 'extend-exclude = ["shop/legacy"]\nlint.select = ["E"]\n',
                "shop/legacy/orders.py": "import django\n",
                "shop/views.py": "import django\n",
            },
            reports=("ruff.toml",),
        ),
        Example(
            "single rules and single files",
            {
                **_DJANGO,
                "ruff.toml": (
                    'exclude = ["migrations", "shop/strings.py"]\nlint.select = ["E", "D"]\n'
                    'lint.ignore = ["D100", "E501"]\n'
                ),
                "shop/views.py": "# ruff: noqa: E402, D\nimport django\n\nX = 1  # noqa\n",
                "shop/strings.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "generated and vendored folders",
            {
                **_DJANGO,
                "ruff.toml": 'exclude = ["migrations", "vendor", "node_modules", "docs"]\nlint.select = ["E"]\n',
                "shop/migrations/0001_initial.py": "import django\n",
                "docs/conf.py": "import django\n",
                "shop/views.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no Ruff", {"shop/views.py": "# flake8: noqa\nimport django\n"}, state="not_applicable"
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None:
            return
        subject = project.located_at(ruff.path, "ruff:ignore", "ignore")
        dropped = [family for family in _FAMILIES if ruff.ignores_family(family)]
        if dropped:
            yield subject.violation(
                f"Ruff selects {' and '.join(f'`{family}`' for family in dropped)} and ignores all of it again; ignore "
                f"the rules that do not fit by their codes"
            )
        else:
            yield subject.in_order()
        yield _exclusion(project, ruff)
        for module in project.names:
            if not module.outline.noqa or module.role != SOURCE or not is_project_file(module.path):
                continue
            for comment in module.outline.noqa:
                if comment.is_file:
                    place = project.located_in(module, comment.line, "noqa")
                    yield (
                        place.in_order()
                        if comment.codes
                        else place.violation(
                            "The comment switches every rule off for this module; name the codes that it is for"
                        )
                    )


def _exclusion(project: Project, ruff: RuffConfig) -> Verdict:
    subject = project.located_at(ruff.path, "ruff:exclude", "exclude")
    if not ruff.left_out:
        return subject.in_order()
    folders = {
        module.path.rpartition("/")[0]
        for module in project.names
        if module.role == SOURCE and is_project_file(module.path) and ruff.governs(module.path)
    }
    hidden = sorted(
        folder
        for folder in folders
        if role_of(f"{folder}/x.py") == SOURCE and ruff.leaves_out(f"{folder}/x.py")
    )
    tops = [
        folder
        for folder in hidden
        if not any(folder.startswith(f"{other}/") for other in hidden if other != folder)
    ]
    if not tops:
        return subject.in_order()
    named = ", ".join(f"`{folder}`" for folder in tops[:_FOLDER_LIMIT])
    return subject.violation(
        f"Ruff never reads {named}; narrow `exclude`, or list the rules to skip there in `per-file-ignores`"
    )
