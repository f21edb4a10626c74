"""VIEW-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Function, Project
from plumbline.project.remedies import rename_parameter
from plumbline.rule import Example, Level, Rule, Verdict

_KNOWN_DECORATORS = ("django.", "rest_framework.", "functools.")
_SHORTENED = frozenset(("req", "_request", "_req", "_", "r", "rq", "http_request", "self"))


class FirstParameterNotRequest(Rule):
    """Finds function views whose first parameter is not called ``request``."""

    code = "VIEW01"
    slug = "view-first-parameter-not-request"
    title = "Function views take request first"
    level = Level.MUST
    section = "Views"
    guide_lines = (190, 203)
    what = (
        "A function that a URL leads to, that carries a view decorator such as `@api_view` or "
        "`@login_required`, or that takes "
        "an `HttpRequest` and returns a response, whose first parameter has another name than `request`: `req` "
        "and `_request` "
        "too. Wrappers that only take `*args` are left alone."
    )
    why = (
        "Everyone who reads, searches or decorates views counts on that name. One view with `req` is the one "
        "that a snippet, a "
        "review or a codemod misses, and `_request` has to be renamed as soon as someone needs it."
    )
    how = "Rename the parameter and its uses in the body. Django passes it by position, so nothing else changes."
    applies_when = "the repository has function views"
    absent = "no function view is routed, decorated or annotated"
    examples = (
        Example(
            "views by route, by decorator and by annotation",
            {
                "shop/urls.py": (
                    "from django.urls import path\nfrom django.views.decorators.cache import cache_page\n\n"
                    "from shop import views\n\n"
                    'urlpatterns = [path("", views.index), path("all/", cache_page(60)(views.everything))]\n'
                ),
                "shop/views.py": (
                    "from django.contrib.auth.decorators import login_required\n"
                    "from django.http import HttpRequest, HttpResponse\n"
                    "from rest_framework.decorators import api_view\n\n"
                    "def index(req):  # <-\n    return HttpResponse()\n\n"
                    "def everything(_request):  # <-\n    return HttpResponse()\n\n"
                    "@login_required\ndef account(r, name):  # <-\n    return HttpResponse()\n\n"
                    '@api_view(["GET"])\ndef orders(http_request):  # <-\n    return HttpResponse()\n\n'
                    "def report(web: HttpRequest) -> HttpResponse:  # <-\n    return HttpResponse()\n\n"
                    "def helper(order):\n    return order\n"
                ),
            },
            is_trap=True,
            fixed={
                "shop/views.py": (
                    "from django.contrib.auth.decorators import login_required\n"
                    "from django.http import HttpRequest, HttpResponse\n"
                    "from rest_framework.decorators import api_view\n\n"
                    "def index(request):\n    return HttpResponse()\n\n"
                    "def everything(request):\n    return HttpResponse()\n\n"
                    "@login_required\ndef account(request, name):\n    return HttpResponse()\n\n"
                    '@api_view(["GET"])\ndef orders(request):\n    return HttpResponse()\n\n'
                    "def report(request: HttpRequest) -> HttpResponse:\n    return HttpResponse()\n\n"
                    "def helper(order):\n    return order\n"
                )
            },
        ),
        Example(
            "request comes first",
            {
                "shop/urls.py": (
                    "from django.urls import re_path\n\nfrom . import views\n\n"
                    'urlpatterns = [re_path(r"^$", views.index)]\n'
                ),
                "shop/views.py": "def index(request, page=1):\n    return None\n",
            },
            state="pass",
        ),
        Example(
            "wrappers, error handlers, partials and decorators that change the arguments",
            {
                "shop/urls.py": (
                    "from functools import partial\n\nfrom django.urls import path\n\nfrom shop import views\n\n"
                    'handler404 = "shop.views.not_found"\n'
                    "urlpatterns = [\n"
                    '    path("", views.wrapper),\n'
                    '    path("a/", partial(views.shop_page, "a")),\n'
                    '    path("b/", views.stored),\n'
                    '    path("c/", views.index),\n'
                    "]\n"
                ),
                "shop/views.py": (
                    "from storage import with_session\n\n"
                    "def index(request):\n    return None\n\n"
                    "def wrapper(*args, **kwargs):\n    return None\n\n"
                    "def shop_page(shop, request):\n    return None\n\n"
                    "@with_session\ndef stored(session):\n    return None\n\n"
                    "def not_found(request, exception):\n    return None\n\n"
                    "def on_error(exc, context):\n    return None\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a decorator for any function, and a view inside a view",
            {
                "shop/secrets.py": (
                    "from django.views.decorators.debug import sensitive_variables\n\n"
                    '@sensitive_variables("key")\ndef sign(key):\n    return key\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "class-based views only",
            {
                "shop/views.py": (
                    "from django.views import View\n\n"
                    "class Index(View):\n    def get(self, request):\n        return None\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each function view that takes arguments by position."""
        for view in project.views.functions():
            first = view.outline.parameters[:1]
            if first and first[0].kind not in "/a":
                continue
            if first and first[0].name == "request":
                yield view.in_order()
            elif _may_be_rearranged(view):
                yield view.unknown(f"a decorator of `{view.name}` may change its arguments")
            elif first:
                yield view.violation(
                    f"view `{view.name}` calls its first parameter `{first[0].name}`; rename it `request`",
                    fix=rename_parameter(project, view, first[0].name, "request"),
                )
            else:
                yield view.violation(
                    f"view `{view.name}` takes no `request`; add it as the first parameter"
                )


def _may_be_rearranged(view: Function) -> bool:
    """Whether a decorator that is not known may pass other arguments than the URL resolver does."""
    if all(name.startswith(_KNOWN_DECORATORS) for name, _ in view.decorators):
        return False
    first = view.outline.parameters[:1]
    if not first:
        return True
    kind = first[0].annotation.rpartition(".")[2]
    return first[0].name not in _SHORTENED and kind not in knowledge.REQUEST_TYPES
