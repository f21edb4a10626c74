"""CHN-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Class, Project
from plumbline.project.consumers import GroupCall
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
_JOIN = (
    "    async def connect(self):\n"
    '        await self.channel_layer.group_add("chat", self.channel_name)\n'
    "        await self.accept()\n"
)
_LEAVE = (
    "    async def disconnect(self, code):\n"
    '        await self.channel_layer.group_discard("chat", self.channel_name)\n'
)


class GroupNeverLeft(Rule):
    """Finds consumers that join a group and never leave it."""

    code = "CHN08"
    slug = "group-never-left"
    title = "A consumer that joins a group leaves it"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1386, 1407)
    what = "A consumer that calls `group_add` while nothing in it, its bases or its heirs calls `group_discard`."
    why = (
        "The channel of a closed connection stays in the group until it expires, a day by default. Each message to the "
        "group is stored for it too, until the channel is full and the layer logs that it drops messages."
    )
    how = (
        "Call `group_discard` with the same name in `disconnect()`, or list fixed groups in the class attribute "
        "`groups`, which Channels joins and leaves by itself."
    )
    applies_when = "a consumer joins a group"
    absent = "no consumer joins a group"
    examples = (
        Example(
            "joined for ever",
            {
                "chat/consumers.py": _HEAD
                + "class Chat(AsyncWebsocketConsumer):\n"
                + _JOIN.replace(
                    "name)\n        await self.acc", "name)  # <-\n        await self.acc"
                ),
            },
        ),
        Example(
            "joined and left",
            {
                "chat/consumers.py": _HEAD
                + "class Chat(AsyncWebsocketConsumer):\n"
                + _JOIN
                + "\n"
                + _LEAVE
            },
            state="pass",
        ),
        Example(
            "a mixin leaves, and one joins for its heirs",
            {
                "chat/consumers.py": (
                    _HEAD + "class Leaves:\n" + _LEAVE + "\n\n"
                    "class Chat(Leaves, AsyncWebsocketConsumer):\n" + _JOIN + "\n\n"
                    "class Joins:\n" + _JOIN + "\n\n"
                    "class Talk(Joins, AsyncWebsocketConsumer):\n" + _LEAVE
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a function leaves",
            {
                "chat/consumers.py": (
                    _HEAD + "async def leave(consumer):\n"
                    '    await consumer.channel_layer.group_discard("chat", consumer.channel_name)\n\n\n'
                    "class Chat(AsyncWebsocketConsumer):\n" + _JOIN + "\n"
                    "    async def disconnect(self, code):\n        await leave(self)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "Channels joins and leaves",
            {
                "chat/consumers.py": (
                    _HEAD + 'class Chat(AsyncWebsocketConsumer):\n    groups = ["chat"]\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each consumer that joins a group."""
        seen: set[str] = set()
        for call in project.consumers.group_calls:
            cls = project.consumers.consumer_of(call)
            if call.method != "group_add" or cls is None or cls.qualified_name in seen:
                continue
            seen.add(cls.qualified_name)
            yield _verdict(project, cls, call)


def _verdict(project: Project, cls: Class, call: GroupCall) -> Verdict:
    leaving = {
        item.function.qualified_name
        for item in project.consumers.group_calls
        if item.method == "group_discard" and item.function is not None
    }
    for function in project.consumers.family_methods(cls):
        if function.qualified_name in leaving:
            return call.in_order()
        for inner in function.calls if leaving else ():
            called = project.functions.called_by(inner)
            if called is not None and called.qualified_name in leaving:
                return call.in_order()
    if any(project.consumers.has_foreign_base(member) for member in project.consumers.family(cls)):
        return call.unknown(
            f"a base of `{cls.name}` that is not in the repository may leave the group"
        )
    return call.violation(
        f"`{cls.name}` joins a group and never leaves it; call `group_discard` in `disconnect()`"
    )
