"""Which application a module belongs to, and models by label."""

from plumbline.project import Project
from tests.plumbline.project.projects import project_of

HEAD = "from django.db import models\n"


def label(project: Project, path: str) -> str:
    return project.apps.label_of(project.names.modules[path])


def test_the_application_of_a_module():
    project = project_of(
        {
            "apps/__init__.py": "",
            "apps/shop/__init__.py": "",
            "apps/shop/apps.py": (
                "from django.apps import AppConfig\n\n"
                "class ShopConfig(AppConfig):\n    name = 'apps.shop'\n    label = 'store'\n"
            ),
            "apps/shop/orders/__init__.py": "",
            "apps/shop/orders/rows.py": "",
            "apps/users/__init__.py": "",
            "apps/users/models/__init__.py": "",
            "apps/users/models/people.py": "",
            "apps/users/admin.py": "",
        }
    )
    assert label(project, "apps/shop/orders/rows.py") == "store"
    assert label(project, "apps/users/models/people.py") == "users"
    assert label(project, "apps/users/models/__init__.py") == "users"
    assert label(project, "apps/users/admin.py") == "users"


def test_relations_lead_to_models():
    project = project_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": (
                HEAD + "from people.models import Person as P\n\n"
                "class Order(models.Model):\n"
                "    a = models.ForeignKey('self', models.CASCADE)\n"
                "    b = models.ForeignKey('Item', models.CASCADE)\n"
                "    c = models.ForeignKey(P, models.CASCADE)\n"
                "    d = models.ForeignKey(to='people.person', on_delete=models.CASCADE)\n"
                "    e = models.ForeignKey('auth.User', models.CASCADE)\n\n"
                "class Item(models.Model):\n    class Meta:\n        app_label = 'store'\n"
            ),
            "people/__init__.py": "",
            "people/models.py": HEAD + "class Person(models.Model):\n    pass\n",
        }
    )
    order = next(model for model in project.models if model.name == "Order")
    targets = [project.apps.target_of(field) for field in order.fields]
    assert [target and target.name for target in targets] == [
        "Order",
        None,
        "Person",
        "Person",
        None,
    ]


def test_composite_keys():
    project = project_of(
        {
            "shop/models.py": HEAD + "class Row(models.Model):\n"
            "    pk = models.CompositePrimaryKey('a', 'b')\n\n"
            "class Plain(models.Model):\n    a = models.IntegerField()\n"
        }
    )
    assert [(model.name, field.name) for model, field in project.apps.composite] == [("Row", "pk")]
