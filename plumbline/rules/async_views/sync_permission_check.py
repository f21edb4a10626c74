"""ASY-03."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline import outline as o
from plumbline.edits import AwaitCall, Fix
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Example, Level, Rule, Verdict

_CHECKS = (
    "has_perm", "has_perms", "has_module_perms", "get_user_permissions", "get_group_permissions",
    "get_all_permissions",
)  # fmt: skip
_FIVE_TWO = Version("5.2")


class SyncPermissionCheck(Rule):
    """Finds permission checks that block the event loop."""

    code = "ASY03"
    slug = "sync-permission-check"
    title = "Async views check permissions by the async methods"
    level = Level.SHOULD
    section = "Async Views and Authentication"
    guide_lines = (1270, 1279)
    what = "A user's `has_perm()`, `has_perms()`, `has_module_perms()` or a listing of permissions in an `async def`."
    why = (
        "The first check loads the user's permissions from the database, and those of the groups. In the event loop "
        "that raises `SynchronousOnlyOperation`."
    )
    how = (
        'Await the twin with an `a`: `await user.ahas_perm("shop.view_order")`, `ahas_perms`, `ahas_module_perms`, '
        "`aget_all_permissions`."
    )
    applies_when = "an async function checks a user's permissions, and Django is 5.2 or newer"
    absent = "no async function checks a user's permissions"
    examples = (
        Example(
            "checks in async views",
            {
                "shop/views.py": (
                    "import django\n\n\n"
                    "async def page(request):\n"
                    "    user = await request.auser()\n"
                    '    if not user.has_perm("shop.view_order"):  # <-\n'
                    "        return None\n"
                    '    return user.has_module_perms("shop")  # <-\n'
                ),
            },
            fixed={
                "shop/views.py": (
                    "import django\n\n\n"
                    "async def page(request):\n"
                    "    user = await request.auser()\n"
                    '    if not await user.ahas_perm("shop.view_order"):\n'
                    "        return None\n"
                    '    return await user.ahas_module_perms("shop")\n'
                )
            },
        ),
        Example(
            "the async methods",
            {
                "shop/views.py": (
                    "import django\n\n\n"
                    "async def page(request):\n"
                    "    user = await request.auser()\n"
                    '    return await user.ahas_perm("shop.view_order")\n'
                ),
            },
            state="pass",
        ),
        Example(
            "handed to a thread, and a checker of another package",
            {
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\nimport django\n\n\n"
                    "async def page(request, checker):\n"
                    "    user = await request.auser()\n"
                    '    await sync_to_async(user.has_perm)("shop.view_order")\n'
                    '    await sync_to_async(lambda: user.has_perm("shop.view_order"))()\n'
                    '    checker.has_perm("view_order", user)\n'
                    '    return await user.ahas_perms(["shop.view_order"])\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync views",
            {
                "shop/views.py": (
                    "import django\n\n\ndef page(request):\n"
                    '    return request.user.has_perm("shop.view_order")\n'
                )
            },
            state="not_applicable",
        ),
        Example(
            "Django 5.1 has no async checks",
            {
                "requirements.txt": "django>=5.1,<5.2\n",
                "shop/views.py": (
                    'async def page(request, user):\n    return user.has_perm("shop.view_order")\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        version = project.dependencies.minimum("django")
        if version is not None and version < _FIVE_TWO:
            return f"Django {version} has no async permission checks"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each permission check in an async function."""
        for call in project.calls.named(*_CHECKS, *(f"a{name}" for name in _CHECKS)):
            if call.function is None or not call.function.outline.is_async or not _is_user(call):
                continue
            name = call.method
            if name[1:] in _CHECKS:
                yield call.in_order()
            elif not call.has(o.IN_LAMBDA) and not call.has(o.AWAITED):
                edit = AwaitCall(call.path, call.line, call.column, call.outline.name, f"a{name}")
                yield call.violation(
                    f"`{name}()` asks the database in the event loop; await `a{name}()`",
                    fix=Fix([edit], is_safe=_is_loaded(call)),
                )


def _is_user(call: CallSite) -> bool:
    """Whether the object that is asked is a user, by its name or by what made it."""
    owner = call.outline.name.removesuffix(f".{call.method}")
    last = owner.rpartition(".")[2].strip("[]()").lower()
    return owner != call.outline.name and (
        last in ("user", "auser", "get_user", "aget_user", "scope") or last.endswith("_user")
    )


def _is_loaded(call: CallSite) -> bool:
    """Whether the same function got the user from the request by ``auser``, so that it certainly has the method."""
    head = call.outline.name.removesuffix(f".{call.method}")
    return any(
        other.bound == head and other.name.endswith((".auser", "aget_user"))
        for other in call.siblings
    )
