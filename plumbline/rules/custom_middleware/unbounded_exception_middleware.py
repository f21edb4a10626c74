"""MW-07."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_JSON = "JsonResponse"
_REPORTS = "got_request_exception.send"
_LOGS = frozenset(("exception", "error", "critical", "capture_exception", "log_response"))
_TELLING = re.compile(r"(^|_)(api|json|ajax|graphql|rest|path|prefix|endpoint)(_|$)")
_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.JsonErrors"]\n'
)
_HEAD = (
    "import logging\n\nfrom django.http import JsonResponse\n\nlogger = logging.getLogger(__name__)\n\n\n"
    "class JsonErrors:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n        return self.get_response(request)\n\n"
)


class UnboundedExceptionMiddleware(Rule):
    """Finds middleware that turns every exception into JSON, or does so silently."""

    code = "MW07"
    slug = "unbounded-exception-middleware"
    title = "Middleware that turns exceptions into JSON keeps to the API and logs what it did not expect"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (578, 626)
    what = (
        "A `process_exception` that answers with a `JsonResponse` without asking whether the request is one of the "
        "API, or without logging the exception."
    )
    why = (
        "A person who meets an error on a page gets a line of JSON. And an exception that a middleware answers never "
        "reaches Django's own logging and error reports: nobody learns of it."
    )
    how = (
        'Return `None` unless `request.path.startswith("/api/")`, and call `logger.exception(…)` for everything that '
        "is not an expected kind. In Django REST framework an `EXCEPTION_HANDLER` is the better place."
    )
    applies_when = "a middleware of the repository answers exceptions with JSON"
    absent = "no middleware of the repository answers exceptions with JSON"
    errata = (
        "The guide tests that a path which no URL matches gets JSON too; such a 404 never reaches `process_exception`, "
        "so nothing here asks for it."
    )
    examples = (
        Example(
            "every request, and nothing logged",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD
                + "    def process_exception(self, request, exception):  # <-\n"
                + '        return JsonResponse({"error": "server error"}, status=500)\n',
            },
        ),
        Example(
            "the API alone, with a log",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD
                + "    def process_exception(self, request, exception):\n"
                + '        if not request.path.startswith("/api/"):\n            return None\n'
                + '        logger.exception("unhandled")\n'
                + '        return JsonResponse({"error": "server error"}, status=500)\n',
            },
            state="pass",
        ),
        Example(
            "no JSON",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD
                + "    def process_exception(self, request, exception):\n        return None\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``process_exception`` that answers with JSON."""
        for middleware in project.middleware.own:
            hook = middleware.hooks.get("process_exception")
            if hook is None or not any(call.method == _JSON for call in hook.calls):
                continue
            faults: list[str] = []
            bounds = _bounds(hook)
            if bounds is False:
                faults.append("answers requests outside the API too; return `None` for them")
            if not any(
                call.method in _LOGS or call.outline.name.startswith(_REPORTS)
                for call in hook.calls
            ):
                faults.append("logs nothing; log what is not expected")
            if faults:
                yield hook.violation(f"`{middleware.short_name}` {', and '.join(faults)}")
            elif bounds is None:
                yield hook.unknown("its condition may or may not keep it to the API")
            else:
                yield hook.in_order()


def _bounds(hook: Function) -> bool | None:
    """Whether a hook asks what kind of request it has; None if it asks something that is not seen."""
    if any("resolver_match" in item.name for item in hook.outline.reads):
        return True
    kinds = 0
    for call in hook.calls:
        name = call.outline.name
        words = re.sub(r"[.()]+", "_", name).lower()
        if call.method != _JSON and not name.startswith("logg") and _TELLING.search(words):
            return True
        if call.method == "accepts":
            return True
        kinds += name == "isinstance"
    return None if hook.outline.branches > kinds and hook.outline.exits & o.RETURNS_VALUE else False
