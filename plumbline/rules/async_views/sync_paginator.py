"""ASY-06."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline import outline as o
from plumbline.edits import AddImport, AwaitCall, Edit, Fix, RenameCall
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SYNC = "django.core.paginator.Paginator"
_ASYNC = "django.core.paginator.AsyncPaginator"
_SIX = Version("6.0")
_PAGES = ("page", "get_page")


class SyncPaginator(Rule):
    """Finds async views that page through a queryset by the sync paginator."""

    code = "ASY06"
    slug = "sync-paginator"
    title = "Async views page by `AsyncPaginator`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Async Views and Authentication"
    guide_lines = (1294, 1304)
    what = "`Paginator(…)` of Django in an `async def`, unless its pages are got in a thread or it pages a plain list."
    why = (
        "A paginator counts its queryset and loads the page. The sync one does so in the event loop, which raises "
        "`SynchronousOnlyOperation`."
    )
    how = (
        "Use `AsyncPaginator` and await it: `page = await paginator.aget_page(number)`, `await page.ahas_next()`, "
        "`async for item in page`."
    )
    applies_when = "an async function makes a paginator, and Django is 6.0 or newer"
    absent = "no async function makes a paginator"
    examples = (
        Example(
            "pages of a queryset",
            {
                "requirements.txt": "django>=6.0\n",
                "shop/views.py": (
                    "from django.core.paginator import Paginator\n\n\n"
                    "async def orders(request, queryset):\n"
                    "    paginator = Paginator(queryset, 25)  # <-\n"
                    '    page = paginator.get_page(request.GET.get("page"))\n'
                    "    return page\n"
                ),
            },
            fixed={
                "shop/views.py": (
                    "from django.core.paginator import Paginator\n"
                    "from django.core.paginator import AsyncPaginator\n\n\n"
                    "async def orders(request, queryset):\n"
                    "    paginator = AsyncPaginator(queryset, 25)\n"
                    '    page = await paginator.aget_page(request.GET.get("page"))\n'
                    "    return page\n"
                )
            },
        ),
        Example(
            "the async paginator",
            {
                "requirements.txt": "django>=6.0\n",
                "shop/views.py": (
                    "from django.core.paginator import AsyncPaginator\n\n\n"
                    "async def orders(request, queryset):\n"
                    "    return await AsyncPaginator(queryset, 25).aget_page(1)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "pages that are got in a thread, and pages of a list",
            {
                "requirements.txt": "django>=6.0\n",
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\nfrom django.core.paginator import Paginator\n\n\n"
                    "async def orders(request, queryset):\n"
                    "    paginator = Paginator(queryset, 25)\n"
                    "    return await sync_to_async(paginator.get_page)(1)\n\n\n"
                    "async def sizes(request):\n"
                    "    return Paginator([1, 2, 3], 2).page(1)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync views",
            {
                "shop/views.py": (
                    "from django.core.paginator import Paginator\n\n\n"
                    "def orders(request, queryset):\n    return Paginator(queryset, 25)\n"
                ),
            },
            state="not_applicable",
        ),
        Example(
            "Django 5.2 has no async paginator",
            {
                "requirements.txt": "django>=5.2,<6\n",
                "shop/views.py": (
                    "from django.core.paginator import Paginator\n\n\n"
                    "async def orders(request, queryset):\n    return Paginator(queryset, 25)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        version = project.dependencies.minimum("django")
        if version is not None and version < _SIX:
            return f"Django {version} has no `AsyncPaginator`"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each paginator that an async function makes."""
        for call in project.calls.named("Paginator", "AsyncPaginator"):
            if call.function is None or not call.function.outline.is_async:
                continue
            if call.target == _ASYNC or (call.target == _SYNC and _is_harmless(call)):
                yield call.in_order()
            elif call.target == _SYNC and not call.has(o.IN_LAMBDA):
                yield call.violation(
                    "`Paginator` counts and loads in the event loop; use `AsyncPaginator` and await its pages",
                    fix=_fix(call),
                )


def _is_harmless(call: CallSite) -> bool:
    """Whether it pages a list that is there already, or is used in a thread."""
    first = next(iter(call.outline.args), None)
    if isinstance(first, o.Many) or (
        isinstance(first, o.Opaque) and first.what in ("ListComp", "list", "tuple")
    ):
        return True
    name = call.outline.bound
    return bool(name) and any(
        isinstance(arg, o.Ref) and arg.name.startswith((f"{name}.", name))
        for other in call.siblings
        if other.name.endswith("sync_to_async")
        for arg in other.args
    )


def _fix(call: CallSite) -> Fix | None:
    """Take the async paginator and await the pages that the function gets from it; attributes are not seen: unsafe."""
    name = call.outline.bound
    if not name or call.method != "Paginator":
        return None
    written = call.outline.name
    edits: list[Edit] = [
        RenameCall(call.path, call.line, call.column, written, "AsyncPaginator"),
        *(
            AwaitCall(
                call.path, other.line, other.column, other.name, f"a{other.name.rpartition('.')[2]}"
            )
            for other in call.siblings
            if other.name in [f"{name}.{method}" for method in _PAGES]
        ),
    ]
    if "." not in written:
        edits.append(AddImport(call.path, "django.core.paginator", "AsyncPaginator"))
    return Fix(edits, is_safe=False)
