"""The names of routes, through includes, namespaces, routers and lists."""

import pytest

from tests.plumbline.project.projects import project_of

HEAD = (
    "from django.conf.urls.i18n import i18n_patterns\n"
    "from django.conf.urls.static import static\n"
    "from django.contrib import admin\n"
    "from django.urls import include, path, re_path\n"
    "from rest_framework.routers import DefaultRouter\n"
    "import shop.urls\n"
)


def root_of(urls: str, **files: str):
    project = project_of(
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
            "settings.py": 'ROOT_URLCONF = "urls"\n',
            "urls.py": HEAD + urls,
            "shop/__init__.py": "",
            "shop/urls.py": "from django.urls import path\nurlpatterns = [path('', v, name='list')]\n",
            "shop/api.py": (
                "from django.urls import path\napp_name = 'api'\nurlpatterns = [path('', v, name='all')]\n"
            ),
            **{f"{name}.py": text for name, text in files.items()},
        }
    )
    return project.route_names.root


@pytest.mark.parametrize(
    ("urls", "name"),
    [
        ("urlpatterns = [path('', v, name='a')]", "a"),
        ("urlpatterns = [re_path('', v, {}, 'a')]", "a"),
        ("urlpatterns = [path('', include('shop.urls'))]", "list"),
        ("urlpatterns = [path('', include(shop.urls))]", "list"),
        ("urlpatterns = [path('', include('shop.urls', namespace='s'))]", "s:list"),
        ("urlpatterns = [path('', include(('shop.urls', 's')))]", "s:list"),
        ("urlpatterns = [path('', include('shop.api'))]", "api:all"),
        ("urlpatterns = [path('', include('shop.api', 'v1'))]", "v1:all"),
        ("urlpatterns = [path('', include('shop.api', 'v1'))]", "api:all"),
        ("urlpatterns = [path('', include([path('', v, name='a')]))]", "a"),
        ("more = [path('', v, name='a')]\nurlpatterns = [*more]", "a"),
        ("more = [path('', v, name='a')]\nurlpatterns = [path('', include((more, 'm')))]", "m:a"),
        ("urlpatterns = []\nurlpatterns.append(path('', v, name='a'))", "a"),
        ("urlpatterns = []\nif x:\n    urlpatterns += [path('', v, name='a')]", "a"),
        ("urlpatterns = i18n_patterns(path('', v, name='a')) + static('x')", "a"),
        ("urlpatterns = [path('', v, name='a')] if x else []", "a"),
        ("urlpatterns = [path('', include('django.contrib.auth.urls'))]", "password_reset"),
        ("urlpatterns = [path('', include('allauth.urls'))]", "account_login"),
        (
            "r = DefaultRouter()\nr.register('o', V, basename='o')\nurlpatterns = [path('', include(r.urls))]",
            "o-detail",
        ),
        (
            "r = DefaultRouter()\nr.register('o', V)\nurlpatterns = r.urls\n"
            "class V:\n    queryset = Order.objects.all()\n",
            "order-list",
        ),
    ],
)
def test_a_name_is_known_with_its_namespace(urls, name):
    root = root_of(urls)
    assert root.holds(name) is True
    assert root.holds("nothing") is False
    assert root.holds(f"{name}:nothing") is False


@pytest.mark.parametrize(
    "urls",
    [
        "urlpatterns = make()",
        "urlpatterns = [path('', v, name=given)]",
        "urlpatterns = [path('', include('other.urls'))]",
        "urlpatterns = [path('', include(routes()))]",
        "urlpatterns = [page('', v)]",
        "urlpatterns = []\nfor x in y:\n    urlpatterns.append(path('', v, name=x))",
        "from other import *",
        "from other import urlpatterns",
        "urlpatterns = [path('', site.urls)]",
        "r = DefaultRouter()\nr.register('o', V)\nurlpatterns = r.urls",
    ],
)
def test_what_cannot_be_followed_leaves_every_name_possible(urls):
    assert root_of(urls).holds("nothing") is None


def test_an_open_namespace_leaves_the_others_closed():
    root = root_of("urlpatterns = [path('', admin.site.urls), path('', include('silk.urls'))]")
    assert root.holds("admin:index") is None
    assert root.holds("silk:summary") is None
    assert root.holds("index") is False
    assert root.holds("shop:index") is False


def test_urlconfs_that_include_each_other_end():
    root = root_of(
        "urlpatterns = [path('', include('a')), path('', v, name='x')]",
        a="from django.urls import include, path\nurlpatterns = [path('', include('urls'), name='y')]\n",
    )
    assert root.holds("x") is True
    assert root.holds("y") is True


def test_without_a_root_urlconf_nothing_is_certain():
    project = project_of({"a.py": "import django\n"})
    assert project.route_names.root.holds("a") is None
    assert list(project.route_names.root.full_names()) == []


def test_full_names_carry_their_namespaces_and_routes_elsewhere_are_known():
    project = project_of(
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
            "settings.py": 'ROOT_URLCONF = "urls"\n',
            "urls.py": (
                "from django.urls import include, path\n"
                "urlpatterns = [path('', include(([path('', v, name='b')], 'a')))]\n"
            ),
            "tests/urls.py": "from django.urls import path\nurlpatterns = [path('', v, name='t')]\n",
        }
    )
    assert list(project.route_names.root.full_names()) == ["a:b"]
    assert project.route_names.elsewhere == {"t"}
