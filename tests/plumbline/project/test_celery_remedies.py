"""Where an option of Celery can be given another value."""

from plumbline.edits import SetKeyword, SetValue
from plumbline.project.remedies import set_celery_option
from tests.plumbline.project.projects import project_of

MADE = "from celery import Celery\napp = Celery('shop')\n"
READS = "app.config_from_object('django.conf:settings', namespace='CELERY')\n"


def edit(celery, settings="INSTALLED_APPS = []\n"):
    project = project_of(
        {"config/celery.py": celery, "config/settings.py": settings, "manage.py": ""}
    )
    place = project.celery_configs[0].located("enable_utc")
    return set_celery_option(project, place, "enable_utc", "True")


def test_a_setting_gets_another_value():
    settings = "INSTALLED_APPS = []\nCELERY_ENABLE_UTC = False\n"
    assert edit(MADE + READS, settings) == SetValue("config/settings.py", 2, "True")


def test_an_attribute_of_a_class_gets_another_value():
    config = "class Config:\n    enable_utc = False\napp.config_from_object(Config)\n"
    assert edit(MADE + config) == SetValue("config/celery.py", 4, "True")


def test_an_argument_gets_another_value():
    call = "app.conf.update"
    edited = edit(f"{MADE}{call}(enable_utc=False)\n")
    assert edited == SetKeyword("config/celery.py", 3, 0, call, "enable_utc", "True")


def test_nothing_is_edited_where_a_dict_gives_the_option():
    assert edit(f"{MADE}app.conf.update({{'enable_utc': False}})\n") is None
