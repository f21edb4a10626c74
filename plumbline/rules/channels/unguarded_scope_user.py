"""CHN-11."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_ANONYMOUS = frozenset(
    "id pk username is_staff is_active is_superuser groups user_permissions is_anonymous is_authenticated "
    "get_username has_perm has_perms has_module_perms ahas_perm ahas_perms ahas_module_perms check_password "
    "set_password save delete get_group_permissions get_user_permissions get_all_permissions".split()
)
"""What an anonymous user has too."""
_USER = re.compile(r"""self\.(?:scope\["user"\]|user)""")
_HEAD = (
    "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
    "class Chat(AsyncWebsocketConsumer):\n"
)
_SEND = (
    '    async def receive(self, text_data):\n        await self.send(self.scope["user"].email)\n'
)


class UnguardedScopeUser(Rule):
    """Finds consumers that ask an anonymous user for what only a real one has."""

    code = "CHN11"
    slug = "unguarded-scope-user"
    title = "Consumers check `is_authenticated` before they use the user"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "WebSocket with Django Channels"
    guide_lines = (1409, 1421)
    what = (
        '`self.scope["user"].email` or another attribute that `AnonymousUser` lacks, in a consumer in which nothing '
        "looks at `is_authenticated` or `is_anonymous`."
    )
    why = (
        "`AuthMiddlewareStack` lets everybody in and gives visitors without a session an `AnonymousUser`. Its missing "
        "attribute raises `AttributeError`, which closes the connection."
    )
    how = (
        'Begin `connect()` with `if not self.scope["user"].is_authenticated: await self.close(); return`, or answer '
        "anonymous visitors in another way."
    )
    applies_when = "a consumer uses the attributes of its user"
    absent = "no consumer uses the attributes of its user"
    errata = "The guide's sample consumer sends the user's `email` without a check: anonymous users have none."
    examples = (
        Example(
            "whoever it is",
            {"chat/consumers.py": _HEAD + _SEND.replace(".email)\n", ".email)  # <-\n")},
        ),
        Example(
            "checked when the connection opens",
            {
                "chat/consumers.py": (
                    _HEAD + "    async def connect(self):\n"
                    '        if not self.scope["user"].is_authenticated:\n'
                    "            await self.close()\n"
                    "            return\n"
                    "        await self.accept()\n\n" + _SEND
                ),
            },
            state="pass",
        ),
        Example(
            "checked through a name, and by a base class",
            {
                "chat/consumers.py": (
                    _HEAD.replace("Chat", "Known") + "    async def connect(self):\n"
                    '        user = self.scope["user"]\n'
                    "        if user.is_anonymous:\n"
                    "            await self.close()\n\n\n"
                    "class Chat(Known):\n" + _SEND
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "what an anonymous user has too",
            {
                "chat/consumers.py": _HEAD + _SEND.replace(".email", ".username"),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a consumer without a user",
            {"chat/consumers.py": _HEAD + "    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each attribute of the user that a consumer reads."""
        for cls in project.consumers.classes:
            is_guarded: bool | None = None
            for function in project.consumers.methods(cls):
                for read in function.outline.reads:
                    match = _USER.match(read.name)
                    rest = read.name[match.end() :] if match else ""
                    attribute = rest[1:].partition(".")[0].partition("[")[0].partition("(")[0]
                    if not rest.startswith(".") or attribute in (
                        "",
                        "is_authenticated",
                        "is_anonymous",
                    ):
                        continue
                    if read.name.startswith("self.user") and not _keeps_user(project, cls):
                        continue
                    place = Located(
                        cls.path, read.line, read.line, read.column, function.symbol, read.name
                    )
                    if is_guarded is None:
                        is_guarded = _is_guarded(project, cls)
                    if is_guarded or attribute in _ANONYMOUS:
                        yield place.in_order()
                    elif project.consumers.has_foreign_base(cls):
                        yield place.unknown(f"a base of `{cls.name}` may refuse anonymous users")
                    else:
                        yield place.violation(
                            f"an anonymous user has no `{attribute}`; check `is_authenticated` in `connect()`"
                        )


def _is_guarded(project: Project, cls: Class) -> bool:
    """Whether anything in the consumer or its bases looks at who the user is."""
    for member in (cls, *cls.ancestors):
        for function in project.consumers.methods(member):
            if any(
                part in read.name.split(".")
                for read in function.outline.reads
                for part in ("is_authenticated", "is_anonymous")
            ):
                return True
            if any(
                isinstance(arg, str) and arg in ("is_authenticated", "is_anonymous")
                for call in function.calls
                for arg in call.outline.args
            ):
                return True
    return False


def _keeps_user(project: Project, cls: Class) -> bool:
    """Whether ``self.user`` is taken from the scope as it is."""
    return any(
        read.name == "self.user" and read.flags & o.STORED
        for member in (cls, *cls.ancestors)
        for function in project.consumers.methods(member)
        for read in function.outline.reads
        if any(item.name == 'self.scope["user"]' for item in function.outline.reads)
    )
