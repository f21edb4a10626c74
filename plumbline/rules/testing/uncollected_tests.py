"""TST-06."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DEFAULT = ("test_*.py", "*_test.py")
_NAMED_FOR_TESTS = re.compile(r"^(tests?|tests_\w+|\w+_tests|test\w*)\.py$")
_PYTEST = {
    "pyproject.toml": '[project]\ndependencies = ["django", "pytest"]\n[tool.pytest]\naddopts = "-q"\n'
}
_TEST = "def test_order():\n    assert 1\n"


class UncollectedTests(Rule):
    """Finds test modules whose names pytest passes by."""

    code = "TST06"
    slug = "uncollected-tests"
    title = "pytest collects every test module"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Testing with pytest-django"
    guide_lines = (1967, 1977)
    what = (
        "A module that is named for tests (`tests.py`, `order_tests.py`) and holds tests, in a repository that runs "
        "pytest, whose name matches none of pytest's `python_files` (by default `test_*.py` and `*_test.py`)."
    )
    why = "pytest says nothing about files that it does not collect: the tests are there, and never run."
    how = (
        'Rename the module to `test_….py`, or set `python_files = ["test_*.py", "*_test.py", "tests.py"]` in pytest\'s '
        "configuration."
    )
    applies_when = "pytest runs the tests"
    absent = "no test modules"
    errata = "Modules with another kind of name, such as bases for test cases, are not expected to be collected."
    examples = (
        Example(
            "Django's usual tests.py",
            {**_PYTEST, "shop/tests.py": _TEST},
            reports=("shop/tests.py",),
        ),
        Example(
            "a name that pytest knows",
            {**_PYTEST, "shop/tests/test_orders.py": _TEST},
            state="pass",
        ),
        Example(
            "other patterns",
            {
                "pytest.ini": "[pytest]\npython_files = tests.py test_*.py\n",
                "requirements.txt": "django\npytest\n",
                "shop/tests.py": _TEST,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "Django's runner",
            {"requirements.txt": "django\n", "shop/tests.py": _TEST},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        configuration = project.configuration
        if configuration.pytest is not None or configuration.commands.anything_runs("pytest"):
            return None
        return "pytest is not configured and not run"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each module that is named for tests and holds some."""
        patterns = _patterns(project)
        if patterns is None:
            return
        plain = re.compile("|".join(map(fnmatch.translate, patterns)) or r"(?!)")
        for module in project.tests.modules:
            name = posixpath.basename(module.path)
            if not _NAMED_FOR_TESTS.match(name):
                continue
            subject = project.located_at(module.path, module.name, "name")
            if plain.match(name) or any(
                fnmatch.fnmatchcase(module.path, pattern) for pattern in patterns if "/" in pattern
            ):
                yield subject.in_order()
            elif any(function.name.startswith("test_") for function in module.functions):
                yield subject.violation(
                    f"pytest does not collect `{name}`; rename it to `test_….py` or add it to `python_files`"
                )


def _patterns(project: Project) -> tuple[str, ...] | None:
    """The patterns of ``python_files``; None if they cannot be told."""
    options = project.configuration.pytest
    given = options[1].get("python_files") if options is not None else None
    if given is None:
        return _DEFAULT
    if isinstance(given, str):
        return tuple(given.split())
    return (
        tuple(item for item in given if isinstance(item, str)) if isinstance(given, list) else None
    )
