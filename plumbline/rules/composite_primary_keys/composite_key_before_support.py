"""CPK-01."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_FIRST = Version("5.2")
_MODEL = (
    "from django.db import models\n\n"
    "class OrderItem(models.Model):\n"
    '    pk = models.CompositePrimaryKey("order_id", "product_id"){mark}\n'
    "    order_id = models.IntegerField()\n"
    "    product_id = models.IntegerField()\n"
)


class CompositeKeyBeforeSupport(Rule):
    """Finds composite primary keys in projects that may run on a Django without them."""

    code = "CPK01"
    slug = "composite-key-before-support"
    title = "Composite primary keys need Django 5.2"
    level = Level.MAY
    section = "Composite Primary Keys"
    guide_lines = (1232, 1247)
    effort = Effort.DAYS
    needs = ("python", "toml", "requirements", "lock")
    what = (
        "A model with a `CompositePrimaryKey` in a repository whose lock file or declared lower bound admits a Django "
        "older than 5.2. Where no version is declared, nothing can be said."
    )
    why = (
        "`CompositePrimaryKey` exists since Django 5.2. On an older one the models module cannot be imported, and "
        "nothing starts."
    )
    how = (
        "Raise the lower bound of Django to 5.2, or keep a surrogate key and say what is unique with a "
        "`UniqueConstraint`."
    )
    applies_when = "the repository has a model with a composite primary key"
    absent = "no model has a composite primary key"
    examples = (
        Example(
            "Django 4.2 is still admitted",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=4.2"]\n',
                "shop/models.py": _MODEL.format(mark="  # <-"),
            },
        ),
        Example(
            "Django 5.2 at least",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=5.2,<7"]\n',
                "shop/models.py": _MODEL.format(mark=""),
            },
            state="pass",
        ),
        Example(
            "the lock file decides where the declaration is open",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=4.2"]\n',
                "uv.lock": '[[package]]\nname = "django"\nversion = "6.0.1"\n',
                "shop/models.py": _MODEL.format(mark=""),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an ordinary key",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    number = models.IntegerField(primary_key=True)\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each composite key by the oldest Django that may run."""
        for model, field in project.apps.composite:
            oldest = project.dependencies.minimum("django")
            if oldest is None:
                yield field.unknown("which Django runs is not declared")
            elif oldest < _FIRST:
                yield field.violation(
                    f"`{model.name}` has a composite primary key, but Django {oldest} is admitted; it needs 5.2"
                )
            else:
                yield field.in_order()
