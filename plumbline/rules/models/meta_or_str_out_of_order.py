"""MOD-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, MoveMember
from plumbline.outline import Member
from plumbline.project import Model, Project
from plumbline.rule import Example, Level, Rule, Verdict


class MetaOrStrOutOfOrder(Rule):
    """Finds ``Meta`` and ``__str__`` that stand below methods, or in the wrong order."""

    code = "MOD05"
    slug = "meta-or-str-out-of-order"
    title = "Meta stands before __str__, and __str__ before properties and methods"
    level = Level.MUST
    section = "Models"
    guide_lines = (134, 172)
    what = (
        "A model whose `Meta` stands below its `__str__`, a property or a method, or whose `__str__` stands "
        "below a property or "
        "a method. Other dunder methods, nested choices, code under a condition and functions that fields refer "
        "to do not count."
    )
    why = (
        "`Meta` says how the table behaves and `__str__` what a row is called: both belong to the declaration. "
        "Readers look for "
        "them right under the fields; between methods they are overlooked and declared again."
    )
    how = "Move `Meta` to just below the fields and `__str__` to just below `Meta`, with their comments and decorators."
    applies_when = (
        "the repository has models with at least two of `Meta`, `__str__` and properties or methods"
    )
    absent = "no model has two of Meta, __str__ and methods"
    errata = (
        "Django's own order puts `save` and `get_absolute_url` right after `__str__`, before other methods; the "
        "guide does not "
        "mention them, and both orders are accepted."
    )
    examples = (
        Example(
            "Meta below __str__, __str__ below a method",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    "    def __str__(self):\n        return str(self.number)\n\n"
                    "    class Meta:  # <-\n        ordering = ['number']\n\n"
                    "class Customer(models.Model):\n"
                    "    name = models.CharField(max_length=9)\n\n"
                    "    def save(self, **kwargs):\n        super().save(**kwargs)\n\n"
                    "    def __str__(self):  # <-\n        return self.name\n\n"
                    "class Product(models.Model):\n"
                    "    @property\n    def title(self):\n        return 'x'\n\n"
                    "    class Meta:  # <-\n        ordering = ['pk']\n"
                )
            },
            fixed={
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    number = models.IntegerField()\n\n"
                    "    class Meta:\n        ordering = ['number']\n\n"
                    "    def __str__(self):\n        return str(self.number)\n\n"
                    "class Customer(models.Model):\n    name = models.CharField(max_length=9)\n\n"
                    "    def __str__(self):\n        return self.name\n\n"
                    "    def save(self, **kwargs):\n        super().save(**kwargs)\n\n"
                    "class Product(models.Model):\n    class Meta:\n        ordering = ['pk']\n\n"
                    "    @property\n    def title(self):\n        return 'x'\n"
                )
            },
        ),
        Example(
            "the guide's order, with save and get_absolute_url before properties",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    "    class Meta:\n        ordering = ['number']\n\n"
                    "    def __str__(self):\n        return str(self.number)\n\n"
                    "    def save(self, **kwargs):\n        super().save(**kwargs)\n\n"
                    "    def get_absolute_url(self):\n        return '/'\n\n"
                    "    @property\n    def title(self):\n        return 'x'\n"
                )
            },
            state="pass",
        ),
        Example(
            "other dunders, nested choices and functions that fields refer to",
            {
                "shop/models.py": (
                    "from django.conf import settings\nfrom django.db import models\n\n"
                    "class Photo(models.Model):\n"
                    "    class State(models.TextChoices):\n"
                    "        NEW = 'n'\n\n"
                    "        def title(self):\n            return 'x'\n\n"
                    "    def path(instance, name):\n        return name\n\n"
                    "    image = models.ImageField(upload_to=path)\n\n"
                    "    def __init__(self, *args):\n        super().__init__(*args)\n\n"
                    "    class Meta:\n        ordering = ['pk']\n\n"
                    "    def __repr__(self):\n        return 'x'\n\n"
                    "    if settings.DEBUG:\n        def trace(self):\n            return 'x'\n\n"
                    "    def __str__(self):\n        return 'x'\n\n"
                    "    def crop(self):\n        return 'x'\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a model with a Meta and nothing to compare it with",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Tag(models.Model):\n    class Meta:\n        ordering = ['pk']\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each ``Meta`` and ``__str__`` that stands beside something that should follow it."""
        for model in project.models:
            meta = _find(model, "class", "Meta")
            text = _find(model, "function", "__str__")
            methods = model.callables
            yield from _placed(model, meta, [text, *methods] if text else methods)
            yield from _placed(model, text, methods)


def _find(model: Model, kind: str, name: str) -> Member | None:
    return next((item for item in model.body if item.kind == kind and item.name == name), None)


def _placed(model: Model, member: Member | None, later: list[Member]) -> Iterator[Verdict]:
    """The verdict on one member that should stand above ``later``; none if there is nothing to compare."""
    if member is None or not later:
        return
    place = model.cls.located(member)
    above = min(later, key=lambda item: item.line)
    if above.line < member.line:
        yield place.violation(
            f"`{member.name}` of `{model.name}` stands below `{above.name}`; move it above",
            fix=Fix([MoveMember(place.path, place.line, above.line)]),
        )
    else:
        yield place.in_order()
