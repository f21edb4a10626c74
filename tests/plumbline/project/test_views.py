"""Routes, and the functions and classes that they lead to."""

import pytest

from plumbline.extract import read_outline
from plumbline.project import Project


def views_of(files):
    return Project(
        {path: read_outline("python", text.encode()) for path, text in files.items()}
    ).views


@pytest.mark.parametrize(
    "route",
    [
        "path('', views.index)",
        "re_path(r'^$', view=views.index)",
        "path('', cache_page(60)(views.index))",
        "path('', csrf_exempt(cache_page(60)(views.index)))",
        "path('', partial(views.index))",
    ],
)
def test_a_route_leads_through_decorators_to_its_view(route):
    views = views_of(
        {
            "shop/urls.py": (
                "from functools import partial\nfrom django.urls import path, re_path\n"
                f"from decorators import *\nfrom . import views\nurlpatterns = [{route}]\n"
            ),
            "shop/views.py": "def index(request): pass\ndef other(request): pass\n",
            "shop/__init__.py": "",
        }
    )
    assert [view.name for view in views.functions()] == ["index"]


def test_routes_in_functions_and_under_prefixes_are_routes_too():
    views = views_of(
        {
            "shop/urls.py": (
                "from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import include, path\n"
                "from shop import views\n"
                "urlpatterns = i18n_patterns(path('a/', views.one), path('x/', include('other.urls')))\n"
                "def more():\n    return [path('b/', views.two)]\n"
            ),
            "shop/views.py": "def one(request): pass\ndef two(request): pass\ndef three(request): pass\n",
        }
    )
    assert {view.name for view in views.functions()} == {"one", "two"}


def test_a_partial_that_fills_the_first_argument_names_no_view():
    views = views_of(
        {
            "urls.py": (
                "from functools import partial\nfrom django.urls import path\nimport views\n"
                "urlpatterns = [path('', partial(views.page, 'a'))]\n"
            ),
            "views.py": "def page(shop, request): pass\n",
        }
    )
    assert not list(views.functions())


def test_decorators_and_annotations_mark_function_views():
    views = views_of(
        {
            "shop/views.py": (
                "from django.contrib.auth.decorators import login_required\n"
                "from django.views.decorators.debug import sensitive_variables\n"
                "from rest_framework.decorators import api_view\n"
                "@login_required\ndef one(request): pass\n"
                "@api_view(['GET'])\ndef two(request): pass\n"
                "def three(request: 'HttpRequest') -> 'HttpResponse': pass\n"
                "def four(request: HttpRequest) -> str: pass\n"
                "@sensitive_variables()\ndef five(key): pass\n"
                "def six():\n    @login_required\n    def seven(request): pass\n"
            )
        }
    )
    assert [view.name for view in views.functions()] == ["one", "two", "three"]


def test_handlers_come_from_views_their_mixins_and_viewsets():
    views = views_of(
        {
            "core.py": (
                "from django.views.generic import TemplateView\n"
                "class Mixin:\n    def post(self, request): pass\n    def queryset(self): pass\n"
                "class Unused:\n    def get(self, key): pass\n"
                "class Page(Mixin, TemplateView):\n    async def get(self, request): pass\n"
            ),
            "api.py": (
                "from rest_framework import serializers, viewsets\nfrom rest_framework.decorators import action\n"
                "class Orders(viewsets.ModelViewSet):\n"
                "    def list(self, request): pass\n"
                "    @action(detail=True)\n    def pay(self, request, pk): pass\n"
                "    def total(self, order): pass\n"
                "class S(serializers.Serializer):\n    def create(self, data): pass\n"
            ),
            "tests/test_views.py": "from core import Page\nclass P(Page):\n    def get(self, key): pass\n",
        }
    )
    assert {f"{item.owner.name}.{item.name}" for item in views.handlers} == {
        "Page.get",
        "Mixin.post",
        "Orders.list",
        "Orders.pay",
    }


@pytest.mark.parametrize(
    ("text", "guard"),
    [
        ('urlpatterns = [path("", include("silk.urls"))]', ""),
        ('urlpatterns = [path("", include(("silk.urls", "silk")))]', ""),
        ('from silk import urls\nurlpatterns = [path("", include(urls))]', ""),
        (
            'if settings.DEBUG:\n    urlpatterns += [path("", include("silk.urls"))]',
            "settings.DEBUG",
        ),
        (
            'if settings.DEBUG:\n    urlpatterns.append(path("", include("silk.urls")))',
            "settings.DEBUG",
        ),
        ('if A and B:\n    urlpatterns += [path("", include("silk.urls"))]', "?"),
        (
            'urlpatterns = [*([path("", include("silk.urls"))] if settings.DEBUG else [])]',
            "settings.DEBUG",
        ),
        ('def more():\n    if a:\n        return [path("", include("silk.urls"))]', "?"),
        ('def more():\n    return [path("", include("silk.urls"))]', ""),
    ],
)
def test_an_include_names_its_module_and_the_condition_it_stands_under(text, guard):
    imports = "from django.conf import settings\nfrom django.urls import include, path\n"
    (include,) = views_of({"shop/urls.py": f"{imports}{text}\n"}).includes
    assert (include.target, include.guard) == ("silk.urls", guard)


def test_an_include_of_a_list_names_no_module():
    text = (
        "from django.urls import include, path\nurlpatterns = [path('', include([path('', f)]))]\n"
    )
    assert [include.target for include in views_of({"shop/urls.py": text}).includes] == [""]
