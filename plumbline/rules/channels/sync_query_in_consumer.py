"""CHN-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.async_queries import query_verdicts
from plumbline.project.orm import LAZY, TERMINAL, is_foreign, steps_of
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_MODELS = "from django.db import models\n\n\nclass Message(models.Model):\n    text = models.TextField()\n"
_HEAD = (
    "from channels.db import database_sync_to_async\n"
    "from channels.generic.websocket import AsyncWebsocketConsumer\n\nfrom chat.models import Message\n\n\n"
    "class Chat(AsyncWebsocketConsumer):\n"
)


class SyncQueryInConsumer(Rule):
    """Finds consumers that query the database in the event loop."""

    code = "CHN09"
    slug = "sync-query-in-consumer"
    title = "Async consumers query the database by async methods or in a thread"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "WebSocket with Django Channels"
    guide_lines = (1386, 1427)
    what = (
        "In an `async def` of a consumer: a query of Django's ORM without its `a`, a plain loop over a queryset, "
        "or a plain call of a method of the consumer that does so."
    )
    why = (
        "All connections of a process share its event loop. Django refuses such a query with "
        "`SynchronousOnlyOperation`; the connection closes, and the visitor sees nothing."
    )
    how = (
        "Await the twin (`await Message.objects.acreate(…)`), use `async for`, or put the query in a method decorated "
        "with `@database_sync_to_async` and await that."
    )
    applies_when = "an async method of a consumer uses the ORM"
    absent = "no async method of a consumer uses the ORM"
    examples = (
        Example(
            "a query, and a method that makes one",
            {
                "chat/models.py": _MODELS,
                "chat/consumers.py": (
                    _HEAD + "    async def receive(self, text_data):\n"
                    "        Message.objects.create(text=text_data)  # <-\n"
                    "        self.last()  # <-\n\n"
                    "    def last(self):\n"
                    "        return Message.objects.last()\n"
                ),
            },
            fixed={
                "chat/consumers.py": (
                    _HEAD + "    async def receive(self, text_data):\n"
                    "        await Message.objects.acreate(text=text_data)\n"
                    "        self.last()\n\n"
                    "    def last(self):\n"
                    "        return Message.objects.last()\n"
                )
            },
        ),
        Example(
            "async methods",
            {
                "chat/models.py": _MODELS,
                "chat/consumers.py": (
                    _HEAD + "    async def receive(self, text_data):\n"
                    "        await Message.objects.acreate(text=text_data)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "in a thread",
            {
                "chat/models.py": _MODELS,
                "chat/consumers.py": (
                    _HEAD + "    async def receive(self, text_data):\n"
                    "        await self.keep(text_data)\n"
                    "        await database_sync_to_async(self.last)()\n"
                    "        await Message.objects.acount()\n\n"
                    "    @database_sync_to_async\n"
                    "    def keep(self, text):\n"
                    "        return Message.objects.create(text=text)\n\n"
                    "    def last(self):\n"
                    "        return Message.objects.last()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a sync consumer runs in a thread already",
            {
                "chat/models.py": _MODELS,
                "chat/consumers.py": (
                    "from channels.generic.websocket import WebsocketConsumer\n\nfrom chat.models import Message\n\n\n"
                    "class Chat(WebsocketConsumer):\n"
                    "    def receive(self, text_data):\n"
                    "        Message.objects.create(text=text_data)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place in a consumer's async method that asks the database."""
        seen: set[str] = set()
        for cls in project.consumers.classes:
            for member in (cls, *cls.ancestors):
                for function in project.consumers.methods(member):
                    if not function.outline.is_async or function.qualified_name in seen:
                        continue
                    seen.add(function.qualified_name)
                    yield from query_verdicts(project, function)
                    yield from _through_methods(project, function)


def _through_methods(project: Project, function: Function) -> Iterator[Verdict]:
    for call in function.calls:
        if (
            not call.outline.name.startswith("self.")
            or call.has(o.AWAITED)
            or call.has(o.IN_LAMBDA)
        ):
            continue
        called = project.functions.called_by(call)
        if (
            called is not None
            and not called.outline.is_async
            and not called.outline.decorators
            and _queries(project, called)
        ):
            yield call.violation(
                f"`{called.name}()` queries the database in the event loop; decorate it with "
                "`database_sync_to_async` and await it"
            )


def _queries(project: Project, function: Function) -> bool:
    """Whether a function asks the database straight away."""
    for call in function.calls:
        chain = steps_of(call.outline.name)
        if chain is not None and not is_foreign(project, function, chain[0]):
            *middle, last = chain[1]
            if last in TERMINAL and all(step in LAZY for step in middle):
                return True
    return False
