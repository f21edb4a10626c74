"""MW-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.middleware import Middleware, listed_at, passes_on
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Timing"]\n'
)
_GOOD = (
    "class Timing:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n        return self.get_response(request)\n"
)


class IncompleteMiddleware(Rule):
    """Finds entries of `MIDDLEWARE` that Django could not load or call."""

    code = "MW02"
    slug = "incomplete-middleware"
    title = "A middleware takes `get_response`, can be called, and is where settings say"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (504, 526)
    what = (
        "An entry of `MIDDLEWARE` that names nothing in the repository's own package; a class without an `__init__` "
        "that takes `get_response`, without `__call__`, or that never calls the next middleware; a function that "
        "returns nothing."
    )
    why = (
        "Django builds the chain when the first request comes, or when the server starts: a wrong path or signature "
        "takes the whole site down, and a middleware that does not call the next one answers every request itself."
    )
    how = (
        "Keep `get_response` in `__init__`, and return `self.get_response(request)` from `__call__` in all but the "
        "cases that the middleware answers itself."
    )
    applies_when = "`MIDDLEWARE` lists middleware of the repository"
    absent = "`MIDDLEWARE` lists no middleware of the repository"
    examples = (
        Example(
            "a path that leads nowhere",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["shop.middleware.Timing", "shop.middleware.Timer"]  # <-\n'
                ),
                "shop/middleware.py": _GOOD,
            },
        ),
        Example(
            "a class that cannot be called",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "class Timing:  # <-\n"
                    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
                    "    def process_request(self, request):\n        return None\n"
                ),
            },
        ),
        Example(
            "a class that cannot be made, and one that goes nowhere",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["shop.middleware.Timing", "shop.middleware.Wall"]\n'
                ),
                "shop/middleware.py": (
                    "class Timing:  # <-\n    def __call__(self, request):\n        return request\n\n\n"
                    "class Wall:  # <-\n"
                    "    def __init__(self, get_response):\n        pass\n\n"
                    "    def __call__(self, request):\n        return HttpResponse()\n"
                ),
            },
        ),
        Example(
            "complete",
            {"config/settings.py": _SETTINGS, "shop/middleware.py": _GOOD},
            state="pass",
        ),
        Example(
            "a function, and a class for both worlds",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["shop.middleware.timing", "shop.middleware.Hybrid"]\n'
                ),
                "shop/middleware.py": (
                    "def timing(get_response):\n"
                    "    def middleware(request):\n        return get_response(request)\n\n"
                    "    return middleware\n\n\n"
                    "class Hybrid:\n    async_capable = True\n\n"
                    "    def __init__(self, get_response):\n        self.next = get_response\n\n"
                    "    def __call__(self, request):\n"
                    "        return self.__acall__(request) if self.is_async else self.next(request)\n\n"
                    "    async def __acall__(self, request):\n        return await self.next(request)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "built on another package's",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "from django.utils.deprecation import MiddlewareMixin\n\n\n"
                    "class Timing(MiddlewareMixin):\n    def process_request(self, request):\n        return None\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "Django's alone",
            {
                "config/settings.py": (
                    'import django\n\nROOT_URLCONF = "config.urls"\n'
                    'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\n'
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware, and one for each entry that leads nowhere."""
        for setting, name in project.middleware.missing:
            place = listed_at(project, setting, name)
            yield place.violation(f"`{name}` in `MIDDLEWARE` leads nowhere; correct the path")
        for middleware in project.middleware.own:
            fault = (
                _fault_of_class(middleware) if middleware.cls else _fault_of_function(middleware)
            )
            if fault:
                yield middleware.place.violation(f"`{middleware.short_name}` {fault}")
            else:
                yield middleware.place.in_order()


def _fault_of_class(middleware: Middleware) -> str:
    maker, called = middleware.method("__init__"), middleware.method("__call__")
    is_made_elsewhere = middleware.inherits_outside or bool(
        middleware.cls and middleware.cls.outline.decorators
    )
    if maker is None and not is_made_elsewhere:
        return "has no `__init__` that takes `get_response`; add one"
    if maker is not None and not _takes_one(maker):
        return "cannot be made with `get_response` alone; let `__init__` take it"
    if called is None:
        return (
            ""
            if middleware.inherits_outside
            else "has no `__call__`; add one that takes the request"
        )
    if not _takes_one(called):
        return "cannot be called with the request alone; let `__call__` take it"
    if not middleware.inherits_outside and not _goes_on(middleware):
        return "never calls `get_response`, so no view is ever reached; call it in `__call__`"
    return ""


def _takes_one(function: Function) -> bool:
    """Whether a method can be called with one argument by position."""
    parameters = function.parameters
    required = [
        item for item in parameters if item.kind in ("/", "a", "k") and not item.has_default
    ]
    takes_any = any(item.kind in ("/", "a", "*") for item in parameters)
    return takes_any and len(required) <= 1 and not any(item.kind == "k" for item in required)


def _goes_on(middleware: Middleware) -> bool:
    """Whether some method calls the next middleware, under whichever name the object keeps it."""
    own = {function.name for function in middleware.functions}
    return any(
        passes_on(call) or _is_kept(call.outline, own)
        for function in middleware.functions
        for call in function.calls
    )


def _is_kept(call: o.Call, own: set[str]) -> bool:
    names = [call.name, *(value.name for value in call.args if isinstance(value, o.Ref))]
    return any(
        name.startswith("self.") and name.count(".") == 1 and name[5:] not in own for name in names
    )


def _fault_of_function(middleware: Middleware) -> str:
    factory = middleware.factory
    if factory is None:
        return ""
    if not _takes_one(factory):
        return "cannot be called with `get_response` alone; let it take that"
    if not factory.outline.exits & (o.RETURNS_VALUE | o.RAISES):
        return "returns no middleware; return the inner function"
    return ""
