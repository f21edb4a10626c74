"""Settings are known, partly known or unknown, and never wrong."""

import textwrap

import pytest

from plumbline.project.settings import UNKNOWN, Perhaps, Symbol
from tests.plumbline.project.projects import project_of

MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


def module_of(text: str, **others: str):
    """The settings module ``config.settings.production`` with this text, beside others."""
    files = {
        f"config/settings/{name}.py": textwrap.dedent(content) for name, content in others.items()
    }
    files["config/settings/production.py"] = textwrap.dedent(text)
    files["manage.py"] = MANAGE.format("config.settings.production")
    return project_of(files).settings.deployed[0]


def value_of(text: str, name: str = "X", **others: str):
    return module_of(text, **others).get(name).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("X = 60 * 60", 3600),
        ("X = ('a', 'b')", ["a", "b"]),
        ("A = ['a']\nX = A + ['b']", ["a", "b"]),
        ("X = ['a']\nX += ['b']", ["a", "b"]),
        ("X = ['a', 'c']\nX.insert(1, 'b')", ["a", "b", "c"]),
        ("X = ['a', 'c']\nX.insert(X.index('c'), 'b')", ["a", "b", "c"]),
        ("X = ['a']\nX.append('b')\nX.extend(['c'])", ["a", "b", "c"]),
        ("X = ['a', 'b']\nX.remove('a')", ["b"]),
        ("A = ['b']\nX = ['a', *A]", ["a", "b"]),
        ("A = ['b', 'a', 'b']\nX = list(reversed(A))", ["b", "a", "b"]),
        ("X = {'a': 1}\nX['b'] = 2\nX.update({'c': 3})", {"a": 1, "b": 2, "c": 3}),
        ("A = {'a': 1}\nX = {**A, 'b': 2}", {"a": 1, "b": 2}),
        ("X = dict({'a': 1}, b=2)", {"a": 1, "b": 2}),
        ("X = {}\nX.setdefault('a', 1)", {"a": 1}),
        ("from datetime import timedelta\nX = timedelta(days=1, hours=1)", 90000.0),
        ("DEBUG = False\nX = ['a']\nif DEBUG:\n    X += ['b']", ["a"]),
        ("DEBUG = True\nX = ['a']\nif DEBUG:\n    X += ['b']", ["a", "b"]),
        ("DEBUG = False\nX = not DEBUG", True),
        ("from typing import TYPE_CHECKING\nX = 1\nif TYPE_CHECKING:\n    X = 2", 1),
        ("from django.utils.csp import CSP\nX = [CSP.SELF]", [Symbol("django.utils.csp.CSP.SELF")]),
        ("D = {'a': ['x']}\nX = D['a']", ["x"]),
    ],
)
def test_a_value_that_follows_from_the_text_is_known(text, value):
    setting = module_of(text).get("X")
    assert setting.value == value
    assert setting.is_known


@pytest.mark.parametrize(
    "text",
    [
        "X = env('X')",
        "X = env.bool('X', default=True)",
        "import os\nX = os.environ['X']",
        "import os\nX = os.environ.get('X', 'a')",
        "X = int(env('X')) * 2",
        "import os\nX = 1\nX = os.environ.get('X')",
        "X, Y = 1, 2",
        "if env('A'):\n    X = 1",
        "X = 1\nif env('A'):\n    X = 2",
    ],
)
def test_a_value_from_the_environment_is_unknown(text):
    setting = module_of(text).get("X")
    assert setting.value is UNKNOWN
    assert not setting.is_known
    assert setting.may_hold("anything")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("X = ['a'] + env.list('X')", ["a", UNKNOWN]),
        ("X = ['a']\nX += env.list('X')", ["a", UNKNOWN]),
        ("X = env.list('X')\nX += ['a']", [UNKNOWN, "a"]),
        ("X = ['a']\nfor x in env.list('X'):\n    X.append(x)", ["a", UNKNOWN]),
        ("X = ['a', 'b']\nif env('A'):\n    X.remove('b')", ["a", Perhaps("b")]),
        (
            "DEBUG = env.bool('DEBUG')\nX = ['a']\nif DEBUG:\n    X.insert(0, 'b')",
            [Perhaps("b"), "a"],
        ),
        (
            "DEBUG = env.bool('DEBUG')\nif DEBUG:\n    X = ['a', 'b']\nelse:\n    X = ['a', 'c']",
            ["a", Perhaps("c"), Perhaps("b")],
        ),
        (
            "X = ['a']\nfor name in PLUGINS:\n    X.extend(name.apps)\n"
            "    unique = reversed(list(dict.fromkeys(reversed(X))))\n    X = list(unique)",
            ["a", UNKNOWN],
        ),
        ("X = {'a': env('A'), 'b': 1}", {"a": UNKNOWN, "b": 1}),
        ("X = {'a': 1}\nif env('A'):\n    X['b'] = 2", {"a": 1, UNKNOWN: UNKNOWN}),
        ("X = {'a': {'b': 1}}\nX['a']['c'] = 2", {"a": {"b": 1, "c": 2}}),
        (
            "X = [{'DIRS': 'x', 'OPTIONS': {'processors': ['a']}}]\n"
            "X[0]['OPTIONS']['processors'].append('b')",
            [{"DIRS": "x", "OPTIONS": {"processors": ["a", "b"]}}],
        ),
    ],
)
def test_what_is_known_of_a_list_or_dict_survives(text, value):
    found = value_of(text)
    if isinstance(found, list):
        assert list(dict.fromkeys(map(repr, found))) == list(map(repr, value))
    else:
        assert found == value


