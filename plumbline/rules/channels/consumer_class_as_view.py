"""CHN-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, ReplaceText
from plumbline.project import Project
from plumbline.project.consumers import ConsumerRoute
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CONSUMERS = {
    "chat/__init__.py": "",
    "chat/consumers.py": (
        "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
        "class Chat(AsyncWebsocketConsumer):\n    pass\n"
    ),
}
_HEAD = "from django.urls import path\n\nfrom . import consumers\n\n"


class ConsumerClassAsView(Rule):
    """Finds routes that name a consumer class in place of its application."""

    code = "CHN07"
    slug = "consumer-class-as-view"
    title = "Routes lead to consumers by `as_asgi()`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1376, 1384)
    what = "A `path()` or `re_path()` whose target is a consumer class itself, or `as_asgi` that is not called."
    why = (
        "Since Channels 3 the class is no application: `as_asgi()` makes one that builds a consumer for each "
        "connection. A bare class fails with the first connection, not when the server starts."
    )
    how = "Write `consumers.Chat.as_asgi()` in the route, as `as_view()` stands in a route to a view class."
    applies_when = "a route leads to a consumer"
    absent = "no route leads to a consumer"
    examples = (
        Example(
            "the bare class, and the method without a call",
            {
                **_CONSUMERS,
                "chat/routing.py": (
                    _HEAD + "patterns = [\n"
                    '    path("chat/", consumers.Chat),  # <-\n'
                    '    path("talk/", consumers.Chat.as_asgi),  # <-\n'
                    "]\n"
                ),
            },
            fixed={
                "chat/routing.py": (
                    _HEAD + "patterns = [\n"
                    '    path("chat/", consumers.Chat.as_asgi()),\n'
                    '    path("talk/", consumers.Chat.as_asgi()),\n'
                    "]\n"
                )
            },
        ),
        Example(
            "the application",
            {
                **_CONSUMERS,
                "chat/routing.py": _HEAD + 'patterns = [path("chat/", consumers.Chat.as_asgi())]\n',
            },
            state="pass",
        ),
        Example(
            "routes to views alone",
            {
                **_CONSUMERS,
                "chat/urls.py": "from django.urls import path\nfrom . import views\n\n"
                'urlpatterns = [path("", views.index)]\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each route to a consumer."""
        for route in project.consumers.routes:
            if route.is_called:
                yield route.in_order()
            else:
                yield route.violation(
                    f"`{route.written}` is no application; write "
                    f"`{route.written.removesuffix('.as_asgi')}.as_asgi()`",
                    fix=_fix(route),
                )


def _fix(route: ConsumerRoute) -> Fix | None:
    """Call ``as_asgi``, where the whole route stands on one line."""
    if route.line != route.end_line:
        return None
    new = f"{route.written.removesuffix('.as_asgi')}.as_asgi()"
    return Fix([ReplaceText(route.path, route.line, route.written, new)])
