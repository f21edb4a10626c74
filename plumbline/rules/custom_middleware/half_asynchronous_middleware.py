"""MW-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddDecorator, AddImport, Fix, ReplaceText
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite
from plumbline.project.middleware import Middleware
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DECORATOR = "django.utils.decorators.sync_and_async_middleware"
_ASKS = "iscoroutinefunction"
_OLD = "asyncio.iscoroutinefunction"
_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.timing"]\n'
)
_BODY = (
    "        async def middleware(request):\n            return await get_response(request)\n"
    "    else:\n"
    "        def middleware(request):\n            return get_response(request)\n\n"
    "    return middleware\n"
)
_DECORATED = "@sync_and_async_middleware\ndef timing(get_response):\n"


class HalfAsynchronousMiddleware(Rule):
    """Finds function middleware for both worlds that is not declared or does not ask as it should."""

    code = "MW08"
    slug = "half-asynchronous-middleware"
    title = "Function middleware for both worlds is declared so and asks with `inspect`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (628, 650)
    what = (
        "A function middleware with a synchronous and an asynchronous inner function that lacks "
        "`@sync_and_async_middleware`, or that asks with `asyncio.iscoroutinefunction`."
    )
    why = (
        "Without the decorator Django takes the middleware for a synchronous one and never hands it an asynchronous "
        "`get_response`: the other half is dead code. `asyncio.iscoroutinefunction` is deprecated since Python 3.14."
    )
    how = (
        "Decorate it with `django.utils.decorators.sync_and_async_middleware`, and choose with "
        "`inspect.iscoroutinefunction(get_response)`."
    )
    applies_when = "`MIDDLEWARE` lists a function of the repository that is written for both worlds"
    absent = "`MIDDLEWARE` lists no function of the repository that is written for both worlds"
    errata = (
        "The guide's sample asks with `asyncio`, which it does not import. `asgiref.sync.iscoroutinefunction`, which "
        "Django used until 6.0, is in order too."
    )
    examples = (
        Example(
            "asks with asyncio",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "import asyncio\n\nfrom django.utils.decorators import sync_and_async_middleware\n\n\n"
                    + _DECORATED
                    + "    if asyncio.iscoroutinefunction(get_response):  # <-\n"
                    + _BODY
                ),
            },
            fixed={
                "shop/middleware.py": (
                    "import asyncio\nfrom inspect import iscoroutinefunction\n\n"
                    "from django.utils.decorators import sync_and_async_middleware\n\n\n"
                    + _DECORATED
                    + "    if iscoroutinefunction(get_response):\n"
                    + _BODY
                )
            },
        ),
        Example(
            "not declared",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "import inspect\n\n\ndef timing(get_response):  # <-\n"
                    "    if inspect.iscoroutinefunction(get_response):\n" + _BODY
                ),
            },
            fixed={
                "shop/middleware.py": (
                    "import inspect\n\nfrom django.utils.decorators import sync_and_async_middleware\n\n\n"
                    + _DECORATED
                    + "    if inspect.iscoroutinefunction(get_response):\n"
                    + _BODY
                )
            },
        ),
        Example(
            "declared, and asks with inspect",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "import inspect\n\nfrom django.utils.decorators import sync_and_async_middleware\n\n\n"
                    + _DECORATED
                    + "    if inspect.iscoroutinefunction(get_response):\n"
                    + _BODY
                ),
            },
            state="pass",
        ),
        Example(
            "for one world",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": (
                    "def timing(get_response):\n    def middleware(request):\n        return get_response(request)\n\n"
                    "    return middleware\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each function middleware that is written for both worlds."""
        for middleware in project.middleware.own:
            factory = middleware.factory
            if factory is None:
                continue
            asked = [call for call in factory.calls if call.method == _ASKS]
            if not asked and not _is_dual(middleware):
                continue
            old = next((call for call in asked if call.target == _OLD), None)
            if old is not None:
                yield old.violation(
                    f"`{factory.name}` asks with `{_OLD}`, which is deprecated; ask with `inspect.{_ASKS}`",
                    fix=_fix(factory, old),
                )
            elif not factory.decorated(_DECORATOR):
                yield factory.violation(
                    f"`{factory.name}` is written for both worlds, but Django takes it for a synchronous one; "
                    "decorate it with `sync_and_async_middleware`",
                    fix=_declaration(factory),
                )
            else:
                yield factory.in_order()


def _is_dual(middleware: Middleware) -> bool:
    """Whether a factory defines an asynchronous and a synchronous handler of the same name."""
    named = {
        is_async: {item.name for item in middleware.handlers if item.outline.is_async is is_async}
        for is_async in (False, True)
    }
    return bool(named[False] & named[True])


def _fix(factory: Function, call: CallSite) -> Fix | None:
    """Ask with the function of ``inspect``, unless the module means something else by its name."""
    written = call.outline.name
    bound = factory.module.bindings.get(_ASKS)
    if written == _ASKS or bound not in (None, f"inspect.{_ASKS}"):
        return None
    return Fix(
        [
            ReplaceText(call.path, call.line, f"{written}(", f"{_ASKS}("),
            AddImport(call.path, "inspect", _ASKS),
        ]
    )


def _declaration(factory: Function) -> Fix | None:
    """Declare a factory for both worlds; the half that never ran then does, so somebody must look."""
    module, _, name = _DECORATOR.rpartition(".")
    if factory.module.bindings.get(name) not in (None, _DECORATOR):
        return None
    decorate = AddDecorator(factory.path, factory.line, factory.column, name)
    return Fix([decorate, AddImport(factory.path, module, name)], is_safe=False)
