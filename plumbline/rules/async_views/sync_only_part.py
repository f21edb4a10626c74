"""ASY-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Function, Project
from plumbline.project.installed import once, strings
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_ATOMIC = "django.db.transaction.atomic"
_MIXIN = "django.utils.deprecation.MiddlewareMixin"
_CAPABLE = (
    "django.utils.decorators.sync_and_async_middleware",
    "django.utils.decorators.async_only_middleware",
)
_SERVERS = ("daphne", "uvicorn", "hypercorn", "granian", "uvicorn-worker")
_ASYNC_VIEW = "import django\n\n\nasync def page(request):\n    pass\n"
_ASGI = {
    "requirements.txt": "django\nuvicorn\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
    "asgi.py": "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n",
    "settings.py": 'ROOT_URLCONF = "urls"\nMIDDLEWARE = ["shop.middleware.Timing"]\n',
    "shop/__init__.py": "",
    "shop/views.py": _ASYNC_VIEW,
    "urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.page)]\n",
}


class SyncOnlyPart(Rule):
    """Finds transactions in async functions, and middleware that makes async views pointless."""

    code = "ASY08"
    slug = "sync-only-part"
    title = "Async code opens no transaction, and middleware before async views is async too"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Async Views and Authentication"
    guide_lines = (1281, 1321)
    what = (
        "`transaction.atomic` as a block or decorator of an `async def`; and, where ASGI serves async views, a "
        "middleware of the project that is written for sync requests alone."
    )
    why = (
        "Transactions have no async form: `atomic` raises in the event loop. One sync middleware makes Django run the "
        "request in a thread around it, which takes from async views what they are for."
    )
    how = (
        "Put the transaction in a sync function and await `sync_to_async(work)()`. Give the middleware "
        "`async_capable = True` and an async path, or decorate it with `sync_and_async_middleware`."
    )
    applies_when = "an async function opens a transaction, or ASGI serves async views behind the project's middleware"
    absent = "no async function opens a transaction, and no middleware of the project stands before async views"
    effort = Effort.HOUR
    examples = (
        Example(
            "transactions in async functions",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n\n"
                    "async def buy(order):\n"
                    "    with transaction.atomic():  # <-\n"
                    "        await order.asave()\n\n\n"
                    "@transaction.atomic\n"
                    "async def sell(order):  # <-\n"
                    "    await order.asave()\n"
                ),
            },
        ),
        Example(
            "sync middleware before an async view",
            {
                **_ASGI,
                "shop/middleware.py": (
                    "class Timing:  # <-\n"
                    "    def __init__(self, get_response):\n"
                    "        self.get_response = get_response\n\n"
                    "    def __call__(self, request):\n"
                    "        return self.get_response(request)\n"
                ),
            },
        ),
        Example(
            "middleware for both",
            {
                **_ASGI,
                "shop/middleware.py": (
                    "from django.utils.decorators import sync_and_async_middleware\n\n\n"
                    "@sync_and_async_middleware\n"
                    "def Timing(get_response):\n    pass\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a transaction in a sync function that a thread runs",
            {
                **_ASGI,
                "shop/middleware.py": "class Timing:\n    async_capable = True\n",
                "shop/services.py": (
                    "from asgiref.sync import sync_to_async\nfrom django.db import transaction\n\n\n"
                    "async def buy(order):\n"
                    "    @transaction.atomic\n"
                    "    def work():\n"
                    "        order.save()\n\n"
                    "    await sync_to_async(work)()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "all views are sync",
            {
                **_ASGI,
                "shop/views.py": "import django\n\n\ndef page(request):\n    pass\n",
                "shop/middleware.py": "class Timing:\n    pass\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each transaction in an async function, and for each middleware before async views."""
        for call in project.calls.named("atomic"):
            function = call.function
            if function is None or not function.outline.is_async or call.has(o.IN_LAMBDA):
                continue
            if call.target == _ATOMIC:
                yield call.violation(
                    "`atomic` raises in the event loop; open the transaction in a sync function, "
                    "and await that by `sync_to_async`"
                )
        for function in project.functions.asynchronous:
            if function.outline.decorators and function.decorated(_ATOMIC):
                yield function.violation(
                    f"`atomic` does not work on the async `{function.name}`; decorate a sync function"
                )
        if any(map(project.installs, _SERVERS)) and _has_async_views(project):
            yield from once(_middleware(project))


def _has_async_views(project: Project) -> bool:
    return any(
        project.views.is_function_view(function)
        or (function.owner is not None and project.views.is_view_class(function.owner))
        for function in project.functions.asynchronous
    )


def _middleware(project: Project) -> Iterator[Verdict]:
    """What is to be said of the project's own middleware that deployed settings name."""
    for module in project.settings.deployed:
        for name in strings(module, "MIDDLEWARE"):
            target = project.names.canonical(name)
            found: Class | Function | None = project.classes.by_name.get(
                target
            ) or project.functions.by_name.get(target)
            if found is None:
                continue
            if _is_async_capable(found):
                yield found.in_order()
            else:
                yield found.violation(
                    f"`{found.name}` is sync alone, so that each request changes threads on its way to async "
                    "views; make it async-capable"
                )


def _is_async_capable(found: Class | Function) -> bool:
    if isinstance(found, Function):
        return found.outline.is_async or found.decorated(*_CAPABLE)
    if found.inherits(_MIXIN) or found.external_bases - {"object"}:
        return True  # Django adapts the mixin's hooks; of other bases nothing is known.
    return any(
        member.name == "async_capable" and member.value is True
        for cls in (found, *found.ancestors)
        for member in cls.members
    )
