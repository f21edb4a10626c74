"""VIEW-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_PLAIN = ("HttpRequest", "HttpResponse")
_REST = ("Request", "Response")


class UnannotatedView(Rule):
    """Finds views that do not annotate the request or the response."""

    code = "VIEW03"
    slug = "unannotated-view"
    title = "Views annotate the request and the response"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Views"
    guide_lines = (190, 203)
    what = (
        "A function view, or a handler of a view class that takes the request, without an annotation of `request` or "
        "of what it returns. Any type is in order: `HttpRequest`, REST framework's `Request`, one of your own."
    )
    why = (
        "Attributes such as `request.user` are only checked where the type of `request` is known, and an unannotated "
        "function is skipped by mypy altogether, so that nothing inside the view is checked."
    )
    how = "Write `request: HttpRequest` (REST framework: `Request`) and `-> HttpResponse` or `-> Response`."
    applies_when = "the repository has views"
    absent = "no view takes a request"
    errata = "The guide annotates views in some samples and leaves it out in others, so this weighs nothing."
    examples = (
        Example(
            "nothing annotated, or half of it",
            {
                "shop/views.py": (
                    "from django.http import HttpRequest, HttpResponse\nfrom django.views import View\n"
                    "from rest_framework.decorators import api_view\n\n"
                    '@api_view(["GET"])\n'
                    "def index(request):  # <-\n    return HttpResponse()\n\n"
                    "class Detail(View):\n"
                    "    def get(self, request: HttpRequest, pk):  # <-\n        return HttpResponse()\n"
                )
            },
        ),
        Example(
            "both annotated",
            {
                "shop/views.py": (
                    "from django.http import HttpRequest, HttpResponse\n\n"
                    "def index(request: HttpRequest) -> HttpResponse:\n    return HttpResponse()\n"
                )
            },
            state="pass",
        ),
        Example(
            "REST framework's types and own types",
            {
                "shop/views.py": (
                    "from django.views import View\nfrom rest_framework.request import Request\n"
                    "from rest_framework.response import Response\n"
                    "from rest_framework.views import APIView\n\n"
                    "class Orders(APIView):\n"
                    "    def get(self, request: Request) -> Response:\n        return Response()\n\n"
                    "    def post(self, request: 'ShopRequest') -> 'Created':\n        return Response()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no views",
            {"shop/services.py": "import django\n\ndef order_create(request):\n    return None\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each function view and handler that takes a request."""
        for view in (*project.views.functions(), *project.views.handlers):
            first = view.parameters[:1]
            if not first or first[0].kind not in "/a":
                continue
            missing = [
                what
                for what, annotation in (
                    ("its request", first[0].annotation),
                    ("its response", view.outline.returns),
                )
                if not annotation
            ]
            if missing:
                request, response = _REST if _is_rest(view) else _PLAIN
                remedies = {
                    "its request": f"`{first[0].name}: {request}`",
                    "its response": f"`-> {response}`",
                }
                yield view.violation(
                    f"`{_name(view)}` does not annotate {' and '.join(missing)}; "
                    f"write {' and '.join(remedies[what] for what in missing)}"
                )
            else:
                yield view.in_order()


def _is_rest(view: Function) -> bool:
    """Whether REST framework hands its own request to the view."""
    bases = view.owner.external_bases if view.owner else ()
    return view.decorated("rest_framework.decorators.") or any(
        base.startswith("rest_framework.") for base in bases
    )


def _name(view: Function) -> str:
    return f"{view.owner.name}.{view.name}" if view.owner else view.name
