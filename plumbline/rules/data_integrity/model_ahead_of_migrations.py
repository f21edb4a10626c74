"""DAT-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MIGRATION = {
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        "    operations = [\n        migrations.CreateModel(\n"
        '            name="Order",\n            fields=[\n'
        '                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False)),\n'
        '                ("number", models.CharField(max_length=20)),\n'
        "            ],\n        ),\n    ]\n"
    ),
}


def _models(body: str, head: str = "class Order(models.Model):  # <-\n") -> dict[str, str]:
    return {
        **_MIGRATION,
        "shop/__init__.py": "",
        "shop/models.py": f"from django.db import models\n\n\n{head}{body}",
    }


_PLAIN = "class Order(models.Model):\n"


class ModelAheadOfMigrations(Rule):
    """Finds models whose fields differ from what the committed migrations make."""

    code = "DAT06"
    slug = "model-ahead-of-migrations"
    title = "Every change of a model has its migration"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Data Integrity Testing"
    guide_lines = (2281, 2297)
    effort = Effort.MINUTES
    what = (
        "A model with a field that no migration adds, without a field that no migration removes, or with a field whose "
        "class, NULL, uniqueness or length is another than in the migrations; also a model that none makes. The "
        "migrations of the app are replayed from what their files say."
    )
    why = (
        "The code asks for columns that the database does not have, and fails on the first query after the deployment. "
        "The next `makemigrations` then mixes the forgotten change with another one."
    )
    how = (
        "Run `python manage.py makemigrations`, read what it writes, and commit it with the model. Let CI run "
        "`makemigrations --check`, which sees every difference because it runs the code."
    )
    applies_when = "an app has models and migrations"
    absent = "no app has both models and migrations"
    errata = (
        "The guide tests that migrations apply, which says nothing of changes without one. Only what is certain "
        "without running the code is compared: swappable models, fields of other packages, conditional code and apps "
        "with operations that cannot be rebuilt are left open."
    )
    examples = (
        Example(
            "a field without a migration",
            _models(
                "    number = models.CharField(max_length=20)\n    paid = models.BooleanField()  # <-\n",
                _PLAIN,
            ),
        ),
        Example("a field that is gone", _models("    pass\n")),
        Example(
            "a field that has changed",
            _models("    number = models.CharField(max_length=40)  # <-\n", _PLAIN),
        ),
        Example(
            "a model without a migration",
            _models(
                "    number = models.CharField(max_length=20)\n\n\n"
                "class Refund(models.Model):  # <-\n    total = models.IntegerField()\n",
                _PLAIN,
            ),
        ),
        Example(
            "as migrated, with what an abstract base brings",
            {
                **_models("    pass\n", "class Order(Numbered):\n"),
                "shop/models.py": (
                    "from django.db import models\n\n\nclass Numbered(models.Model):\n"
                    "    number = models.CharField(max_length=20)\n\n"
                    "    class Meta:\n        abstract = True\n\n\n"
                    "class Order(Numbered):\n    pass\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a field of another package, which may be no column or several",
            _models(
                "    number = models.CharField(max_length=20)\n    total = MoneyField()\n",
                "from djmoney.models.fields import MoneyField\n\n\n" + _PLAIN,
            ),
            state="pass",
            is_trap=True,
        ),
        Example(
            "a swappable model",
            {
                **_models("    number = models.CharField(max_length=20)\n", _PLAIN),
                "shop/models.py": (
                    "from django.db import models\n\n\nclass Order(models.Model):\n"
                    "    number = models.CharField(max_length=20)\n\n\n"
                    "class Basket(models.Model):\n    size = models.IntegerField()\n\n"
                    '    class Meta:\n        swappable = "BASKET_MODEL"\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "models without migrations",
            {"shop/models.py": f"from django.db import models\n\n\n{_PLAIN}    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each model of an app with migrations."""
        for comparison in project.model_drift.compare(project.models):
            cls = comparison.model.cls
            if comparison.unknown:
                yield cls.unknown(comparison.unknown)
            elif comparison.drifts:
                first, *others = comparison.drifts
                rest = f" ({len(others)} more in this model)" if others else ""
                yield cls.violation(first.message + rest, at=first.place)
            else:
                yield cls.in_order()
