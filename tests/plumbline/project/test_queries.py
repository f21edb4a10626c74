"""Queries as code writes them."""

import pytest

from plumbline.project.queries import Query, queries_in
from tests.plumbline.project.projects import project_of


def queries(expression: str) -> list[Query]:
    project = project_of(
        {
            "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            "shop/views.py": (
                f"from shop.models import Order\n\nasync def view(request):\n    return {expression}\n"
            ),
        }
    )
    return list(queries_in(project, project.functions.by_name["shop.views.view"]))


@pytest.mark.parametrize(
    ("expression", "is_trivial"),
    [
        ("Order.objects.get(pk=1)", True),
        ("Order.objects.filter(a=1).first()", True),
        ("Order.objects.filter(a=1).all().count()", True),
        ("await Order.objects.filter(a=1).aget()", True),
        ("Order.objects.filter(a=1).exclude(b=2)", False),
        ("Order.objects.select_related('a').filter(pk=1).get()", False),
        ("Order.objects.annotate(n=Count('a'))", False),
        ("await Order.objects.aaggregate(n=Count('a'))", False),
        ("Order.objects.filter(Q(a=1) | Q(b=2))", False),
    ],
)
def test_a_query_is_trivial_or_not(expression, is_trivial):
    (found,) = queries(expression)
    assert found.manager == "Order.objects"
    assert found.is_trivial is is_trivial


def test_a_query_inside_another_belongs_to_it():
    (found,) = queries("Order.objects.filter(pk__in=Order.objects.filter(a=1).values('pk'))")
    assert found.steps == ["filter"]


@pytest.mark.parametrize(
    "expression",
    [
        "Order.objects.create(a=1)",
        "Order.objects.filter(a=1).exclude(b=2).update(c=3)",
        "request.objects",
        "[]",
    ],
)
def test_writes_are_no_reads(expression):
    assert queries(expression) == []


@pytest.mark.parametrize(
    ("expression", "shaping"),
    [
        ("Order.objects.filter(a=1).filter(b=2)", ["filter"]),
        ("Order.objects.filter(a=1).order_by('b').filter(c=2)", ["filter", "order_by", "filter"]),
        ("Order.objects.all().iterator()", []),
    ],
)
def test_one_filter_after_another_is_one_condition(expression, shaping):
    (found,) = queries(expression)
    assert found.shaping == shaping


def test_a_query_that_locks_says_so():
    (found,) = queries("Order.objects.select_for_update().get(pk=1)")
    assert found.is_locking


def test_a_local_name_is_no_manager():
    assert queries("objects.filter(a=1).order_by('b')") == []
