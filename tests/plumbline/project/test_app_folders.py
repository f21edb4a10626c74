"""The folders of apps are found by their files and by INSTALLED_APPS."""

import pytest

from tests.plumbline.project.projects import project_of

FILES = {
    "manage.py": "import django\n",
    "config/settings.py": (
        'INSTALLED_APPS = ["django.contrib.admin", "apps.orders.apps.OrdersConfig", "apps.users", "core"]\n'
    ),
    "apps/__init__.py": "",
    "apps/orders/__init__.py": "",
    "apps/orders/apps.py": (
        "from django.apps import AppConfig\n\n\nclass OrdersConfig(AppConfig):\n"
        '    name = "apps.orders"\n'
    ),
    "apps/orders/api/views.py": "",
    "apps/users/__init__.py": "",
    "core/__init__.py": "",
    "billing/models/__init__.py": "",
    "tests/site/models.py": "",
}


def test_installed_apps_are_packages_of_the_repository():
    installed = project_of(FILES).app_folders.installed
    assert [(app.package, app.path) for app in installed] == [
        ("apps.orders", "apps/orders/apps.py"),
        ("apps.users", "apps/users/__init__.py"),
        ("core", "core/__init__.py"),
    ]


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("apps/orders/api/views.py", "apps/orders"),
        ("apps/users/__init__.py", "apps/users"),
        ("billing/models/__init__.py", "billing"),
        ("apps/__init__.py", None),
        ("tests/site/models.py", None),
    ],
)
def test_a_file_belongs_to_the_nearest_app_above_it(path, folder):
    app = project_of(FILES).app_folders.of(path)
    assert (app.folder if app else None) == folder


def test_an_app_that_holds_apps_is_an_outer_one():
    files = {"shop/models.py": "", "shop/orders/models.py": "", "cart/models.py": ""}
    assert project_of(files).app_folders.outer == {"shop"}
