"""SVC-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.knowledge import REQUEST_TYPES
from plumbline.outline import Import, Parameter
from plumbline.project import Function, Module, Project
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_HTTP_MODULES = (
    "django.http",
    "django.shortcuts",
    "django.views",
    "django.core.handlers",
    "rest_framework.request",
    "rest_framework.response",
    "rest_framework.views",
    "rest_framework.viewsets",
    "rest_framework.generics",
    "rest_framework.decorators",
)
_SIGNATURE_WORDS = ("signature", "webhook", "authenticate", "login", "logout")


class ServiceBoundToHttp(Rule):
    """Finds services that import the HTTP layer or take the request."""

    code = "SVC03"
    slug = "service-bound-to-http"
    title = "Services know nothing of requests and responses"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Services Pattern"
    guide_lines = (223, 262)
    effort = Effort.HOUR
    what = (
        "A services module that imports `django.http`, `django.shortcuts`, views or REST framework's requests, "
        "responses or "
        "views, or a function in it with a `request` parameter. Imports for annotations only are left alone; so "
        "are a request "
        "of another kind (`request: TransferRequest`) and functions that check a webhook's signature, sign "
        "someone in or are "
        "named in settings, which cannot do without."
    )
    why = (
        "A service that needs a request can only be called from a view. Tasks, commands and tests would have to "
        "fake one, and "
        "which of its many values the service uses is hidden from everyone who calls it."
    )
    how = (
        "Take the values (`user=request.user`), return objects, and raise an exception of your own where the "
        "service now returns "
        "a response or uses `get_object_or_404`; the view translates."
    )
    applies_when = "the repository has services modules"
    absent = "no services module"
    examples = (
        Example(
            "imports of the HTTP layer and request parameters",
            {
                "shop/services.py": (
                    "from django.http import JsonResponse  # <-\n"
                    "from django.shortcuts import get_object_or_404  # <-\n"
                    "from rest_framework.response import Response  # <-\n\n"
                    "def order_create(*, request):  # <-\n    return JsonResponse({})\n\n"
                    "def order_cancel(request: 'HttpRequest', order):  # <-\n"
                    "    from django.http import Http404  # <-\n\n"
                    "    raise Http404\n"
                )
            },
        ),
        Example(
            "plain values in, objects out",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def order_create(*, user, items):\n    return user\n"
                )
            },
            state="pass",
        ),
        Example(
            "imports for annotations, requests of another kind, signature checks",
            {
                "shop/services.py": (
                    "from __future__ import annotations\n\n"
                    "from typing import TYPE_CHECKING\n\n"
                    "import requests\nfrom django.conf import settings\n\n"
                    "from shop.transfers import TransferRequest\n\n"
                    "if TYPE_CHECKING:\n    from django.http import HttpRequest\n\n"
                    "def transfer_start(*, request: TransferRequest):\n    return requests.post(request.url)\n\n"
                    "def webhook_verify_signature(*, request: HttpRequest):\n    return request.body\n"
                ),
                "shop/transfers.py": "class TransferRequest:\n    url = ''\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "views may know the request",
            {
                "shop/views.py": (
                    "from django.http import HttpResponse\n\n"
                    "def index(request):\n    return HttpResponse()\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge the imports of each services module and the parameters of its functions."""
        for module in project.layer("services"):
            found = [item for item in module.outline.imports if _is_http(module, item)]
            for item in found:
                name = f"{item.module}.{item.name}" if item.name else item.module
                yield _place(module, item, name).violation(
                    f"`{module.name}` imports `{name}`; leave requests and responses to the view"
                )
            if not found:
                yield project.located_at(module.path, module.name, "imports").in_order()
        for function in project.functions_in("services"):
            if function.qualified_name in project.named_in_settings:
                continue
            request = next(
                (item for item in function.parameters if _is_request(function, item)), None
            )
            if request is not None and not any(word in function.name for word in _SIGNATURE_WORDS):
                yield function.violation(
                    f"service `{function.name}` takes the request; pass the values that it needs"
                )


def _is_http(module: Module, item: Import) -> bool:
    if item.typing_only:
        return False
    name = f"{module.absolute(item.module)}.{item.name}."
    return name.startswith(tuple(f"{layer}." for layer in _HTTP_MODULES))


def _place(module: Module, item: Import, name: str) -> Located:
    return Located(
        module.path, item.line, item.line, 0, f"{module.name}.{item.alias}", f"import {name}"
    )


def _is_request(function: Function, parameter: Parameter) -> bool:
    """Whether a parameter is an HTTP request: by its name, unless its annotation says that it is something else."""
    if parameter.name not in ("request", "req", "http_request"):
        return False
    kind = parameter.annotation.partition("[")[0].partition(" |")[0].strip("'\"")
    if not kind or kind == "Any" or kind.rpartition(".")[2] in REQUEST_TYPES:
        return True
    return function.resolve(kind).startswith(("django.http.", "rest_framework.request."))
