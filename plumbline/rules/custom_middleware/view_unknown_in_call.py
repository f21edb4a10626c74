"""MW-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.middleware import line_of_view, request_name
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_RESOLVES = "django.urls.resolve"
_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Named"]\n'
)
_INIT = "class Named:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"


class ViewUnknownInCall(Rule):
    """Finds middleware that wants to know the view before it is resolved."""

    code = "MW10"
    slug = "view-asked-for-too-early"
    title = "What concerns the view is done in `process_view`"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Custom Middleware"
    guide_lines = (687, 700)
    preview = True
    effort = Effort.HOUR
    what = "A middleware that reads `request.resolver_match`, or resolves the path, before it hands the request on."
    why = (
        "The URL is resolved after the last middleware, so `resolver_match` is still `None`. To resolve the path once "
        "more costs time on every request, and misses a URLconf that a later middleware sets."
    )
    how = "Do it in `process_view(self, request, view_func, view_args, view_kwargs)`, which gets the view itself."
    applies_when = "a middleware of the repository asks for the view"
    absent = "no middleware of the repository asks for the view"
    examples = (
        Example(
            "asked before there is one",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + "        match = request.resolver_match  # <-\n        return self.get_response(request)\n",
            },
        ),
        Example(
            "resolved twice",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": "from django.urls import resolve\n\n\n"
                + _INIT
                + "    def __call__(self, request):\n"
                + "        name = resolve(request.path_info).view_name  # <-\n"
                + "        return self.get_response(request)\n",
            },
        ),
        Example(
            "in `process_view`, or afterwards",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        response = self.get_response(request)\n"
                + '        response["X-View"] = request.resolver_match.view_name\n        return response\n\n'
                + "    def process_view(self, request, view_func, view_args, view_kwargs):\n        return None\n",
            },
            state="pass",
        ),
        Example(
            "the view is none of its business",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        return self.get_response(request)\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware that asks for the view, at the first place where it asks too early."""
        for middleware in project.middleware.own:
            early, asks = None, "process_view" in middleware.hooks
            for handler in middleware.early:
                line = line_of_view(handler)
                lines = list(_asked(project, handler))
                asks = asks or bool(lines)
                early = early or next((item for item in lines if item.line < line), None)
            if early is not None:
                yield middleware.place.violation(
                    f"`{middleware.short_name}` asks for the view before it is known; do this in `process_view`",
                    at=early,
                )
            elif asks:
                yield middleware.place.in_order()


def _asked(project: Project, handler: Function) -> Iterator[Located]:
    """The places where a handler asks for the view of its request."""
    start = f"{request_name(handler)}.resolver_match"
    for read in handler.outline.reads:
        if read.name.startswith(start) and not read.flags & (o.IN_LAMBDA | o.STORED):
            yield project.located_in(handler.module, read.line, read.name)
    for call in handler.calls:
        if call.target == _RESOLVES:
            yield call
