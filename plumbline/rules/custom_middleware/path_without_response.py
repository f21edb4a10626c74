"""MW-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SETTINGS = 'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Gate"]\n'
_INIT = "class Gate:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"


class PathWithoutResponse(Rule):
    """Finds middleware that may return nothing."""

    code = "MW04"
    slug = "path-without-response"
    title = "Every path through a middleware returns a response"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Custom Middleware"
    guide_lines = (504, 526)
    what = (
        "A `__call__` (or the inner function of a function middleware) whose end can be reached without `return`, or "
        "that has a `return` without a value."
    )
    why = (
        "The middleware outside it takes what comes back for a response. `None` becomes an `AttributeError` far from "
        "its cause, for the requests alone that take that path."
    )
    how = "Return `self.get_response(request)` or a response of your own on every path."
    applies_when = "`MIDDLEWARE` lists middleware of the repository with a handler of its own"
    absent = "`MIDDLEWARE` lists no middleware of the repository with a handler of its own"
    examples = (
        Example(
            "the last path falls through",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):  # <-\n"
                + '        if request.path.startswith("/api/"):\n            return self.get_response(request)\n',
            },
        ),
        Example(
            "an empty return, and a function that forgets its response",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["shop.middleware.Gate", "shop.middleware.tag"]\n'
                ),
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):  # <-\n"
                + "        if request.is_secret:\n            return\n        return self.get_response(request)\n\n\n"
                + "def tag(get_response):\n    def middleware(request):  # <-\n"
                + '        response = get_response(request)\n        response["X-Tag"] = "1"\n\n'
                + "    return middleware\n",
            },
        ),
        Example(
            "every path",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + "        try:\n            return self.get_response(request)\n"
                + "        finally:\n            request.done = True\n",
            },
            state="pass",
        ),
        Example(
            "a path that only raises",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": "from django.core.exceptions import PermissionDenied\n\n\n"
                + _INIT
                + "    def __call__(self, request):\n"
                + "        if request.is_fine:\n            return self.get_response(request)\n"
                + "        raise PermissionDenied\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no handler of its own",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "from django.middleware.common import CommonMiddleware\n\n\n"
                    "class Gate(CommonMiddleware):\n    pass\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each handler."""
        for middleware in project.middleware.own:
            for handler in middleware.handlers:
                exits = handler.outline.exits
                if not handler.outline.yields and exits & (o.FALLS_THROUGH | o.RETURNS_NOTHING):
                    way = (
                        "can end without `return`"
                        if exits & o.FALLS_THROUGH
                        else "has a `return` without a value"
                    )
                    yield handler.violation(
                        f"`{handler.name}` of `{middleware.short_name}` {way}; return a response on every path"
                    )
                else:
                    yield handler.in_order()
