"""ASY-01."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline import outline as o
from plumbline.edits import AddImport, AwaitCall, Edit, Fix
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Example, Level, Rule, Verdict

_FUNCTIONS = ("authenticate", "login", "logout", "get_user", "update_session_auth_hash")
_MODULE = "django.contrib.auth"
_FIVE = Version("5.0")


class SyncAuthentication(Rule):
    """Finds authentication that blocks the event loop."""

    code = "ASY01"
    slug = "sync-authentication-in-async-function"
    title = "Async views authenticate by Django's async functions"
    level = Level.SHOULD
    section = "Async Views and Authentication"
    guide_lines = (1251, 1279)
    what = (
        "`authenticate()`, `login()`, `logout()`, `get_user()` or `update_session_auth_hash()` of "
        "`django.contrib.auth`, called straight in an `async def`."
    )
    why = (
        "These functions read and write the session and the user. In the event loop that raises "
        "`SynchronousOnlyOperation`, or blocks every other request of the process where nothing raises."
    )
    how = (
        "Await the twin with an `a`: `aauthenticate`, `alogin`, `alogout`, `aget_user`, `aupdate_session_auth_hash`. "
        "They take the same arguments."
    )
    applies_when = (
        "an async function calls Django's authentication functions, and Django is 5.0 or newer"
    )
    absent = "no async function calls Django's authentication functions"
    errata = "The guide names Django 5.2; the functions exist since 5.0, only the permission checks are of 5.2."
    examples = (
        Example(
            "a login view",
            {
                "shop/views.py": (
                    "from django.contrib import auth\n"
                    "from django.contrib.auth import authenticate, login\n\n\n"
                    "async def sign_in(request):\n"
                    '    user = authenticate(request, username=request.POST["name"])  # <-\n'
                    "    if user:\n"
                    "        login(request, user)  # <-\n\n\n"
                    "async def sign_out(request):\n"
                    "    auth.logout(request)  # <-\n"
                ),
            },
            fixed={
                "shop/views.py": (
                    "from django.contrib import auth\n"
                    "from django.contrib.auth import authenticate, login\n"
                    "from django.contrib.auth import aauthenticate\n"
                    "from django.contrib.auth import alogin\n\n\n"
                    "async def sign_in(request):\n"
                    '    user = await aauthenticate(request, username=request.POST["name"])\n'
                    "    if user:\n"
                    "        await alogin(request, user)\n\n\n"
                    "async def sign_out(request):\n"
                    "    await auth.alogout(request)\n"
                )
            },
        ),
        Example(
            "the async functions",
            {
                "shop/views.py": (
                    "from django.contrib.auth import aauthenticate, alogin\n\n\n"
                    "async def sign_in(request):\n"
                    "    user = await aauthenticate(request, token=request.POST['token'])\n"
                    "    await alogin(request, user)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "handed to a thread",
            {
                "shop/views.py": (
                    "from asgiref.sync import sync_to_async\n"
                    "from django.contrib.auth import alogout, authenticate, login\n\n\n"
                    "async def sign_in(request):\n"
                    "    def enter():\n"
                    "        login(request, authenticate(request))\n\n"
                    "    await sync_to_async(enter)()\n"
                    "    await sync_to_async(lambda: login(request, None))()\n"
                    "    await sync_to_async(login)(request, None)\n"
                    "    await alogout(request)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync views",
            {
                "shop/views.py": (
                    "from django.contrib.auth import login\n\n\n"
                    "def sign_in(request):\n    login(request, None)\n"
                ),
            },
            state="not_applicable",
        ),
        Example(
            "functions of that name from elsewhere",
            {
                "shop/views.py": (
                    "import django\nfrom shop.portal import login\n\n\n"
                    "async def sign_in(request):\n    login(request)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        version = project.dependencies.minimum("django")
        if version is not None and version < _FIVE:
            return f"Django {version} has no async authentication functions"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call of an authentication function in an async function."""
        for call in project.calls.named(*_FUNCTIONS, *(f"a{name}" for name in _FUNCTIONS)):
            if call.function is None or not call.function.outline.is_async:
                continue
            owner, _, name = call.target.rpartition(".")
            if owner != _MODULE or call.has(o.IN_LAMBDA):
                continue
            if name in _FUNCTIONS:
                yield call.violation(
                    f"`{name}()` blocks the event loop; await `a{name}()`", fix=_fix(call, name)
                )
            else:
                yield call.in_order()


def _fix(call: CallSite, name: str) -> Fix | None:
    written = call.outline.name
    if call.method != name:
        return None  # imported under another name
    edits: list[Edit] = [AwaitCall(call.path, call.line, call.column, written, f"a{name}")]
    if "." not in written:
        edits.append(AddImport(call.path, _MODULE, f"a{name}"))
    return Fix(edits)
