"""MW-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.middleware import MIXINS
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Timing"]\n'
)
_OLD = ("process_request", "process_response")


class OldStyleMiddleware(Rule):
    """Finds middleware that is written in the style of before Django 1.10."""

    code = "MW03"
    slug = "old-style-middleware"
    title = "Middleware is written as a callable, not with `process_request` and `process_response`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (504, 526)
    effort = Effort.HOUR
    what = "A middleware of `MiddlewareMixin` that defines `process_request` or `process_response`."
    why = (
        "The mixin is there to carry old middleware over. What happens before and after the view stands in two methods "
        "that share state through the request, cannot be wrapped in one `try` or `with`, and cost a thread each in an "
        "asynchronous project."
    )
    how = (
        "Write `__init__(self, get_response)` and one `__call__`: the first half before `self.get_response(request)`, "
        "the second half after it."
    )
    applies_when = "`MIDDLEWARE` lists middleware of the repository"
    absent = "`MIDDLEWARE` lists no middleware of the repository"
    errata = (
        "`MiddlewareMixin` is still public, and the middleware of other packages is built on it: a class that "
        "overrides a method of such a middleware is in order, and so is a mixin with `process_view` or "
        "`process_exception` alone."
    )
    examples = (
        Example(
            "two methods",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "from django.utils.deprecation import MiddlewareMixin\n\n\n"
                    "class Timing(MiddlewareMixin):  # <-\n"
                    "    def process_request(self, request):\n        request.started = 1\n\n"
                    "    def process_response(self, request, response):\n        return response\n"
                ),
            },
        ),
        Example(
            "one callable",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "class Timing:\n"
                    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
                    "    def __call__(self, request):\n        return self.get_response(request)\n\n"
                    "    def process_view(self, request, view_func, view_args, view_kwargs):\n        return None\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a method of another package's middleware",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "from django.middleware.locale import LocaleMiddleware\n"
                    "from django.utils.deprecation import MiddlewareMixin\n\n\n"
                    "class Timing(LocaleMiddleware, MiddlewareMixin):\n"
                    "    def process_request(self, request):\n        return super().process_request(request)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no settings that list any",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware."""
        for middleware in project.middleware.own:
            cls = middleware.cls
            old = [name for name in _OLD if name in middleware.hooks]
            if cls is not None and old and cls.external_bases <= MIXINS | {"object"}:
                yield middleware.place.violation(
                    f"`{middleware.short_name}` is written with `{'`, `'.join(old)}`; write one `__call__` around "
                    "`self.get_response(request)`"
                )
            else:
                yield middleware.place.in_order()
