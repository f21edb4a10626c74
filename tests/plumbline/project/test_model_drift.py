"""Models beside what migrations make of them: only what is certain is a difference."""

import pytest

from plumbline.project import Project
from tests.plumbline.outlines import outlines_of

INITIAL = (
    "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n"
    '        migrations.CreateModel("Order", fields=[\n'
    '            ("id", models.BigAutoField(auto_created=True, primary_key=True)),\n'
    '            ("number", models.CharField(max_length=20)),\n'
    '            ("email", models.EmailField(max_length=254, null=True)),\n'
    "        ]),\n    ]\n"
)
HEAD = "from django.db import models\nfrom other import Base, Money\n\nLENGTH = 20\n\n\n"
NUMBER = "    number = models.CharField(max_length=20)\n"
EMAIL = "    email = models.EmailField(null=True)\n"


def compared(body: str, head: str = "class Order(models.Model):\n", **others: str):
    files = {
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": INITIAL,
        "shop/models.py": f"{HEAD}{head}{body}",
        **{name.replace("__", "/") + ".py": text for name, text in others.items()},
    }
    project = Project(outlines_of(files))
    return [
        (item.model.name, [drift.message.partition(";")[0] for drift in item.drifts], item.unknown)
        for item in project.model_drift.compare(project.models)
    ]


@pytest.mark.parametrize(
    "body",
    [
        NUMBER + EMAIL,
        "    number = models.CharField(max_length=LENGTH)\n" + EMAIL,
        "    number = models.CharField(max_length=size())\n" + EMAIL,
        "    number = models.CharField(**options)\n" + EMAIL,
        NUMBER + EMAIL + "    total = Money()\n",
        NUMBER + EMAIL + "    if True:\n        more = models.IntegerField()\n",
    ],
)
def test_what_is_the_same_or_not_certain_is_no_difference(body):
    assert compared(body) == [("Order", [], "")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (NUMBER + EMAIL + "    a = models.IntegerField()\n", "no migration adds `Order.a`"),
        (EMAIL, "`Order` has no `number` any more, and no migration removes it"),
        (
            NUMBER + "    email = models.EmailField()\n",
            "`Order.email` may not be NULL any more, and no migration says so",
        ),
        (
            NUMBER + "    email = models.EmailField(null=True, unique=True)\n",
            "`Order.email` is unique, and no migration says so",
        ),
        (
            "    number = models.TextField()\n" + EMAIL,
            "`Order.number` is a `TextField` where it was a `CharField`, and no migration says so",
        ),
    ],
)
def test_a_certain_difference_is_told(body, message):
    assert compared(body) == [("Order", [message], "")]


def test_with_a_base_of_another_package_nothing_is_known_to_be_gone():
    assert compared(EMAIL, "class Order(Base, models.Model):\n") == [("Order", [], "")]


def test_an_inherited_field_may_be_taken_away():
    base = (
        f"class Shared(models.Model):\n{NUMBER}{EMAIL}    more = models.IntegerField()\n\n"
        "    class Meta:\n        abstract = True\n\n\n"
    )
    assert compared("    more = None\n", base + "class Order(Shared):\n") == [("Order", [], "")]


def test_an_app_with_an_opaque_operation_is_left_open():
    second = (
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0001_initial")]\n    operations = [Magic()]\n'
    )
    [(_, drifts, unknown)] = compared(EMAIL, shop__migrations__0002_magic=second)
    assert not drifts
    assert "Magic" in unknown


def test_a_model_that_nothing_loads_is_left_open():
    other = "from django.db import models\n\n\nclass Draft(models.Model):\n    pass\n"
    found = compared(NUMBER + EMAIL, shop__drafts=other)
    assert ("Draft", [], "whether `Draft` is loaded at all is not certain") in found