def test_a_list_tells_what_it_holds_and_what_it_may_hold():
    setting = module_of("X = ['a', 'b']\nif env('A'):\n    X.remove('b')").get("X")
    assert setting.items == ["a"]
    assert setting.holds("a")
    assert not setting.holds("b")
    assert setting.may_hold("b")
    assert not setting.may_hold("c")
    assert not setting.is_known


def test_star_imports_bring_settings_that_can_be_extended():
    module = module_of(
        "from .base import *\nINSTALLED_APPS += ['silk']\nDEBUG = False",
        base="INSTALLED_APPS = ['shop']\nDEBUG = True\nROOT_URLCONF = 'config.urls'",
    )
    assert module.get("INSTALLED_APPS").value == ["shop", "silk"]
    assert module.get("DEBUG").value is False
    assert module.get("ROOT_URLCONF").path == "config/settings/base.py"
    assert not module.is_open


def test_a_star_import_from_outside_leaves_the_module_open():
    module = module_of("from company.settings import *\nX = ['a']\nINSTALLED_APPS += ['shop']")
    assert module.is_open
    assert module.get("X").is_known
    assert module.get("INSTALLED_APPS").may_hold("django.contrib.admin")


@pytest.mark.parametrize(
    "text",
    [
        "globals().update(load())",
        "from split_settings.tools import include\ninclude('parts/*.py')",
        "from configurations import Configuration\nclass Prod(Configuration):\n    DEBUG = False",
        "class Prod(Base):\n    pass\n\nProd.load_settings(__name__)",
    ],
)
def test_settings_that_are_put_together_at_run_time_are_open(text):
    assert module_of(f"INSTALLED_APPS = ['shop']\n{text}").is_open


def test_an_optional_local_override_does_not_open_a_module():
    text = "try:\n    from .local_settings import *\nexcept ImportError:\n    pass\n"
    assert not module_of(f"INSTALLED_APPS = ['shop']\n{text}").is_open


def test_modules_that_import_each_other_end():
    module = module_of("from .base import *\nX = 1", base="from .production import *\nY = 2")
    assert module.get("X").value == 1
    assert module.get("Y").value == 2


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("config/settings/prod.py", "production"),
        ("config/settings/local.py", "development"),
        ("config/settings/ci.py", "test"),
        ("config/settings/base.py", "base"),
        ("config/settings/docker.py", "other"),
        ("shop/settings.py", "single"),
        ("shop/settings_production.py", "production"),
        ("shop/dev_settings.py", "development"),
    ],
)
def test_a_name_tells_the_environment(name, environment):
    module = project_of({name: "INSTALLED_APPS = ['shop']\n"}).settings.modules[0]
    assert module.environment == environment


def test_production_is_what_its_name_says_or_what_the_entry_point_names():
    base = {
        "shop/settings.py": "INSTALLED_APPS = []\n",
        "manage.py": MANAGE.format("shop.settings"),
    }
    assert [item.name for item in project_of(base).settings.deployed] == ["shop.settings"]
    live = {**base, "shop/settings_live.py": "from .settings import *\n"}
    assert [item.name for item in project_of(live).settings.deployed] == ["shop.settings_live"]


def test_a_reusable_app_has_settings_for_tests_only():
    settings = project_of(
        {
            "tests/settings.py": "INSTALLED_APPS = ['shop']\n",
            "tests/manage.py": MANAGE.format("tests.settings"),
        }
    ).settings
    assert [item.path for item in settings.modules] == ["tests/settings.py"]
    assert settings.deployed == []


def test_a_project_template_is_not_the_projects_own():
    settings = project_of(
        {
            "shop/settings.py": "INSTALLED_APPS = ['shop']\n",
            "shop/project_template/name/settings/base.py": "INSTALLED_APPS = ['name']\n",
        }
    ).settings
    assert [item.path for item in settings.modules] == ["shop/settings.py"]
