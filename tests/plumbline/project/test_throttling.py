"""Limits: django-ratelimit's decorator in all its places, and throttles of REST framework."""

from tests.plumbline.project.projects import project_of

HEAD = "from django.utils.decorators import method_decorator\nfrom django_ratelimit.decorators import ratelimit\n\n\n"
REST = {"requirements.txt": "django\ndjangorestframework\n", "manage.py": "import django\n"}


def limits(text):
    return project_of({"shop/views.py": HEAD + text}).throttling.limits


def test_a_limit_knows_what_it_is_on():
    text = (
        '@ratelimit(key="ip", rate="5/m")\ndef first(request):\n    pass\n\n\n'
        '@method_decorator(ratelimit(key="ip", rate="5/m"), name="dispatch")\nclass Second:\n'
        '    @ratelimit("group", "ip", "5/m")\n    def get(self, request):\n        pass\n\n\n'
        'third = ratelimit(key="ip", rate="1/s")(first)\n'
    )
    found = [
        (item.function and item.function.name, item.cls and item.cls.name, item.is_direct)
        for item in limits(text)
    ]
    assert found == [
        ("first", None, True),
        ("get", "Second", True),
        (None, "Second", False),
        (None, None, True),
    ]
    assert limits(text)[1].arguments == {"group": "group", "key": "ip", "rate": "5/m"}


def test_a_decorator_without_a_call_and_one_of_the_projects_own():
    (bare,) = limits("@ratelimit\ndef first(request):\n    pass\n")
    assert (bare.call, bare.arguments, bare.place.symbol) == (None, {}, "shop.views.first")
    own = "def ratelimit(name):\n    return name\n\n\n@ratelimit('x')\ndef first(request):\n    pass\n"
    assert project_of({"shop/views.py": own}).throttling.limits == []


def throttling(settings, **files):
    named = {f"shop/{name}.py": text for name, text in files.items()}
    return project_of(
        {**REST, "config/settings.py": f"INSTALLED_APPS = []\n{settings}", **named}
    ).throttling


def test_rates_and_defaults_of_settings():
    found = throttling(
        'REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"anon": "1/s"}, "DEFAULT_THROTTLE_CLASSES": ["a.B"]}\n'
    )
    assert (found.has_rate("anon"), found.has_rate("user"), found.defaults) == (
        True,
        False,
        ["a.B"],
    )
    computed = throttling("import os\n\nREST_FRAMEWORK = dict(os.environ)\n")
    assert (computed.has_rate("anon"), computed.defaults) == (None, None)


def test_a_setting_is_found_where_it_is_first_given():
    found = throttling(
        "REST_FRAMEWORK = {}\nif DEBUG:\n    REST_FRAMEWORK['PAGE_SIZE'] = 1\nREST_FRAMEWORK['X'] = 2\n"
    )
    ((_, setting),) = found.settings
    place = found.place(setting, "anon")
    assert (place.line, place.symbol) == (2, "config.settings.REST_FRAMEWORK[anon]")


def test_throttles_of_views_are_inherited_and_may_be_computed():
    views = (
        "from rest_framework.throttling import AnonRateThrottle, UserRateThrottle\n"
        "from rest_framework.views import APIView\n\n\n"
        "class Own(UserRateThrottle):\n    pass\n\n\n"
        "class Base(APIView):\n    throttle_classes = [AnonRateThrottle]\n\n\nclass Heir(Base):\n    pass\n\n\n"
        "class Computed(APIView):\n    def get_throttles(self):\n        return []\n\n\n"
        "class Plain(APIView):\n    pass\n"
    )
    found = throttling("", views=views)
    by_name = {view.name: found.classes_of(view) for view in found.views}
    anonymous = ["rest_framework.throttling.AnonRateThrottle"]
    assert by_name == {"Base": anonymous, "Heir": anonymous, "Computed": None, "Plain": []}
    assert found.used == set(anonymous)
    assert not found.all_are_in_sight
    assert [cls.name for cls in found.throttles] == ["Own"]


def test_a_function_view_names_its_throttles():
    views = (
        "from rest_framework.decorators import api_view, throttle_classes\n"
        "from rest_framework.throttling import UserRateThrottle\n\n\n"
        "@api_view(['GET'])\n@throttle_classes([UserRateThrottle])\ndef orders(request):\n    pass\n"
    )
    ((function, names),) = throttling("", views=views).function_views
    assert (function.name, names) == ("orders", ["rest_framework.throttling.UserRateThrottle"])
