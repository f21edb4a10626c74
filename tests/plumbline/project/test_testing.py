"""Tests as the repository has them."""

from tests.plumbline.project.projects import project_of

FILES = {
    "shop/models.py": "import django\n",
    "shop/tests/base.py": "from django.test import TestCase\n\nclass Base(TestCase):\n    pass\n",
    "shop/tests/test_orders.py": (
        "from shop.tests.base import Base\n\nclass OrderTests(Base):\n    def test_it(self):\n        pass\n"
    ),
    "shop/tests/test_live.py": (
        "from django.test import LiveServerTestCase\n\n"
        "class LiveTests(LiveServerTestCase):\n    def test_it(self):\n        pass\n"
    ),
    "conftest.py": (
        "import pytest\nfrom pytest import fixture\n\n"
        "@pytest.fixture\ndef user(db):\n    pass\n\n"
        '@fixture(name="client")\ndef make_client():\n    pass\n\ndef plain():\n    pass\n'
    ),
}


def test_modules_with_tests_are_known():
    tests = project_of(FILES).tests
    assert [module.path for module in tests.modules] == [
        "shop/tests/test_live.py",
        "shop/tests/test_orders.py",
    ]
    assert [module.path for module in tests.conftests] == ["conftest.py"]


def test_test_cases_are_known_through_bases_but_for_live_servers():
    cases = project_of(FILES).tests.cases
    assert {path: [cls.name for cls in found] for path, found in cases.items()} == {
        "shop/tests/test_orders.py": ["OrderTests"]
    }


def test_fixtures_are_known_by_the_name_that_tests_ask_for():
    fixtures = project_of(FILES).tests.fixtures
    assert sorted(fixtures) == ["client", "user"]
    assert fixtures["user"][0][1].parameters[0].name == "db"
