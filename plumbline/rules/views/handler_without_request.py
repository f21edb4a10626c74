"""VIEW-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Function, Project
from plumbline.project.remedies import rename_parameter
from plumbline.rule import Example, Level, Rule, Verdict


class HandlerWithoutRequest(Rule):
    """Finds handlers of class-based views whose first parameter after ``self`` is not called ``request``."""

    code = "VIEW02"
    slug = "view-handler-without-request"
    title = "Handlers of class-based views take request after self"
    level = Level.MUST
    section = "Views"
    guide_lines = (190, 203)
    what = (
        "A `get`, `post` or other HTTP method of a view class, of a mixin that a view class inherits, or a "
        "viewset's action "
        "(`list`, `create`, `@action`), whose first parameter after `self` has another name than `request`. "
        "Overrides that pass "
        "`*args` on are left alone; so are clients, consumers and other classes that are no views."
    )
    why = "One name for the request in every handler makes views searchable, and a handler can move between classes."
    how = "Rename the parameter and its uses in the body; the dispatcher passes it by position."
    applies_when = "the repository has class-based views with handlers"
    absent = "no class-based view defines a handler"
    examples = (
        Example(
            "handlers of views, a mixin and a viewset",
            {
                "core/views.py": (
                    "from django.views.generic import ListView as Base\n\n"
                    "class Exporting:\n    def post(self, req):  # <-\n        return None\n\n"
                    "class CompanyView(Exporting, Base):\n    pass\n"
                ),
                "shop/views.py": (
                    "from rest_framework import viewsets\nfrom rest_framework.decorators import action\n\n"
                    "from core.views import CompanyView\n\n"
                    "class OrderList(CompanyView):\n    async def get(self, _request, page):  # <-\n"
                    "        return None\n\n"
                    "class OrderViewSet(viewsets.ModelViewSet):\n"
                    "    def list(self, r):  # <-\n        return None\n\n"
                    "    @action(detail=True)\n    def pay(self, http_request, pk=None):  # <-\n        return None\n\n"
                    "    def create(self, request):\n        return None\n"
                ),
            },
            fixed={
                "core/views.py": (
                    "from django.views.generic import ListView as Base\n\n"
                    "class Exporting:\n    def post(self, request):\n        return None\n\n"
                    "class CompanyView(Exporting, Base):\n    pass\n"
                ),
                "shop/views.py": (
                    "from rest_framework import viewsets\nfrom rest_framework.decorators import action\n\n"
                    "from core.views import CompanyView\n\n"
                    "class OrderList(CompanyView):\n    async def get(self, request, page):\n"
                    "        return None\n\n"
                    "class OrderViewSet(viewsets.ModelViewSet):\n    def list(self, request):\n"
                    "        return None\n\n"
                    "    @action(detail=True)\n    def pay(self, request, pk=None):\n"
                    "        return None\n\n"
                    "    def create(self, request):\n        return None\n"
                ),
            },
        ),
        Example(
            "request after self",
            {
                "shop/views.py": (
                    "from django.views import View\n\n"
                    "class Index(View):\n"
                    "    def get(self, request, *args, **kwargs):\n        return None\n\n"
                    "    def queryset(self, order):\n        return order\n"
                )
            },
            state="pass",
        ),
        Example(
            "an override that passes everything on, and a dispatcher of one's own",
            {
                "shop/views.py": (
                    "from django.views import View\n\n"
                    "class Index(View):\n"
                    "    def get(self, *args, **kwargs):\n        return super().get(*args, **kwargs)\n\n"
                    "    def post(self, request):\n        return None\n\n"
                    "class Handled(View):\n"
                    "    def dispatch(self, request):\n        return self.get(self.load(request))\n\n"
                    "    def get(self, order):\n        return None\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "consumers, handlers of other frameworks, clients and serializers, a view's own `list`",
            {
                "shop/api.py": (
                    "from rest_framework.generics import GenericAPIView\n\n"
                    "class Search(GenericAPIView):\n    def list(self):\n        return None\n"
                ),
                "shop/clients.py": (
                    "from channels.generic.http import AsyncHttpConsumer\nfrom django.test import Client\n"
                    "from rest_framework import serializers\nfrom tornado.web import RequestHandler\n\n"
                    "class Pages(RequestHandler):\n    def get(self, page):\n        return page\n\n"
                    "class Feed(AsyncHttpConsumer):\n    async def get(self, body):\n        return body\n\n"
                    "class ShopClient(Client):\n    def post(self, path):\n        return path\n\n"
                    "class OrderSerializer(serializers.ModelSerializer):\n"
                    "    def create(self, validated_data):\n        return None\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each handler that takes arguments by position."""
        for handler in project.views.handlers:
            first = handler.parameters[:1]
            if first and first[0].kind not in "/a":
                continue
            name = f"{handler.owner.name}.{handler.name}" if handler.owner else handler.name
            if first and first[0].name == "request":
                yield handler.in_order()
            elif _is_dispatched_otherwise(handler):
                yield handler.unknown(f"`{name}` is called by a `dispatch` of the repository")
            elif first:
                yield handler.violation(
                    f"`{name}` calls the request `{first[0].name}`; rename the parameter `request`",
                    fix=rename_parameter(project, handler, first[0].name, "request"),
                )
            else:
                yield handler.violation(f"`{name}` takes no `request`; add it after `self`")


def _is_dispatched_otherwise(handler: Function) -> bool:
    return handler.owner is not None and handler.owner.defines("dispatch")
