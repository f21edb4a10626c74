"""CHN-10."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Project
from plumbline.project.consumers import GroupCall
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_VALID = re.compile(r"[A-Za-z0-9_.\-]{0,99}")
_SAFE_CONVERTERS = frozenset(("int", "slug", "uuid"))
_WIDE_CONVERTERS = frozenset(("", "str", "path"))
_WIDE_ESCAPE = re.compile(r"\\[wWSD]|\[\^")
_CLASS = re.compile(r"\[[^\]]*\]|\\.")
_SAFE_ENDINGS = frozenset(("id", "pk", "uuid", "hex"))
_WIDE_ENDINGS = frozenset(("username", "email"))
_HEAD = (
    "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
    "class Chat(AsyncWebsocketConsumer):\n"
    "    async def connect(self):\n"
    '        self.room = self.scope["url_route"]["kwargs"]["room"]\n'
)
_CALL = "        await self.channel_layer.group_add(self.group, self.channel_name)\n"
_CONSUMER = _HEAD + '        self.group = f"chat_{self.room}"\n' + _CALL


def _routed(route: str) -> dict[str, str]:
    return {
        "chat/__init__.py": "",
        "chat/consumers.py": _CONSUMER,
        "chat/routing.py": (
            f"from django.urls import path, re_path\n\nfrom . import consumers\n\npatterns = [{route}]\n"
        ),
    }


class UncheckedGroupName(Rule):
    """Finds names of groups that may hold characters which Channels refuses."""

    code = "CHN10"
    slug = "unchecked-group-name"
    title = "Names of groups are ASCII letters, digits, hyphens, underscores and periods"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "WebSocket with Django Channels"
    guide_lines = (1379, 1395)
    what = (
        "The name of a group that is made of a part of the address that may be any text (`str`, `\\w+`, `[^/]+`), of a "
        "user's name or address, or that holds such characters itself."
    )
    why = (
        "Channels raises `TypeError` for a name with anything but ASCII letters, digits, hyphens, underscores and "
        "periods, or of 100 characters and more. `\\w` matches letters of every script."
    )
    how = (
        "Let the route take a `slug`, `int` or `uuid`, or `[A-Za-z0-9_-]+` in a regular expression; or build the name "
        "from a primary key in place of a name that people choose."
    )
    applies_when = "a consumer joins groups"
    absent = "no consumer joins groups"
    errata = (
        "The guide's own route takes `\\w+`, with which a room named in Greek raises `TypeError`."
    )
    examples = (
        Example(
            "any word of the address",
            {
                **_routed('re_path(r"ws/(?P<room>\\w+)/$", consumers.Chat.as_asgi())'),
                "chat/consumers.py": _HEAD
                + '        self.group = f"chat_{self.room}"  # <-\n'
                + _CALL,
            },
        ),
        Example(
            "any text of the address",
            {
                **_routed('path("ws/<room>/", consumers.Chat.as_asgi())'),
                "chat/consumers.py": _HEAD
                + '        self.group = f"chat_{self.room}"  # <-\n'
                + _CALL,
            },
        ),
        Example(
            "an e-mail address, and a name that is wrong by itself",
            {
                "chat/consumers.py": (
                    "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
                    "class Chat(AsyncWebsocketConsumer):\n"
                    "    async def connect(self):\n"
                    '        await self.channel_layer.group_add(f"u_{self.user.email}", self.channel_name)  # <-\n'
                    '        await self.channel_layer.group_add("chat room", self.channel_name)  # <-\n'
                ),
            },
        ),
        Example(
            "a fixed name",
            {"chat/consumers.py": _HEAD + _CALL.replace("self.group,", '"chat.all",')},
            state="pass",
        ),
        Example(
            "a slug",
            _routed('path("ws/<slug:room>/", consumers.Chat.as_asgi())'),
            state="pass",
            is_trap=True,
        ),
        Example(
            "a pattern of ASCII characters",
            _routed('re_path(r"ws/(?P<room>[A-Za-z0-9_-]+)/$", consumers.Chat.as_asgi())'),
            state="pass",
            is_trap=True,
        ),
        Example(
            "no groups",
            {"chat/consumers.py": _HEAD},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each name by which a consumer joins a group."""
        for call in project.consumers.group_calls:
            cls = project.consumers.consumer_of(call)
            if call.method == "group_add" and cls is not None:
                yield _verdict(project, cls, call)


def _verdict(project: Project, cls: Class, call: GroupCall) -> Verdict:
    value = call.group
    if isinstance(value, str):
        if _VALID.fullmatch(value):
            return call.in_order()
        return call.violation(
            f"`{value}` is no name for a group: use ASCII letters, digits, hyphens, underscores, periods"
        )
    place: Located = call
    if isinstance(value, o.Ref):
        wording = next(
            (
                (function, item)
                for function in project.consumers.family_methods(cls)
                for item in function.outline.texts
                if item.name == value.name
            ),
            None,
        )
        if wording is not None:
            function, item = wording
            value = item.text
            place = Located(
                function.path,
                item.line,
                item.line,
                0,
                f"{function.symbol}.{item.name}",
                item.text.template,
            )
    if not isinstance(value, o.Text):
        return call.unknown("how the name of the group is made cannot be told")
    if not _VALID.fullmatch(value.template.replace("{}", "")):
        return place.violation(
            f"`{value.template}` is no name for a group: use ASCII letters, digits, hyphens, underscores, periods"
        )
    return _judged(project, cls, place, value.fields)


def _judged(project: Project, cls: Class, place: Located, fields: list[str]) -> Verdict:
    """What the replacement fields of a name make of it."""
    is_known = True
    for field in fields:
        last = field.rpartition(".")[2]
        if last in _SAFE_ENDINGS or last.endswith(("_id", "_pk", "_uuid")):
            continue
        if last in _WIDE_ENDINGS:
            return place.violation(
                f"`{field}` may hold characters that the name of a group may not; use the primary key"
            )
        wide = _wide_route(project, cls, last)
        if wide:
            return place.violation(
                f"`{last}` comes from the address as `{wide}`, which allows more than the name of a group may "
                "hold; take a `slug`, or `[A-Za-z0-9_-]+`"
            )
        is_known = is_known and wide is not None
    return (
        place.in_order()
        if is_known
        else place.unknown("where a part of the name comes from cannot be told")
    )


def _wide_route(project: Project, cls: Class, name: str) -> str | None:
    """How a route to the consumer takes a part that may be too wide; empty if none does, None if it takes none."""
    family = project.consumers.family(cls)
    found: str | None = None
    for route in project.consumers.routes:
        if route.consumer not in family:
            continue
        taken = _part(route.pattern, name) if route.is_regex else _converter(route.pattern, name)
        if taken is None:
            continue
        if route.is_regex:
            if _WIDE_ESCAPE.search(taken) or "." in _CLASS.sub("", taken):
                return taken
            found = found or ""
        elif taken in _WIDE_CONVERTERS:
            return f"<{taken}:{name}>" if taken else f"<{name}>"
        elif taken in _SAFE_CONVERTERS:
            found = found or ""
    return found


def _converter(pattern: str, name: str) -> str | None:
    match = re.search(rf"<(?:(\w+):)?{re.escape(name)}>", pattern)
    return None if match is None else match[1] or ""


def _part(pattern: str, name: str) -> str | None:
    """What stands in the named group of a regular expression."""
    start = pattern.find(f"(?P<{name}>")
    if start < 0:
        return None
    start += len(name) + 5
    depth = 1
    for offset, character in enumerate(pattern[start:]):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return pattern[start : start + offset]
    return pattern[start:]
