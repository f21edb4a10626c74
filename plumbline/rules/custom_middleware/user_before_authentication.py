"""MW-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.project.middleware import line_of_view, listed_at, request_name
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
_BEFORE = f'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Greeting", "{_AUTH}"]'
_AFTER = f'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["{_AUTH}", "shop.middleware.Greeting"]\n'
_INIT = "class Greeting:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
_READS = (
    "    def __call__(self, request):\n"
    "        request.greeting = str(request.user.pk)\n        return self.get_response(request)\n"
)


class UserBeforeAuthentication(Rule):
    """Finds middleware that reads `request.user` before there is one."""

    code = "MW06"
    slug = "user-before-authentication"
    title = "Middleware that reads `request.user` is listed after the authentication middleware"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Custom Middleware"
    guide_lines = (528, 576)
    what = (
        "A middleware that reads `request.user` before it hands the request on, itself or in a function that it gives "
        "the request to, and that `MIDDLEWARE` lists before `AuthenticationMiddleware`."
    )
    why = (
        "The authentication middleware sets `request.user`. Before it there is no such attribute, so every request "
        "ends in an `AttributeError`; `getattr(request.user, …)` does not help, since it reads `request.user` first."
    )
    how = (
        "List the middleware behind `AuthenticationMiddleware`, read the user after `get_response` or in "
        '`process_view`, or ask with `getattr(request, "user", None)`.'
    )
    applies_when = "a middleware of the repository reads `request.user` before the view"
    absent = "no middleware of the repository reads `request.user` before the view"
    errata = "The guide's own sample does it: its logging middleware reads the user and stands before authentication."
    examples = (
        Example(
            "listed before authentication",
            {"config/settings.py": _BEFORE + "  # <-\n", "shop/middleware.py": _INIT + _READS},
        ),
        Example(
            "read by a function that gets the request",
            {
                "config/settings.py": _BEFORE + "  # <-\n",
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        self.greet(request)\n"
                + "        return self.get_response(request)\n\n"
                + "    def greet(self, request):\n        return request.user.pk\n",
            },
        ),
        Example(
            "listed after it",
            {"config/settings.py": _AFTER, "shop/middleware.py": _INIT + _READS},
            state="pass",
        ),
        Example(
            "asked for with care",
            {
                "config/settings.py": _BEFORE + "\n",
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + '        if hasattr(request, "user"):\n            request.greeting = request.user.pk\n'
                + '        getattr(request, "user", None)\n'
                + "        return self.get_response(request)\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "behind the view, in `process_view`, or when somebody asks",
            {
                "config/settings.py": _BEFORE + "\n",
                "shop/middleware.py": "from django.utils.functional import SimpleLazyObject\n\n\n"
                + _INIT
                + "    def __call__(self, request):\n"
                + "        request.greeting = SimpleLazyObject(lambda: request.user.pk)\n"
                + '        response = self.get_response(request)\n        response["X-User"] = request.user.pk\n'
                + "        return response\n\n"
                + "    def process_view(self, request, view_func, view_args, view_kwargs):\n"
                + "        request.greeting = request.user.pk\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "set by the middleware itself",
            {
                "config/settings.py": _BEFORE + "\n",
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        request.user = find(request)\n"
                + "        log(request.user)\n        return self.get_response(request)\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each middleware that reads the user early, at the setting that lists it too early."""
        for middleware in project.middleware.own:
            found = [_reads_user(project, item) for item in middleware.early]
            reader = next((item for item in found if item is not None), None)
            if reader is None:
                continue
            where = [
                (listing.setting, _authenticates(project, listing.before, listing.setting.items))
                for listing in middleware.listings
            ]
            early = next((setting for setting, state in where if state is False), None)
            if early is not None:
                place = listed_at(project, early, middleware.name)
                yield place.violation(
                    f"`{middleware.short_name}` reads `request.user` before the view (line {reader[0]} of "
                    f"`{reader[1]}`), but is listed before `AuthenticationMiddleware`; list it behind"
                )
            elif any(state for _, state in where):
                yield middleware.place.in_order()
            else:
                yield middleware.place.unknown("the order of `MIDDLEWARE` cannot be told")


def _authenticates(project: Project, before: tuple[str, ...], items: list[object]) -> bool | None:
    """Whether authentication is listed before the middleware; None if it is not listed for certain."""
    if any(_is_authentication(project, name) for name in before):
        return True
    return False if any(_is_authentication(project, name) for name in items) else None


def _is_authentication(project: Project, name: object) -> bool:
    if not isinstance(name, str):
        return False
    cls = project.classes.by_name.get(name)
    return name == _AUTH or (cls is not None and cls.inherits(_AUTH))


def _reads_user(project: Project, handler: Function) -> tuple[int, str] | None:
    """Line and file of the first reading of the user before the view; None if there is none."""
    end = line_of_view(handler)
    line = _line_of_user(handler, request_name(handler), end)
    if line:
        return line, handler.path.rpartition("/")[2]
    for call in handler.calls:
        if call.line >= end or call.has(o.IN_LAMBDA):
            continue
        called = _given_request(project, call, request_name(handler))
        if called is not None and (line := _line_of_user(called, "request")):
            return line, called.path.rpartition("/")[2]
    return None


def _given_request(project: Project, call: CallSite, request: str) -> Function | None:
    """The function of the repository that a call hands the request to, under the name `request`."""
    if not any(isinstance(value, o.Ref) and value.name == request for value in call.outline.args):
        return None
    called = project.functions.called_by(call)
    if called is None or not any(item.name == "request" for item in called.parameters):
        return None
    return called


def _line_of_user(function: Function, request: str, end: int = 1 << 30) -> int:
    """The line where a function reads the user of its request with nothing to guard it; 0 if it does not."""
    start = f"{request}.user"
    reads = [
        item
        for item in function.outline.reads
        if (item.name == start or item.name.startswith(f"{start}."))
        and item.line < end
        and not item.flags & o.IN_LAMBDA
    ]
    if not reads or reads[0].flags & o.STORED or _is_guarded(function, request):
        return 0
    return reads[0].line


def _is_guarded(function: Function, request: str) -> bool:
    """Whether a function asks if there is a user, or catches that there is none."""
    return any(
        call.outline.name in ("hasattr", "getattr")
        and call.outline.args[:2] == [o.Ref(request), "user"]
        for call in function.calls
    ) or any("AttributeError" in handler.types for handler in function.outline.handlers)
