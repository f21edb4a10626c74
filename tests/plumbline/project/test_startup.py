"""What Django loads by itself when it starts."""

import pytest

from plumbline.project.startup import idle_configs
from tests.plumbline.project.projects import project_of

CONFIG = "from django.apps import AppConfig\n\n\nclass {name}(AppConfig):\n    name = 'shop'\n"
READY = "\n    def ready(self):\n        pass\n"


def loaded(files):
    return {module.path for module in project_of(files).startup}


@pytest.mark.parametrize(
    "path",
    [
        "manage.py",
        "config/wsgi.py",
        "config/celery.py",
        "config/settings.py",
        "shop/models.py",
        "shop/models/order.py",
        "shop/admin.py",
        "shop/tasks.py",
        "shop/management/commands/ship.py",
    ],
)
def test_a_module_is_loaded_for_its_name(path):
    assert loaded({path: ""}) == {path}


@pytest.mark.parametrize("path", ["shop/signals.py", "tests/models.py", "docs/models.py"])
def test_any_other_module_waits_to_be_imported(path):
    assert loaded({path: ""}) == set()


def test_the_module_of_a_config_is_loaded_whatever_its_name():
    assert loaded({"shop/configuration.py": CONFIG.format(name="Shop")}) == {
        "shop/configuration.py"
    }


@pytest.mark.parametrize(
    ("installed", "idle"),
    [
        ('["shop.apps.Plain"]', {"shop/apps.py"}),
        ('["shop.apps.Eager"]', set()),
        ('["shop"]', set()),
        ('["shop.apps.Plain", *MORE]', set()),
    ],
)
def test_a_config_is_idle_when_another_one_is_installed(installed, idle):
    files = {
        "config/settings.py": f"INSTALLED_APPS = {installed}\n",
        "manage.py": "",
        "shop/apps.py": f"{CONFIG.format(name='Plain')}\n\n{CONFIG.format(name='Eager')}{READY}",
    }
    assert idle_configs(project_of(files)) == idle
