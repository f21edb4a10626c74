"""What to call the other side of a relation."""

import pytest

from plumbline.project.reverse_names import in_plural, suggested_reverse_name
from tests.plumbline.project.projects import project_of


def fields(name: str, body: str) -> dict[str, object]:
    source = f"from django.db import models\n\nclass {name}(models.Model):\n{body}"
    (model,) = project_of({"shop/models.py": source}).models
    return {field.name: field for field in model.fields}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OrderItem", "order_items"),
        ("PriceList", "price_lists"),
        ("NoteHistory", "note_history"),
        ("Objects_Product", "objects_products"),
        ("Category", "categories"),
    ],
)
def test_the_rows_give_the_name(name, expected):
    found = fields(name, '    user = models.ForeignKey("auth.User", 1)\n')
    assert suggested_reverse_name(found["user"]) == expected


def test_two_relations_to_one_model_get_names_of_their_own():
    found = fields(
        "Order",
        '    buyer = models.ForeignKey("auth.User", 1)\n'
        '    changed_by = models.ForeignKey("auth.User", 1)\n'
        '    shop = models.ForeignKey("shops.Shop", 1)\n'
        '    parent = models.ForeignKey("self", 1)\n'
        '    first = models.ForeignKey("self", 1)\n',
    )
    assert {name: suggested_reverse_name(field) for name, field in found.items()} == {
        "buyer": "orders_as_buyer",
        "changed_by": "orders_changed",
        "shop": "orders",
        "parent": "children",
        "first": "orders_as_first",
    }


def test_an_abstract_base_leaves_the_name_to_its_children():
    found = fields(
        "Base",
        '    user = models.ForeignKey("auth.User", 1)\n    class Meta:\n        abstract = True\n',
    )
    assert suggested_reverse_name(found["user"]) == "%(class)ss"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order", "orders"),
        ("salesorder", "salesorders"),
        ("order_for", "orders_for"),
        ("order_last_changed_by", "orders_last_changed_by"),
        ("content_type", ""),
    ],
)
def test_a_name_speaks_of_the_rows_or_of_something_else(name, expected):
    found = fields("SalesOrder", '    user = models.ForeignKey("auth.User", 1)\n')
    assert in_plural(found["user"], name) == expected
