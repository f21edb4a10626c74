"""SEL-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.layers import is_callable_freely
from plumbline.project.remedies import require_keywords
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class LooseSelectorSignature(Rule):
    """Finds selectors that take several arguments by position or do not say what they return."""

    code = "SEL02"
    slug = "loose-selector-signature"
    title = "Selectors take arguments by keyword and annotate what they return"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Selectors Pattern"
    guide_lines = (275, 284)
    effort = Effort.HOUR
    what = (
        "A public function of a selectors module with two or more parameters that callers may pass by position, or "
        "without an annotation of its result. Any annotation will do: `QuerySet[Order]`, `Order | None`, `Iterable`. "
        "Functions whose decorator or caller dictates the parameters are left alone."
    )
    why = (
        "Whether a selector gives a queryset, that can be narrowed and counted, or a list, or one row decides what its "
        "callers may do; the annotation says so. Keywords keep `order_get(3, 7)` from meaning the wrong order."
    )
    how = "Put a `*` first in the parameter list and annotate the result, `-> QuerySet[Order]` for a list."
    applies_when = "the repository has public functions in selectors modules"
    absent = "no selectors module has a public function"
    errata = "The guide's sample selectors are like this but no sentence asks for it, so this weighs nothing."
    examples = (
        Example(
            "by position, and without a result",
            {
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    "def order_list(*, user):  # <-\n    return Order.objects.filter(user=user)\n\n"
                    "def order_get(user, number) -> Order:  # <-\n"
                    "    return Order.objects.get(user=user, number=number)\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
                "shop/views.py": (
                    "from shop.selectors import order_get\n\n"
                    "def show(request, number):\n    return order_get(user=request.user, number=number)\n"
                ),
            },
            fixed={
                "shop/selectors.py": (
                    "from shop.models import Order\n\n"
                    "def order_list(*, user):\n    return Order.objects.filter(user=user)\n\n"
                    "def order_get(*, user, number) -> Order:\n"
                    "    return Order.objects.get(user=user, number=number)\n"
                ),
            },
        ),
        Example(
            "keywords and results",
            {
                "shop/selectors.py": (
                    "from django.db.models import QuerySet\n\nfrom shop.models import Order\n\n"
                    "def order_list(*, user) -> QuerySet[Order]:\n    return Order.objects.filter(user=user)\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
        ),
        Example(
            "asynchronous selectors, iterables, one argument",
            {
                "shop/selectors.py": (
                    "from collections.abc import AsyncIterator, Iterable\n\nfrom shop.models import Order\n\n"
                    "async def order_get(number: int) -> Order | None:\n"
                    "    return await Order.objects.filter(number=number).afirst()\n\n"
                    "def order_numbers(*, user) -> Iterable[int]:\n    yield 1\n\n"
                    "def _open(user, state):\n    return Order.objects.filter(user=user, state=state)\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no selectors",
            {"shop/services.py": "import django\n\ndef order_get(a, b):\n    return a\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each public function of a selectors module."""
        for function in project.functions_in("selectors"):
            if (
                not is_callable_freely(function)
                or function.qualified_name in project.named_in_settings
            ):
                continue
            positional = [item.name for item in function.parameters if item.kind in "/a"]
            is_loose, is_silent = len(positional) > 1, not function.outline.returns
            if is_loose and is_silent:
                yield function.violation(
                    f"selector `{function.name}` takes arguments by position and does not say what it returns"
                )
            elif is_loose:
                yield function.violation(
                    f"selector `{function.name}` takes `{positional[0]}`, `{positional[1]}` by position; put `*` first",
                    fix=require_keywords(project, function),
                )
            elif is_silent:
                yield function.violation(
                    f"selector `{function.name}` does not say what it returns; annotate its result"
                )
            else:
                yield function.in_order()
