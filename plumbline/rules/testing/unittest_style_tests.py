"""TST-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_PROJECT = {"requirements.txt": "django\npytest-django\n"}


class UnittestStyleTests(Rule):
    """Finds test modules that are written as classes of ``unittest``."""

    code = "TST02"
    slug = "unittest-style-tests"
    title = "Tests are functions with fixtures, not TestCase classes"
    level = Level.MUST
    preview = True
    section = "Testing with pytest-django"
    guide_lines = (1933, 1940)
    effort = Effort.HOUR
    what = (
        "A test module that holds classes which inherit from `django.test.TestCase`, DRF's `APITestCase` or another "
        "`unittest.TestCase`, in a repository whose tests pytest runs. One finding for each module."
    )
    why = (
        "Fixtures are asked for by name and shared across files; `setUp` is inherited, runs for every test and "
        "hides what a test needs. Parametrised tests do not work in classes of unittest."
    )
    how = (
        "Write new tests as functions. Turn a class into functions when you touch it: `setUp` becomes a fixture, "
        "`self.assertEqual(a, b)` becomes `assert a == b`, the class gets `@pytest.mark.django_db`."
    )
    applies_when = "pytest runs the tests"
    absent = "no test modules"
    errata = (
        "The guide demands pytest-django, which runs TestCase classes too; that its style is asked for follows from "
        "the samples. So this is a preview. Tests with a live server are left alone."
    )
    examples = (
        Example(
            "a class of Django's",
            {
                **_PROJECT,
                "shop/tests/test_orders.py": (
                    "from django.test import TestCase\n\n\n"
                    "class OrderTests(TestCase):  # <-\n    def test_total(self):\n        self.assertEqual(1, 1)\n"
                ),
                "shop/tests/test_items.py": "def test_item():\n    assert 1 == 1\n",
            },
        ),
        Example(
            "functions, and a plain class that groups them",
            {
                **_PROJECT,
                "shop/tests/test_orders.py": (
                    "class TestTotals:\n    def test_total(self):\n        assert 1 == 1\n\n\n"
                    "def test_item():\n    assert 1 == 1\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a live server needs its class",
            {
                **_PROJECT,
                "shop/tests/test_browser.py": (
                    "from django.test import LiveServerTestCase\n\n\n"
                    "class CheckoutTests(LiveServerTestCase):\n    def test_it(self):\n        assert "
                    "self.live_server_url\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "Django's runner, of which another rule speaks",
            {
                "requirements.txt": "django\n",
                "shop/tests/test_orders.py": (
                    "from django.test import TestCase\n\n\n"
                    "class OrderTests(TestCase):\n    def test_total(self):\n        self.assertEqual(1, 1)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return None if project.uses_pytest else "pytest does not run the tests"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test module."""
        for module in project.tests.modules:
            cases = project.tests.cases.get(module.path)
            if not cases:
                yield project.located_at(module.path, module.name, "tests").in_order()
                continue
            more = f" and {len(cases) - 1} more classes of its module" if len(cases) > 2 else ""
            more = " and another class of its module" if len(cases) == 2 else more
            yield cases[0].violation(
                f"`{cases[0].name}`{more} inherits from unittest's `TestCase`; write tests as functions with fixtures"
            )
