"""RUF-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.remedies import TEST_CODES, exempt_files, tests_judged
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SELECT = 'lint.select = ["S", "ANN"]\n'
_TEST = "import django\n\n\ndef test_total():\n    assert 1 + 1 == 2\n"
_DJANGO = {"requirements.txt": "django\n"}


class TestsJudgedAsSource(Rule):
    """Finds configurations of Ruff that forbid asserts or ask for annotations in tests."""

    code = "RUF04"
    slug = "tests-judged-as-source"
    title = "Tests are exempt from the rules on asserts and annotations"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Ruff Configuration"
    guide_lines = (80, 82)
    what = (
        "A configuration of Ruff that looks for `S101` (assert) or `ANN` (missing annotations) in test modules: the "
        "rule is on, and "
        "neither `per-file-ignores` nor an exclusion covers every test. Globs are tried on the paths that the "
        "repository really has."
    )
    why = (
        "pytest is built on `assert`, and nobody calls a test, so its annotations inform nobody. Thousands of such "
        "findings bury the few that matter, or the whole family is switched off for the source as well."
    )
    how = (
        'Add `"**/tests/**" = ["S101", "ANN"]` and `"**/conftest.py"` to `[tool.ruff.lint.per-file-ignores]`; '
        "secrets in tests (`S105`, `S106`) may go there too."
    )
    applies_when = "the repository has tests and configures Ruff"
    absent = "no tests, or no configuration of Ruff"
    errata = (
        "The guide's glob `*/tests/*.py` matches neither `tests/` at the top nor a `conftest.py` beside it; any glob "
        "that covers the tests is accepted."
    )
    needs = ("toml", "python")
    examples = (
        Example(
            "no exemption",
            {**_DJANGO, "ruff.toml": _SELECT, "shop/tests/test_orders.py": _TEST},
            reports=("ruff.toml",),
            fixed={
                "ruff.toml": _SELECT
                + '\n[lint.per-file-ignores]\n"**/tests/**" = ["S101", "ANN"]\n'
            },
        ),
        Example(
            "a glob that misses the tests at the top",
            {
                **_DJANGO,
                "ruff.toml": (
                    'lint.select = ["S"]\n\n[lint.per-file-ignores]\n"*/tests/*.py" = ["S101", "ANN"]\n'
                ),
                "tests/test_orders.py": _TEST,
                "conftest.py": "import pytest\n",
            },
            reports=("ruff.toml",),
            is_trap=True,
            fixed={
                "ruff.toml": (
                    'lint.select = ["S"]\n\n[lint.per-file-ignores]\n"*/tests/*.py" = ["S101", "ANN"]\n'
                    '"**/conftest.py" = ["S101"]\n"**/tests/**" = ["S101"]\n'
                )
            },
        ),
        Example(
            "exempt",
            {
                **_DJANGO,
                "ruff.toml": _SELECT
                + '\n[lint.per-file-ignores]\n"**/tests/**" = ["S101", "ANN", "D"]\n',
                "tests/test_orders.py": _TEST,
                "shop/tests/test_cart.py": _TEST,
            },
            state="pass",
        ),
        Example(
            "a name and a whole family",
            {
                **_DJANGO,
                "ruff.toml": _SELECT
                + '\n[lint.per-file-ignores]\n"test_*.py" = ["S", "ANN"]\n"conftest.py" = ["ALL"]\n',
                "shop/test_orders.py": _TEST,
                "conftest.py": "import pytest\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "neither rule is on",
            {**_DJANGO, "ruff.toml": 'lint.select = ["E", "F"]\n', "tests/test_orders.py": _TEST},
            state="pass",
        ),
        Example("no tests", {**_DJANGO, "ruff.toml": _SELECT}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None or not project.has_tests:
            return
        subject = project.located_at(ruff.path, "ruff:tests", "tests")
        judged = tests_judged(project, ruff, [code for code in TEST_CODES if ruff.enables(code)])
        if not judged:
            yield subject.in_order()
        elif ruff.extends:
            yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
        else:
            names = list(dict.fromkeys(code for found in judged.values() for code in found))
            yield subject.violation(
                f"Ruff looks for {' and '.join(names)} in tests; exempt {', '.join(f'`{glob}`' for glob in judged)} "
                f"in `per-file-ignores`",
                fix=exempt_files(project, judged),
            )
