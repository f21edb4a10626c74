"""Permissions that models define and code asks for."""

from plumbline.project.permissions import codenames, declared, default_codenames
from tests.plumbline.project.projects import project_of

HEAD = "from django.db import models\n"


def permissions(meta: str):
    project = project_of(
        {"shop/models.py": f"{HEAD}class Order(models.Model):\n    class Meta:\n        {meta}\n"}
    )
    return project.models[0]


def test_what_a_model_defines():
    model = permissions("permissions = [('close_order', 'Can close'), ('open_order', 'x')]")
    assert declared(model) == ["close_order", "open_order"]
    assert default_codenames(model) == ["add_order", "change_order", "delete_order", "view_order"]
    assert codenames(permissions("default_permissions = ('view',)")) == {"view_order"}
    assert codenames(permissions("default_permissions = ()")) == frozenset()


def test_what_is_computed_is_not_told():
    assert codenames(permissions("permissions = PERMISSIONS")) is None
    assert codenames(permissions("permissions = [(CLOSE, 'Can close')]")) is None
    assert codenames(permissions("default_permissions = ACTIONS")) is None


def test_what_code_asks_for():
    project = project_of(
        {
            "shop/views.py": (
                "from django.contrib.auth.decorators import permission_required\n"
                "from django.contrib.auth.mixins import PermissionRequiredMixin\n\n"
                "@permission_required('shop.view_order')\n"
                "def show(request):\n"
                "    return request.user.has_perms(['shop.add_order', name])\n\n"
                "class Edit(PermissionRequiredMixin):\n"
                "    permission_required = ('shop.change_order',)\n"
            ),
            "shop/migrations/0001_initial.py": (
                "def forward(apps, schema_editor):\n"
                "    Permission.objects.get_or_create(codename='close_order')\n"
            ),
        }
    )
    assert [name for _, name in project.permissions.asked()] == [
        "shop.view_order",
        "shop.add_order",
        "shop.change_order",
    ]
    assert project.permissions.created == {"close_order"}
