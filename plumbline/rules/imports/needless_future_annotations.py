"""IMP-04."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.edits import Fix, RemoveImport
from plumbline.project import Project
from plumbline.roles import MIGRATION, is_template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_NEW = '[project]\nname = "shop"\nrequires-python = ">=3.14"\ndependencies = ["django"]\n'
_LAZY = Version("3.14")


class NeedlessFutureAnnotations(Rule):
    """Finds the future import of annotations where every supported Python evaluates them lazily anyway."""

    code = "IMP04"
    slug = "needless-future-annotations"
    title = "No future import of annotations where Python 3.14 is the oldest"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Imports"
    guide_lines = (1473, 1473)
    what = (
        "`from __future__ import annotations` in a project whose `requires-python` begins at 3.14 or later. Modules "
        "without it are in order."
    )
    why = (
        "Since 3.14 annotations are evaluated when somebody asks. The import adds nothing, and it turns annotations "
        "into strings, which tools that read them when running have to parse back."
    )
    how = "Remove the line; `ruff check --select UP --fix` does it once the target version is 3.14."
    applies_when = "`requires-python` begins at 3.14 or later"
    absent = "Python below 3.14 is supported, or the supported versions are not declared"
    errata = "A note in the guide, not a demand; weighs as little as an example."
    needs = ("toml", "python")
    examples = (
        Example(
            "not needed any more",
            {
                "pyproject.toml": _NEW,
                "shop/views.py": "from __future__ import annotations  # <-\n\nimport django\n",
            },
            fixed={"shop/views.py": "import django\n"},
        ),
        Example(
            "not there",
            {"pyproject.toml": _NEW, "shop/views.py": "import django\n"},
            state="pass",
        ),
        Example(
            "a library for older versions too",
            {
                "pyproject.toml": _NEW.replace("3.14", "3.12"),
                "shop/views.py": "from __future__ import annotations\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example("no versions declared", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        oldest = project.oldest_python
        if oldest is None or oldest < _LAZY:
            return
        for module in project.names:
            imports = module.outline.imports
            if not imports or module.role == MIGRATION or is_template(module.path):
                continue
            line = next(
                (
                    item.line
                    for item in imports[:4]
                    if item.module == "__future__" and item.name == "annotations"
                ),
                0,
            )
            if not line:
                yield project.located_at(module.path, module.name, "imports").in_order()
                continue
            yield project.located_in(module, line, "from __future__ import annotations").violation(
                "Every Python that this project supports evaluates annotations lazily; remove the future import",
                fix=Fix(
                    [RemoveImport(module.path, line, "__future__", "annotations")], is_safe=False
                ),
            )
