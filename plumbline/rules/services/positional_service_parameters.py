"""SVC-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.layers import is_callable_freely
from plumbline.project.remedies import require_keywords
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class PositionalServiceParameters(Rule):
    """Finds services that take several arguments by position."""

    code = "SVC02"
    slug = "positional-service-parameters"
    title = "Services take their arguments by keyword"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Services Pattern"
    guide_lines = (223, 262)
    effort = Effort.HOUR
    what = (
        "A public function of a services module with two or more parameters that callers may pass by position. "
        "A single argument "
        "needs no name; private functions, methods, nested functions and functions whose decorator or caller "
        "dictates the "
        "parameters (tasks, receivers, overloads, handlers that settings name, `*args`) are left alone."
    )
    why = (
        "`order_create(user, account, True)` can be wrong and still run. With keywords each call says what it "
        "passes, and "
        "parameters can be added, reordered and made optional without touching callers."
    )
    how = "Put a `*` first in the parameter list and name the arguments in the calls."
    applies_when = "the repository has public functions with parameters in services modules"
    absent = "no services module has a public function with parameters"
    errata = "The guide's sample services are keyword-only but no sentence asks for it, so this weighs nothing."
    examples = (
        Example(
            "several positional parameters",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "@transaction.atomic\n"
                    "def order_create(user, items):  # <-\n    return user, items\n\n"
                    "async def order_cancel(order, reason='', *, silent=False):  # <-\n    return order\n\n"
                    "def order_pay(*, order, amount):\n    return order\n"
                ),
                "billing/services/invoices.py": (
                    "def invoice_send(invoice, address):  # <-\n    return invoice\n"
                ),
            },
        ),
        Example(
            "positional parameters that every caller names",
            {
                "shop/services.py": (
                    "import django\n\ndef order_create(user, items=()):  # <-\n    return user, items\n"
                ),
                "shop/views.py": (
                    "from shop.services import order_create\n\n"
                    "def buy(request):\n    return order_create(user=request.user, items=[1])\n"
                ),
            },
            fixed={
                "shop/services.py": (
                    "import django\n\n"
                    "def order_create(*, user, items=()):\n    return user, items\n"
                )
            },
        ),
        Example(
            "keyword-only parameters",
            {
                "shop/services.py": (
                    "import django\n\ndef order_create(*, user, items):\n    return user\n\n"
                    "def order_cancel(order, *, reason):\n    return order\n"
                )
            },
            state="pass",
        ),
        Example(
            "single arguments, private functions, methods, overloads and parameters that others dictate",
            {
                "shop/services.py": (
                    "from typing import overload\n\nfrom celery import shared_task\n"
                    "from django.dispatch import receiver\n\n"
                    "def slug_of(name):\n    return name\n\n"
                    "def _total(order, rate):\n    return order\n\n"
                    "@overload\ndef price_of(order, rate): ...\n\n"
                    "@shared_task\ndef report(start, end):\n    return start\n\n"
                    "@receiver(order_paid)\ndef on_paid(sender, order, **kwargs):\n    return order\n\n"
                    "def forward(name, *args, **kwargs):\n    return name\n\n"
                    "def order_upload_path(instance, filename):\n    return filename\n\n"
                    "class Basket:\n    def add(self, product, count):\n        return product\n\n"
                    "def login_payload(token, user):\n    return token\n"
                ),
                "config/settings.py": 'JWT_AUTH = {"PAYLOAD_HANDLER": "shop.services.login_payload"}\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a model, a table and an app that are named services",
            {
                "shop/models/services.py": "import django\n\ndef first(a, b):\n    return a\n",
                "services/models.py": "",
                "services/lists.py": "def first(a, b):\n    return a\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each public function of a services module that takes anything."""
        for function in project.functions_in("services"):
            if function.qualified_name in project.named_in_settings:
                continue
            if is_callable_freely(function) and function.outline.parameters:
                positional = [item.name for item in function.parameters if item.kind in "/a"]
                if len(positional) > 1:
                    has_star = any(item.kind == "k" for item in function.parameters)
                    yield function.violation(
                        f"service `{function.name}` takes {_listed(positional)} by position; "
                        f"{'move' if has_star else 'put'} `*` before them",
                        fix=require_keywords(project, function),
                    )
                else:
                    yield function.in_order()


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names[:3]) + (", …" if len(names) > 3 else "")
