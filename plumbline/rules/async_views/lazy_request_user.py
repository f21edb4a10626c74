"""ASY-02."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline import knowledge
from plumbline import outline as o
from plumbline.edits import AwaitProperty, Fix
from plumbline.project import Function, Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_FIVE = Version("5.0")
_MIDDLEWARE = "django.contrib.auth.middleware.AuthenticationMiddleware"
_OTHER_FRAMEWORKS = ("fastapi", "starlette", "aiohttp", "sanic", "adrf")
_IN_THREAD = ("sync_to_async()", "database_sync_to_async()")


class LazyRequestUser(Rule):
    """Finds async views that load the user by touching ``request.user``."""

    code = "ASY02"
    slug = "lazy-request-user"
    title = "Async views get the user by `await request.auser()`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Async Views and Authentication"
    guide_lines = (1270, 1303)
    what = (
        "`request.user` (in a class-based view `self.request.user`) that is read in an `async def`."
    )
    why = (
        "`request.user` is loaded from the session and the database when it is first touched. In the event loop that "
        "first touch raises `SynchronousOnlyOperation`."
    )
    how = (
        "Write `user = await request.auser()` once at the top of the view and use `user` from there on. The request "
        "keeps what it has loaded, so a second call costs nothing."
    )
    applies_when = (
        "an async function that takes a request asks for its user, and Django is 5.0 or newer"
    )
    absent = "no async function asks a request for its user"
    errata = (
        "The guide's good samples read `request.user` in async views; with sessions in the database both raise. "
        "Plumbline asks for the form that works."
    )
    examples = (
        Example(
            "a permission check, a filter, a view class",
            {
                "shop/views.py": (
                    "from django.http import JsonResponse\nfrom django.views import View\n\n"
                    "from shop.models import Order\n\n\n"
                    "async def orders(request):\n"
                    '    if not await request.user.ahas_perm("shop.view_order"):  # <-\n'
                    "        return None\n"
                    "    mine = Order.objects.filter(user=request.user)  # <-\n"
                    "    return JsonResponse({'orders': [order.pk async for order in mine]})\n\n\n"
                    "class Page(View):\n"
                    "    async def get(self, request):\n"
                    "        return await greet(self.request.user.pk)  # <-\n"
                ),
            },
            fixed={
                "shop/views.py": (
                    "from django.http import JsonResponse\nfrom django.views import View\n\n"
                    "from shop.models import Order\n\n\n"
                    "async def orders(request):\n"
                    '    if not await (await request.auser()).ahas_perm("shop.view_order"):\n'
                    "        return None\n"
                    "    mine = Order.objects.filter(user=await request.auser())\n"
                    "    return JsonResponse({'orders': [order.pk async for order in mine]})\n\n\n"
                    "class Page(View):\n"
                    "    async def get(self, request):\n"
                    "        return await greet((await self.request.auser()).pk)\n"
                )
            },
        ),
        Example(
            "the user is awaited",
            {
                "shop/views.py": (
                    "import django\n\n\n"
                    "async def page(request):\n"
                    "    user = await request.auser()\n"
                    "    return user.pk\n"
                ),
            },
            state="pass",
        ),
        Example(
            "code for a thread, an assignment, and what is only handed to a thread",
            {
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\nimport django\n\n\n"
                    "async def page(request):\n"
                    "    def name():\n"
                    "        return request.user.username\n\n"
                    "    request.user = await request.auser()\n"
                    "    await sync_to_async(lambda: request.user.pk)()\n"
                    "    await sync_to_async(greet)(request.user)\n"
                    "    return await sync_to_async(name)()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the project's own middleware sets the user",
            {
                "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
                "settings.py": 'ROOT_URLCONF = "urls"\nMIDDLEWARE = ["shop.middleware.TokenMiddleware"]\n',
                "shop/views.py": "import django\n\n\nasync def page(request):\n    return request.user.pk\n",
            },
            state="error",
            is_trap=True,
        ),
        Example(
            "sync views",
            {
                "shop/views.py": "import django\n\n\ndef page(request):\n    return request.user.pk\n"
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        version = project.dependencies.minimum("django")
        if version is not None and version < _FIVE:
            return f"Django {version} has no `request.auser()`"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place where an async function gets the user of a request."""
        other = ""
        for function in project.functions.asynchronous:
            chains = _chains(function)
            if not chains or _is_of_other_framework(function):
                continue
            for call in function.calls:
                if call.outline.name in [
                    f"{chain.removesuffix('.user')}.auser" for chain in chains
                ]:
                    yield call.in_order()
            for read in function.outline.reads:
                chain = next((it for it in chains if f"{read.name}.".startswith(f"{it}.")), "")
                if not chain or read.flags & o.IN_LAMBDA:
                    continue
                is_set = any(
                    item.name == chain and item.flags & o.STORED and item.line <= read.line
                    for item in function.outline.reads
                )
                if is_set or _is_handed_on(function, read, chain):
                    continue
                place = Located(
                    function.path, read.line, read.line, read.column, function.symbol, read.name
                )
                other = other or _other_middleware(project)
                if other:
                    yield place.unknown(other)
                    continue
                edit = AwaitProperty(function.path, read.line, read.column, chain, "auser")
                yield place.violation(
                    f"`{chain}` is loaded from the database in the event loop; use "
                    f"`await {chain.removesuffix('user')}auser()`",
                    fix=Fix([edit], is_safe=False),
                )


def _chains(function: Function) -> list[str]:
    """How the user of the request is written in a function: ``request.user``, ``self.request.user``."""
    found = [
        f"{item.name}.user"
        for item in function.outline.parameters
        if item.name == "request" or item.annotation.rpartition(".")[2] in knowledge.REQUEST_TYPES
    ]
    if function.owner is not None and function.owner.inherits(knowledge.VIEW):
        found.append("self.request.user")
    return found


def _is_of_other_framework(function: Function) -> bool:
    """Whether the module or the class works with requests that are not Django's."""
    modules = {item.module.partition(".")[0] for item in function.module.outline.imports}
    return not modules.isdisjoint(_OTHER_FRAMEWORKS) or (
        function.owner is not None and function.owner.inherits_prefix("adrf.", "rest_framework.")
    )


def _is_handed_on(function: Function, read: o.Read, chain: str) -> bool:
    """Whether the lazy user is only an argument of a function that runs in a thread."""
    return read.name == chain and any(
        call.outline.name in _IN_THREAD
        and call.line <= read.line <= call.end_line
        and o.Ref(chain) in (*call.outline.args, *(value for _, value in call.outline.keywords))
        for call in function.calls
    )


def _other_middleware(project: Project) -> str:
    """Why ``request.auser`` may not be there: no deployed settings install Django's middleware; empty if one may."""
    settings = [module.get("MIDDLEWARE") for module in project.settings.deployed]
    if settings and all(it is not None and not it.may_hold(_MIDDLEWARE) for it in settings):
        return "another middleware than Django's sets `request.user`"
    return ""
