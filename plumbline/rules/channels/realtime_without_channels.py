"""CHN-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.roles import is_template
from plumbline.rule import Effort, Example, Level, Located, Rule, Verdict

_SERVERS = {
    "socketio.AsyncServer": "python-socketio",
    "socketio.Server": "python-socketio",
    "flask_socketio.SocketIO": "Flask-SocketIO",
    "websockets.serve": "websockets",
    "websockets.server.serve": "websockets",
    "websockets.asyncio.server.serve": "websockets",
    "websockets.sync.server.serve": "websockets",
    "starlette.routing.WebSocketRoute": "Starlette",
    "aiohttp.web.WebSocketResponse": "aiohttp",
    "sockjs.tornado.SockJSRouter": "SockJS",
}
_BASES = {
    "tornado.websocket.WebSocketHandler": "Tornado",
    "starlette.endpoints.WebSocketEndpoint": "Starlette",
    "autobahn.twisted.websocket.WebSocketServerProtocol": "Autobahn",
    "autobahn.asyncio.websocket.WebSocketServerProtocol": "Autobahn",
    "geventwebsocket.WebSocketApplication": "gevent-websocket",
}


class RealtimeWithoutChannels(Rule):
    """Finds WebSockets that are served without Django Channels."""

    code = "CHN01"
    slug = "realtime-without-channels"
    title = "Real-time communication goes through Django Channels"
    level = Level.MUST
    section = "WebSocket with Django Channels"
    guide_lines = (1323, 1330)
    what = (
        "A WebSocket server of another library (python-socketio, websockets, Starlette, aiohttp, Tornado, Autobahn), "
        "or an ASGI function that answers `websocket.…` messages by hand."
    )
    why = (
        "Channels brings sessions, authentication, routing and groups that work over several processes. A second "
        "server has to do each of these again, and knows nothing of Django's settings and models."
    )
    how = (
        "Install `channels` and `channels-redis`, write an `AsyncWebsocketConsumer`, and route to it by "
        "`ProtocolTypeRouter` in `asgi.py`."
    )
    applies_when = "the repository serves WebSockets"
    absent = "nothing serves WebSockets"
    effort = Effort.DAYS
    examples = (
        Example(
            "python-socketio beside Django",
            {
                "config/asgi.py": (
                    "import socketio\nfrom django.core.asgi import get_asgi_application\n\n"
                    "sio = socketio.AsyncServer()  # <-\n"
                    "application = socketio.ASGIApp(sio, get_asgi_application())\n"
                ),
            },
        ),
        Example(
            "the protocol by hand",
            {
                "config/asgi.py": (
                    "from django.core.asgi import get_asgi_application\n\n"
                    "django = get_asgi_application()\n\n\n"
                    "async def application(scope, receive, send):\n"
                    '    if scope["type"] == "http":\n'
                    "        await django(scope, receive, send)\n"
                    "        return\n"
                    '    await send({"type": "websocket.accept"})  # <-\n'
                    '    await send({"type": "websocket.send", "text": "hello"})\n'
                ),
            },
        ),
        Example(
            "a consumer",
            {
                "chat/consumers.py": (
                    "import django\nfrom channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
                    "class Chat(AsyncWebsocketConsumer):\n    pass\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a client of somebody else's WebSocket",
            {
                "shop/prices.py": (
                    "import django\nimport websockets\n\n\n"
                    "async def prices():\n"
                    '    async with websockets.connect("wss://example.com/") as socket:\n'
                    "        return await socket.recv()\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "server-sent events and polling",
            {
                "shop/views.py": (
                    "from django.http import StreamingHttpResponse\n\n\n"
                    "async def events(request):\n"
                    '    return StreamingHttpResponse(stream(), content_type="text/event-stream")\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each server, or one for the repository that has consumers."""
        seen: set[str] = set()
        for place, library in _servers(project):
            if place.path not in seen and not is_template(place.path):
                seen.add(place.path)
                yield place.violation(
                    f"{library} serves WebSockets here; use a consumer of Django Channels"
                )
        if project.consumers.classes and not seen:
            yield project.repository("channels").in_order()


def _servers(project: Project) -> Iterator[tuple[Located, str]]:
    names = {name.rpartition(".")[2] for name in _SERVERS}
    for call in project.calls.named(*sorted(names)):
        if call.target in _SERVERS:
            yield call, _SERVERS[call.target]
    for call in project.calls.named("send"):
        first = next(iter(call.outline.args), None)
        if call.outline.name == "send" and isinstance(first, o.Table):
            message = dict(zip(map(str, first.keys), first.values, strict=True)).get("type")
            if isinstance(message, str) and message in ("websocket.accept", "websocket.send"):
                yield call, "a function"
    for base, library in _BASES.items():
        for cls in project.classes.heirs(base):
            if cls.module.role == "source":
                yield cls, library
