"""Which middleware is the repository's own, and what is known of it."""

import pytest

from plumbline.project.middleware import line_of_view, listed_at
from tests.plumbline.project.projects import project_of

CLASS = (
    "class {name}:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n        request.seen = True\n"
    "        return self.get_response(request)\n\n\n"
)
FACTORY = (
    "def tag(get_response):\n    def middleware(request):\n        return get_response(request)\n\n"
    "    return middleware\n"
)
SETTINGS = 'ROOT_URLCONF = "config.urls"\nMIDDLEWARE = [\n    "other.middleware.Foreign",\n    {listed},\n]\n'


def project(listed, more="", middleware=None):
    return project_of(
        {
            "config/__init__.py": "",
            "config/settings.py": SETTINGS.format(listed=listed) + more,
            "shop/__init__.py": "from shop.middleware import Late as Renamed\n",
            "shop/middleware.py": middleware
            or CLASS.format(name="Early") + CLASS.format(name="Late") + FACTORY,
        }
    )


def names(found):
    return [item.short_name for item in found.middleware.own]


def test_classes_and_functions_are_found_by_their_paths():
    found = project('"shop.middleware.Early", "shop.middleware.tag", "shop.Renamed"')
    assert names(found) == ["Early", "tag", "Late"]
    assert [handler.name for item in found.middleware.own for handler in item.handlers] == [
        "__call__",
        "middleware",
        "__call__",
    ]


def test_one_that_is_listed_twice_is_one():
    found = project('"shop.middleware.Late", "shop.Renamed"')
    assert names(found) == ["Late"]


def test_a_listing_knows_what_stands_before():
    found = project('"shop.middleware.Early", "shop.middleware.Late"')
    (listing,) = found.middleware.own[1].listings
    assert listing.before == ("other.middleware.Foreign", "shop.middleware.Early")


def test_one_that_is_added_under_a_condition_has_no_certain_place():
    more = 'import os\nif os.environ.get("X"):\n    MIDDLEWARE.insert(0, "shop.middleware.Late")\n'
    found = project('"shop.middleware.Early"', more)
    assert names(found) == ["Late", "Early"]
    assert not found.middleware.own[0].listings


@pytest.mark.parametrize(
    ("listed", "is_missing"),
    [
        ('"shop.middleware.Early"', False),
        ('"shop.middleware.Erly"', True),
        ('"shop.middlewares.Early"', True),
        ('"shop.middleware.made"', False),
        ('"elsewhere.middleware.Early"', False),
    ],
)
def test_what_leads_nowhere_is_noted(listed, is_missing):
    found = project(listed, middleware=CLASS.format(name="Early") + "made = make()\n")
    assert [item.name for item in found.middleware.missing] == ([listed.strip('"')] * is_missing)


def test_a_module_that_makes_its_names_may_hold_any():
    found = project(
        '"shop.middleware.Any"', middleware="def __getattr__(name):\n    return make(name)\n"
    )
    assert not found.middleware.missing


def test_methods_of_ancestors_count():
    found = project(
        '"shop.middleware.Child"',
        middleware=CLASS.format(name="Parent")
        + "class Child(Parent):\n    def process_view(self, request, *args):\n        return None\n",
    )
    (child,) = found.middleware.own
    assert [item.name for item in child.handlers] == ["__call__"]
    assert list(child.hooks) == ["process_view"]
    assert not child.inherits_outside


def test_the_line_of_the_view_is_where_the_request_is_handed_on():
    found = project('"shop.middleware.Early"')
    (early,) = found.middleware.own
    assert line_of_view(early.handlers[0]) == 7


def test_an_entry_is_listed_where_it_is_written():
    more = 'MIDDLEWARE += ["shop.middleware.Late"]\n'
    found = project('"shop.middleware.Early"', more)
    setting = found.middleware.own[0].listings[0].setting
    assert listed_at(found, setting, "shop.middleware.Early").line == 2
    assert listed_at(found, setting, "shop.middleware.Late").line == 6
