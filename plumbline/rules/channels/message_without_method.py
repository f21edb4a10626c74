"""CHN-12."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.consumers import GroupCall
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CHAT = (
    "from channels.generic.websocket import AsyncWebsocketConsumer\nimport django\n\n\n"
    "class Chat(AsyncWebsocketConsumer):\n"
    "    async def chat_message(self, event):\n"
    '        await self.send(event["text"])\n'
)
_SEND = (
    "from channels.layers import get_channel_layer\n\n\n"
    "async def say(text):\n"
    '    await get_channel_layer().group_send("chat", {"type": "chat.message", "text": text})\n'
)


class MessageWithoutMethod(Rule):
    """Finds messages to groups that no consumer can receive."""

    code = "CHN12"
    slug = "message-without-method"
    title = "The type of a message to a group names a method of a consumer"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1409, 1427)
    what = (
        'A `group_send` whose message has a literal `"type"` for which no consumer has a method: `chat.message` calls '
        "`chat_message`."
    )
    why = (
        "Channels looks the method up when the message arrives. Without one it raises `ValueError: No handler for "
        "message type`, and every connection in the group closes."
    )
    how = (
        "Correct the type, or write the method; periods in the type become underscores in its name."
    )
    applies_when = "something sends to groups, and consumers are in the repository"
    absent = "nothing sends to groups"
    examples = (
        Example(
            "misspelt",
            {
                "chat/consumers.py": _CHAT,
                "chat/services.py": _SEND.replace("chat.message", "chat.massage").replace(
                    "text})\n", "text})  # <-\n"
                ),
            },
        ),
        Example("a method", {"chat/consumers.py": _CHAT, "chat/services.py": _SEND}, state="pass"),
        Example(
            "from sync code, and a method of a mixin",
            {
                "chat/consumers.py": (
                    "from channels.generic.websocket import AsyncWebsocketConsumer\nimport django\n\n\n"
                    "class Speaks:\n"
                    "    async def chat_message(self, event):\n"
                    "        pass\n\n\n"
                    "class Chat(Speaks, AsyncWebsocketConsumer):\n"
                    "    pass\n"
                ),
                "chat/services.py": (
                    "from asgiref.sync import async_to_sync\nfrom channels.layers import get_channel_layer\n\n\n"
                    "def say(text):\n"
                    "    layer = get_channel_layer()\n"
                    '    async_to_sync(layer.group_send)("chat", {"type": "chat_message", "text": text})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a computed type, beside one that is known",
            {
                "chat/consumers.py": _CHAT,
                "chat/services.py": (
                    _SEND + "\n\nasync def tell(kind, event):\n"
                    '    await get_channel_layer().group_send("chat", {"type": kind})\n'
                    '    await get_channel_layer().group_send("chat", event)\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "nothing is sent",
            {"chat/consumers.py": _CHAT},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each message to a group."""
        names: set[str] | None = None
        for call in project.consumers.group_calls:
            if call.method != "group_send":
                continue
            if names is None:
                names = _method_names(project)
            yield _verdict(project, call, names)


def _verdict(project: Project, call: GroupCall, names: set[str]) -> Verdict:
    message = call.argument(1, "message")
    if not isinstance(message, o.Table):
        return call.unknown("the message is made elsewhere")
    kind = dict(zip(map(str, message.keys), message.values, strict=True)).get("type")
    if not isinstance(kind, str):
        return call.unknown("the type of the message is computed")
    wanted = kind.replace(".", "_")
    if wanted in names:
        return call.in_order()
    consumers = project.consumers
    if not consumers.classes:
        return call.unknown("no consumer is in the repository")
    if any(consumers.has_foreign_base(cls) or cls.defines("dispatch") for cls in consumers.classes):
        return call.unknown(
            "a consumer inherits methods from outside the repository, or finds them in its own way"
        )
    close = difflib.get_close_matches(wanted, names, 1)
    hint = f"; did you mean `{close[0].replace('_', '.', 1)}`" if close else ""
    return call.violation(
        f"no consumer has a method `{wanted}` for `{kind}`{hint}; correct it or add the method"
    )


def _method_names(project: Project) -> set[str]:
    """Names of all members of consumers and of what they inherit from here."""
    return {
        member.name
        for consumer in project.consumers.classes
        for cls in (consumer, *consumer.ancestors)
        for member in cls.members
    }
