"""MW-11."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.project.middleware import line_of_view, request_name
from plumbline.project.orm import steps_of
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.ApiOnly"]\n'
)
_INIT = (
    "from shop.models import Client\n\n\nclass ApiOnly:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
)
_WORDS = {
    "http": "calls another server",
    "cloud": "calls a cloud service",
    "write": "writes to the database",
}


class LatePathCheck(Rule):
    """Finds middleware that works before it looks whether the path concerns it."""

    code = "MW11"
    slug = "late-path-check"
    title = "Middleware for some paths leaves early for all others"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Custom Middleware"
    guide_lines = (673, 686)
    preview = True
    what = "A middleware that looks at the path of the request, but asks the database or another server before it does."
    why = (
        "Every request pays for work that only some paths need, static files and health checks too."
    )
    how = (
        'Begin with the check: `if not request.path.startswith("/api/"): return self.get_response(request)`, then do '
        "the work."
    )
    applies_when = "a middleware of the repository looks at the path of the request"
    absent = "no middleware of the repository looks at the path of the request"
    examples = (
        Example(
            "a query for every request",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + "        client = Client.objects.filter(is_open=True).first()  # <-\n"
                + '        if request.path.startswith("/api/"):\n            request.client = client\n'
                + "        return self.get_response(request)\n",
            },
        ),
        Example(
            "the check first",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + '        if not request.path.startswith("/api/"):\n'
                + "            return self.get_response(request)\n"
                + "        request.client = Client.objects.filter(is_open=True).first()\n"
                + "        return self.get_response(request)\n",
            },
            state="pass",
        ),
        Example(
            "for every path",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        request.client = Client.objects.first()\n"
                + "        return self.get_response(request)\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each handler that looks at the path."""
        for middleware in project.middleware.own:
            for handler in middleware.early:
                line = _line_of_check(handler)
                if not line:
                    continue
                work = next(
                    (call for call in handler.calls if call.line < line and _is_costly(call)), None
                )
                if work is not None and work.line < line_of_view(handler):
                    yield handler.violation(
                        f"`{middleware.short_name}` {_what(work)} before it looks at the path; look first",
                        at=work,
                    )
                else:
                    yield handler.in_order()


def _line_of_check(handler: Function) -> int:
    """The line where a handler first asks what its request's path begins with or matches; 0 if it does not."""
    request = request_name(handler)
    paths = (f"{request}.path.", f"{request}.path_info.", f"{request}.get_full_path().")
    whole = tuple(item.rstrip(".") for item in paths)
    return min(
        (
            call.line
            for call in handler.calls
            if call.outline.name.startswith(paths)
            or (
                call.method in ("match", "fullmatch", "search")
                and any(
                    isinstance(item, o.Ref) and item.name in whole for item in call.outline.args
                )
            )
        ),
        default=0,
    )


def _is_costly(call: CallSite) -> bool:
    return not call.has(o.IN_LAMBDA) and (effect_kind(call) in _WORDS or _is_query(call))


def _is_query(call: CallSite) -> bool:
    return steps_of(call.outline.name) is not None


def _what(call: CallSite) -> str:
    return _WORDS.get(effect_kind(call) or "", "asks the database")
