"""MOD-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, MoveMember
from plumbline.outline import Invocation, Member, Ref
from plumbline.project import Model, Project
from plumbline.rule import Example, Level, Rule, Verdict

_TOLERATED = ("save", "get_absolute_url")
_ACCESSORS = ("setter", "getter", "deleter")


class MethodAboveProperty(Rule):
    """Finds properties of models that stand below ordinary methods."""

    code = "MOD06"
    slug = "method-above-property"
    title = "Properties stand before ordinary methods"
    level = Level.MUST
    section = "Models"
    guide_lines = (134, 172)
    what = (
        "A property of a model (`property`, `cached_property` or a property decorator of a package) below an ordinary "
        "method, class method or static method of the same class. `save` and `get_absolute_url`, dunder methods, "
        "functions that fields refer to and code under a condition do not count."
    )
    why = (
        "Properties read like fields: whoever asks what a row has looks at the top of the class. Between methods "
        "they are missed, and written a second time."
    )
    how = "Move each property, with its setters, above the first ordinary method."
    applies_when = "the repository has models with both properties and ordinary methods"
    absent = "no model has both properties and ordinary methods"
    errata = (
        "Django's own order puts `save` and `get_absolute_url` before other methods; the guide does not mention them, "
        "so they may stand above properties."
    )
    examples = (
        Example(
            "properties between and below methods, a setter with its getter",
            {
                "shop/models.py": (
                    "from django.db import models\nfrom django.utils.functional import cached_property\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    "    def close(self):\n        return self.number\n\n"
                    "    # what the customer sees\n"
                    "    @property\n    def title(self):  # <-\n        return 'x'\n\n"
                    "    @title.setter\n    def title(self, value):\n        self.number = value\n\n"
                    "    def open(self):\n        return self.number\n\n"
                    "    @cached_property\n    def total(self):  # <-\n        return 1\n"
                )
            },
            fixed={
                "shop/models.py": (
                    "from django.db import models\nfrom django.utils.functional import cached_property\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n\n"
                    "    # what the customer sees\n"
                    "    @property\n    def title(self):\n        return 'x'\n\n"
                    "    @title.setter\n    def title(self, value):\n        self.number = value\n\n"
                    "    @cached_property\n    def total(self):\n        return 1\n\n"
                    "    def close(self):\n        return self.number\n\n"
                    "    def open(self):\n        return self.number\n"
                )
            },
        ),
        Example(
            "properties first",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    @property\n    def title(self):\n        return 'x'\n\n"
                    "    @classmethod\n    def make(cls):\n        return cls()\n"
                )
            },
            state="pass",
        ),
        Example(
            "setters beside their getter; save and get_absolute_url first",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    def save(self, **kwargs):\n        super().save(**kwargs)\n\n"
                    "    def get_absolute_url(self):\n        return '/'\n\n"
                    "    @property\n    def title(self):\n        return 'x'\n\n"
                    "    @title.setter\n    def title(self, value):\n        self.pk = value\n\n"
                    "    @title.deleter\n    def title(self):\n        self.pk = None\n\n"
                    "    def close(self):\n        return self.pk\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "methods alone",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    def close(self):\n        return self.pk\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each property of a model that has ordinary methods too."""
        for model in project.models:
            properties: list[list[Member]] = []
            methods: list[Member] = []
            for member in model.callables:
                kind = _kind(model, member)
                if kind == "property":
                    properties.append([member])
                elif kind == "accessor":
                    own = next((item for item in properties if item[0].name == member.name), None)
                    if own is not None:
                        own.append(member)
                elif member.name not in _TOLERATED:
                    methods.append(member)
            if properties and methods:
                for found in properties:
                    yield _judged(model, found, methods[0])


def _kind(model: Model, member: Member) -> str:
    """``property``, ``accessor`` for what belongs to one, or empty for a method."""
    for decorator in model.cls.module.functions[member.index].decorators:
        name = decorator.name if isinstance(decorator, Ref | Invocation) else ""
        head, _, last = name.rpartition(".")
        if last in _ACCESSORS and head == member.name:
            return "accessor"
        if last.lower().endswith("property"):
            return "property"
    return ""


def _judged(model: Model, members: list[Member], method: Member) -> Verdict:
    """The verdict on a property with its accessors, given the first ordinary method."""
    place = model.cls.located(members[0])
    if members[0].line < method.line:
        return place.in_order()
    body = model.body
    start = body.index(members[0])
    is_block = body[start : start + len(members)] == members
    move = MoveMember(place.path, members[0].line, method.line, members[-1].line)
    return place.violation(
        f"property `{model.name}.{members[0].name}` stands below method `{method.name}`; move it above",
        fix=Fix([move]) if is_block else None,
    )
