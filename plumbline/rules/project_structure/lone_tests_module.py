"""STR-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.roles import SOURCE, TEST, role_of
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = {"shop/models.py": "from django.db import models\n"}
_TEST = "def test_total():\n    assert True\n"


class LoneTestsModule(Rule):
    """Finds apps whose tests are one module."""

    code = "STR05"
    slug = "lone-tests-module"
    title = "An app's tests are a package, not a lone tests.py"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (52, 58)
    what = (
        "A `tests.py` in the folder of an app. Packages of tests inside apps are in order, and so is a tree of tests "
        "at the top of the repository."
    )
    why = (
        "`startapp` makes one empty `tests.py`, and it stays one file until it is a thousand lines long. In a package "
        "the tests of a model, a service and a view are found by name."
    )
    how = "Make `tests/` a package and move the tests into `test_models.py`, `test_services.py` and so on."
    applies_when = "the repository has a package of tests, or a `tests.py` in an app"
    absent = "no tests in the folder of an app or in a package"
    examples = (
        Example(
            "one module",
            {**_APP, "shop/tests.py": _TEST},
            reports=("shop/tests.py",),
        ),
        Example(
            "a package in the app",
            {**_APP, "shop/tests/test_models.py": _TEST},
            state="pass",
        ),
        Example(
            "a tree at the top",
            {**_APP, "tests/shop/test_models.py": _TEST},
            state="pass",
            is_trap=True,
        ),
        Example("no tests", _APP, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        apps = project.app_folders.by_folder
        packages: set[str] = set()
        for module in project.names:
            if module.role != TEST:
                continue
            folder, _, name = module.path.rpartition("/")
            if name == "tests.py":
                if folder in apps and role_of(f"{folder}/models.py") == SOURCE:
                    yield project.located_at(module.path, module.name, "tests").violation(
                        f"The tests of `{folder}` are one module; make `tests/` a package with a module for each part"
                    )
                continue
            head, found, _ = f"/{folder}/".partition("/tests/")
            if found and name.startswith("test") and head not in packages:
                packages.add(head)
                path = f"{head}/tests".strip("/")
                yield project.located_at(f"{path}/__init__.py", path, "tests").in_order()
