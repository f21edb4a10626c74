"""Consumers of Channels, the routes to them and the groups."""

from tests.plumbline.project.projects import project_of

CONSUMERS = """\
from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer

class Joins:
    async def join(self):
        await self.channel_layer.group_add("a", self.channel_name)

class Chat(Joins, AsyncWebsocketConsumer):
    pass

class Talk(WebsocketConsumer):
    def receive(self, text_data):
        async_to_sync(self.channel_layer.group_send)(group="b", message={"type": "x.y"})

class Page:
    pass
"""
ROUTING = """\
from django.urls import path, re_path
from . import consumers
patterns = [
    path("a/<slug:room>/", consumers.Chat.as_asgi()),
    re_path("b/", consumers.Talk),
    path("c/", consumers.Page),
]
"""


def project():
    return project_of(
        {
            "requirements.txt": "django\nchannels\n",
            "chat/__init__.py": "",
            "chat/consumers.py": CONSUMERS,
            "chat/routing.py": ROUTING,
        }
    )


def test_consumers_are_what_inherits_from_channels():
    consumers = project().consumers
    assert [cls.name for cls in consumers.classes] == ["Chat", "Talk"]
    assert not any(map(consumers.has_foreign_base, consumers.classes))


def test_group_calls_are_found_straight_and_through_async_to_sync():
    consumers = project().consumers
    assert [(call.method, call.group) for call in consumers.group_calls] == [
        ("group_add", "a"),
        ("group_send", "b"),
    ]
    joins, talk = map(consumers.consumer_of, consumers.group_calls)
    assert joins is not None and joins.name == "Joins"
    assert talk is not None and talk.name == "Talk"


def test_a_family_holds_bases_and_heirs():
    consumers = project().consumers
    chat = consumers.classes[0]
    joins = chat.ancestors[0]
    assert {cls.name for cls in consumers.family(joins)} == {"Joins", "Chat"}
    assert [function.name for function in consumers.family_methods(chat)] == ["join"]


def test_routes_lead_to_consumers_by_class_or_application():
    routes = project().consumers.routes
    assert [(it.consumer.name, it.pattern, it.is_regex, it.is_called) for it in routes] == [
        ("Chat", "a/<slug:room>/", False, True),
        ("Talk", "b/", True, False),
    ]


def test_nothing_is_found_without_channels():
    consumers = project_of({"a.py": "import django\nx.group_add(1)\n"}).consumers
    assert not consumers.classes and not consumers.group_calls and not consumers.routes
