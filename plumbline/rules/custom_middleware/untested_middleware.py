"""MW-13."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.middleware import Middleware
from plumbline.roles import TEST
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Timing"]\n'
)
_MIDDLEWARE = (
    "class Timing:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n        return self.get_response(request)\n"
)


class UntestedMiddleware(Rule):
    """Finds middleware that no test names."""

    code = "MW13"
    slug = "untested-middleware"
    title = "Every middleware of the repository has a test"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (715, 746)
    preview = True
    effort = Effort.HOUR
    what = (
        "A middleware of the repository that no test imports, by its own name or with its module, adds to the "
        "settings, lists, or carries in its own name."
    )
    why = (
        "A middleware runs for every request, so its mistakes are everywhere at once; the paths that it takes rarely "
        "are those that no view's test meets."
    )
    how = (
        'Call it directly: `Timing(get_response)(RequestFactory().get("/"))` with a `get_response` that returns a '
        "plain response, one test for each path."
    )
    applies_when = "`MIDDLEWARE` lists middleware of the repository, and it has tests"
    absent = "`MIDDLEWARE` lists no middleware of the repository"
    errata = (
        "Tests by way of the client run a middleware without naming it; this rule cannot see those."
    )
    examples = (
        Example(
            "no test names it",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _MIDDLEWARE.replace("Timing:", "Timing:  # <-"),
                "tests/test_views.py": "def test_home(client):\n    client.get('/')\n",
            },
        ),
        Example(
            "imported, or named as text",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["shop.middleware.Timing", "shop.other.Late"]\n'
                ),
                "shop/middleware.py": _MIDDLEWARE,
                "shop/other.py": _MIDDLEWARE.replace("Timing", "Late"),
                "tests/test_middleware.py": (
                    "from django.test import modify_settings\n\nfrom shop.middleware import Timing\n\n\n"
                    "def test_timing():\n    assert Timing(None)\n\n\n"
                    '@modify_settings(MIDDLEWARE={"append": "shop.other.Late"})\ndef test_late(client):\n    pass\n'
                ),
            },
            state="pass",
        ),
        Example(
            "no tests at all",
            {"config/settings.py": _SETTINGS, "shop/middleware.py": _MIDDLEWARE},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Without tests there is nothing to say of one middleware."""
        return None if project.has_tests else "the repository has no tests"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware."""
        own = [item for item in project.middleware.own if item.functions]
        named = _named_in_tests(project, own) if own else set()
        for middleware in own:
            if not named.isdisjoint(_names(middleware)):
                yield middleware.place.in_order()
            else:
                yield middleware.place.violation(
                    f"no test names `{middleware.short_name}`; call it with a request and a `get_response` of the test"
                )


def _named_in_tests(project: Project, own: list[Middleware]) -> set[str]:
    """Which names of middleware, or of their modules, the tests import, list, or carry in the names of classes."""
    wanted = {name for middleware in own for name in _names(middleware)}
    classes = [middleware.short_name for middleware in own]
    found: set[str] = set()
    for module in project.names:
        if module.role != TEST:
            continue
        found.update(item.name for item in module.outline.imports if item.name in wanted)
        for cls in module.outline.classes:
            found.update(name for name in classes if name in cls.name)
            for member in cls.members:
                if isinstance(member.value, o.Many):
                    listed = (item for item in member.value.items if isinstance(item, str))
                    found.update(item.rpartition(".")[2] for item in listed)
        if "middleware" in module.path:
            texts = [module.path, *(function.name for function in module.functions)]
            found.update(name for name in classes if any(_snake(name) in text for text in texts))
    for module in project.calls.modules("modify_settings", tests=True):
        found.update(name for name in classes if module.may_call(f".{name}"))
    return found


def _snake(name: str) -> str:
    """A class's name as functions and files carry it: ``team_access_middleware``."""
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", name).lower()


def _names(middleware: Middleware) -> tuple[str, str]:
    """Under which a test may import a middleware: its own name, or that of its module."""
    return middleware.short_name, middleware.module.name.rpartition(".")[2]
