"""MW-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.middleware import Middleware
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_STATEMENTS = 60
_BRANCHES = 15
_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Everything"]\n'
)
_INIT = "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"


class LargeMiddleware(Rule):
    """Finds middleware that does much."""

    code = "MW01"
    slug = "large-middleware"
    title = "Middleware is small and has one purpose"
    level = Level.SHOULD
    section = "Custom Middleware"
    guide_lines = (493, 502)
    preview = True
    effort = Effort.DAYS
    what = f"A middleware whose functions hold more than {_STATEMENTS} statements or {_BRANCHES} branches together."
    why = (
        "Every request runs through all of it. The more a middleware does, the more requests pay for what only some of "
        "them need, and the harder it is to say which part of it a failing request met."
    )
    how = (
        "Split it by purpose, move what concerns single views to decorators or mixins, and what works on models to "
        "services and selectors."
    )
    applies_when = "`MIDDLEWARE` lists middleware of the repository"
    absent = "`MIDDLEWARE` lists no middleware of the repository"
    errata = "The guide gives no measure. Ours points at the largest; whether they have one purpose a person must say."
    examples = (
        Example(
            "many branches",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": "class Everything:  # <-\n"
                + _INIT
                + "    def __call__(self, request):\n"
                + "".join(
                    f"        if request.is_{number}:\n            request.kind = {number}\n"
                    for number in range(16)
                )
                + "        return self.get_response(request)\n",
            },
        ),
        Example(
            "one purpose",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": "class Everything:\n"
                + _INIT
                + "    def __call__(self, request):\n        request.started = 1\n"
                + "        return self.get_response(request)\n",
            },
            state="pass",
        ),
        Example("none", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware."""
        for middleware in project.middleware.own:
            statements, branches = _size(middleware)
            if statements > _STATEMENTS or branches > _BRANCHES:
                yield middleware.place.violation(
                    f"`{middleware.short_name}` has {statements} statements and {branches} branches; "
                    "split it by purpose"
                )
            else:
                yield middleware.place.in_order()


def _size(middleware: Middleware) -> tuple[int, int]:
    """Statements and branches of everything that the middleware itself defines."""
    outlines = [function.outline for function in middleware.functions]
    return sum(item.statements for item in outlines), sum(item.branches for item in outlines)
