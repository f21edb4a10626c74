"""What settings install, and where one more item goes."""

import textwrap

import pytest

from plumbline.edits import AddItem, Assign, SetEntry
from plumbline.project.installed import (
    adding,
    adding_context_processor,
    giving,
    has_context_processor,
    holds,
    holds_in_some_runs,
    once,
    setting_entry,
)
from tests.plumbline.project.projects import project_of

MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'
DJANGO = "django.template.backends.django.DjangoTemplates"


def of(text, **others):
    """The project with ``config.settings.production`` of this text, and that module."""
    files = {
        f"config/settings/{name}.py": textwrap.dedent(content) for name, content in others.items()
    }
    files["config/settings/production.py"] = textwrap.dedent(text)
    files["manage.py"] = MANAGE.format("config.settings.production")
    files["shop/middleware.py"] = "from a.middleware import M\n\nclass Own(M):\n    pass\n"
    project = project_of(files)
    return project, project.settings.deployed[0]


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("X = ['a']", True),
        ("X = ['a.apps.AConfig']", True),
        ("X = ['a', *other()]", True),
        ("X = ['b']", False),
        ("Y = 1", False),
        ("X = ['b', *other()]", None),
        ("X = env('X')", None),
        ("X = ['b']\nif env('A'):\n    X += ['a']", None),
        ("X = ['b']\nif env('A'):\n    X += ['c']", False),
        ("from elsewhere import *", None),
    ],
)
def test_a_list_holds_an_item_or_not_or_nobody_can_tell(text, is_held):
    assert holds(*of(text), "X", "a") is is_held


def test_a_derived_class_stands_for_its_base():
    project, module = of("X = ['shop.middleware.Own']")
    assert holds(project, module, "X", "a.middleware.M")


def test_an_item_under_a_condition_is_held_in_some_runs():
    _, module = of("X = ['b']\nif env('A'):\n    X += ['a']")
    assert holds_in_some_runs(module, "X", "a")
    assert not holds_in_some_runs(module, "X", "b")


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("X = ['b']", AddItem("config/settings/production.py", 1, '"a"')),
        ("X = ['b', 'c']", AddItem("config/settings/production.py", 1, '"a"')),
        ("X = ['b']\nX.append('c')", AddItem("config/settings/production.py", 1, '"a"')),
        ("Y = ['b']\nX = Y + OTHER", AddItem("config/settings/production.py", 1, '"a"')),
        ("Y = ['b']\nX = [*Y]", AddItem("config/settings/production.py", 2, '"a"')),
        ("X = env('X')", None),
        ("Y = 1", Assign("config/settings/production.py", "X", '["a"]')),
    ],
)
def test_an_item_is_added_to_the_list_that_is_written_out(text, edit):
    assert adding(*of(text), "X", "a") == edit


def test_an_item_is_added_in_the_file_that_gives_the_list():
    project, module = of("from .base import *", base="X = ['b']")
    assert adding(project, module, "X", "a") == AddItem("config/settings/base.py", 1, '"a"')


def test_a_missing_list_is_bound_where_the_apps_are():
    project, module = of("from .base import *", base="INSTALLED_APPS = ['b']")
    assert adding(project, module, "X", "a") == Assign("config/settings/base.py", "X", '["a"]')


def test_an_item_stands_beside_another_where_that_is_in_sight():
    project, module = of("Y = ['c']\nX = ['b', 'c'] + Z\nX += ['d']")
    path = "config/settings/production.py"
    assert adding(project, module, "X", "a", after="b") == AddItem(path, 2, '"a"', after="b")
    assert adding(project, module, "X", "a", after="z") == AddItem(path, 3, '"a"')
    assert adding(project, module, "X", "a", before="z") == AddItem(path, 2, '"a"', before="b")


@pytest.mark.parametrize(
    ("options", "has"),
    [
        ("{'context_processors': ['p']}", True),
        ("{'context_processors': []}", False),
        ("{}", False),
        ("{'context_processors': PROCESSORS}", None),
        ("options()", None),
    ],
)
def test_a_context_processor_is_there_or_not_or_nobody_can_tell(options, has):
    _, module = of(f"TEMPLATES = [{{'BACKEND': '{DJANGO}', 'OPTIONS': {options}}}]")
    assert has_context_processor(module, "p") is has


def test_a_site_without_django_templates_needs_no_context_processor():
    _, module = of("TEMPLATES = [{'BACKEND': 'django.template.backends.jinja2.Jinja2'}]")
    assert has_context_processor(module, "p") is None


def test_a_context_processor_is_added_to_the_only_engine():
    text = "TEMPLATES = [{{'BACKEND': '{}', 'OPTIONS': {}}}]"
    path = "config/settings/production.py"
    listed = of(text.format(DJANGO, "{'context_processors': []}"))
    keys = ("OPTIONS", "context_processors")
    assert adding_context_processor(*listed, "p") == AddItem(path, 1, '"p"', within=keys)
    empty = of(text.format(DJANGO, "{}"))
    edit = SetEntry(path, 1, "context_processors", '["p"]', ("OPTIONS",))
    assert adding_context_processor(*empty, "p") == edit


def test_an_entry_is_set_only_where_one_dict_is_written_out():
    path = "config/settings/production.py"
    assert setting_entry(*of("X = {'a': 1}"), "X", "b", "2") == SetEntry(path, 1, "b", "2")
    assert setting_entry(*of("X = {'a': 1}\nX = {}"), "X", "b", "2") is None
    assert setting_entry(*of("X = dict(a=1)"), "X", "b", "2") is None


def test_one_place_is_judged_once():
    _, module = of("X = 1")
    setting = module.get("X")
    assert len(list(once(iter([setting.in_order(), setting.in_order()])))) == 1
    assert len(list(once(iter([setting.in_order(), setting.violation("no")])))) == 2


def test_an_item_is_found_where_it_is_put_into_the_list():
    project, module = of("Y = ['a']\nX = Y + ['b']\nX += ['c']\nX.append('d')")
    assert [giving(project, module, "X", item).line for item in "abcd"] == [1, 2, 3, 4]


def test_an_item_is_found_in_the_settings_that_others_build_on():
    project, module = of("from .base import *\nX = ['b', *X]", base="\nX = ['a']")
    place = giving(project, module, "X", "a")
    assert (place.path, place.line) == ("config/settings/base.py", 2)
