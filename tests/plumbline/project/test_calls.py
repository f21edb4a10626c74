"""Calls found by name."""

from tests.plumbline.project.projects import project_of

FILES = {
    "shop/models.py": (
        "import django\n\n"
        "class Order:\n    def lock(self):\n        Order.objects.select_for_update().get()\n"
    ),
    "shop/views.py": (
        "from shop.models import Order\n\n"
        "def first():\n    def inner():\n        Order.lock()\n    Order.objects.filter().get()\n\n"
        "get()\n"
    ),
    "shop/tests/test_views.py": "def test_it():\n    Order.objects.get()\n",
    "shop/migrations/0001_initial.py": "get()\n",
}


def test_calls_are_found_by_their_last_name_outside_tests():
    found = project_of(FILES).calls.named("get")
    assert [(call.path, call.line, call.outline.name) for call in found] == [
        ("shop/models.py", 5, "Order.objects.select_for_update().get"),
        ("shop/views.py", 6, "Order.objects.filter().get"),
        ("shop/views.py", 8, "get"),
    ]
    assert [call.function and call.function.qualified_name for call in found] == [
        "shop.models.Order.lock",
        "shop.views.first",
        None,
    ]


def test_several_names_come_in_the_order_of_the_files():
    found = project_of(FILES).calls.named("get", "lock", "select_for_update")
    assert [(call.path, call.line) for call in found] == [
        ("shop/models.py", 5),
        ("shop/models.py", 5),
        ("shop/views.py", 5),
        ("shop/views.py", 6),
        ("shop/views.py", 8),
    ]
    assert found[2].target == "shop.models.Order.lock"


def test_calls_of_tests_know_their_function():
    (found,) = project_of(FILES).calls.named("get", tests=True)
    assert found.function is not None
    assert found.function.qualified_name == "shop.tests.test_views.test_it"


def test_a_name_that_nobody_calls_finds_nothing():
    assert project_of(FILES).calls.named("select_related") == []
