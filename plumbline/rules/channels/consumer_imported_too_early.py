"""CHN-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Module, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CHAT = {
    "chat/__init__.py": "",
    "chat/consumers.py": (
        "from channels.generic.websocket import AsyncWebsocketConsumer\n\n\n"
        "class Chat(AsyncWebsocketConsumer):\n    pass\n"
    ),
    "chat/routing.py": (
        "from django.urls import path\n\nfrom . import consumers\n\n"
        'websocket_urlpatterns = [path("chat/", consumers.Chat.as_asgi())]\n'
    ),
}
_HEAD = "from channels.routing import ProtocolTypeRouter\nfrom django.core.asgi import get_asgi_application\n"


class ConsumerImportedTooEarly(Rule):
    """Finds ASGI modules that load consumers before Django is set up."""

    code = "CHN05"
    slug = "consumer-imported-too-early"
    title = "`get_asgi_application()` runs before consumers are imported"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1355, 1374)
    what = "A module that calls `get_asgi_application()` and imports, above it, a module that leads to a consumer."
    why = (
        "The call fills the registry of apps. A consumer that imports a model before that raises "
        "`AppRegistryNotReady`, and the server does not start."
    )
    how = (
        "Call `django_asgi_app = get_asgi_application()` right below the imports of Django, and import routing and "
        "consumers after it. Mark those imports `# noqa: E402`: the linter wants them at the top."
    )
    applies_when = "a module calls `get_asgi_application()` and imports consumers"
    absent = "no module that calls `get_asgi_application()` imports consumers"
    errata = "Ruff's E402, which the guide switches on, objects to the import below the call; the order is right."
    examples = (
        Example(
            "routing above the call",
            {
                **_CHAT,
                "config/asgi.py": (
                    _HEAD + "\nfrom chat.routing import websocket_urlpatterns  # <-\n\n"
                    'application = ProtocolTypeRouter({"http": get_asgi_application()})\n'
                ),
            },
        ),
        Example(
            "routing below the call",
            {
                **_CHAT,
                "config/asgi.py": (
                    _HEAD + "\ndjango_asgi_app = get_asgi_application()\n\n"
                    "from chat.routing import websocket_urlpatterns  # noqa: E402\n\n"
                    'application = ProtocolTypeRouter({"http": django_asgi_app})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "set up by hand, and imported inside a function",
            {
                **_CHAT,
                "config/asgi.py": (
                    "import django\n\ndjango.setup()\n\nfrom chat.routing import websocket_urlpatterns\n"
                    "from django.core.asgi import get_asgi_application\n\n"
                    "application = get_asgi_application()\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "HTTP alone",
            {
                **_CHAT,
                "config/asgi.py": (
                    "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ASGI module that imports consumers."""
        telling = {cls.path for cls in project.consumers.classes}
        if not telling:
            return
        first: dict[str, CallSite] = {}
        for call in project.calls.named("get_asgi_application", "setup"):
            if call.function is None and call.target in (
                "django.core.asgi.get_asgi_application",
                "django.setup",
            ):
                first.setdefault(call.path, call)
        for path, call in first.items():
            module = project.names.modules[path]
            imports = _leading_to(project, module, telling)
            early = next((item for item in imports if item.line < call.line), None)
            if early is not None:
                place = project.located_in(module, early.line, f"import {early.module}")
                yield place.violation(
                    f"`{early.module}` leads to consumers, but Django is set up only on line {call.line}; "
                    "import it below `get_asgi_application()`"
                )
            elif imports:
                yield call.in_order()


def _leading_to(project: Project, module: Module, telling: set[str]) -> list[o.Import]:
    """The imports at the top of a module that load one of the ``telling`` paths."""
    found: list[o.Import] = []
    for item in module.outline.imports:
        if item.scope >= 0 or item.typing_only:
            continue
        seen: set[str] = set()
        waiting = _loaded(project, module, item)
        while waiting:
            other = waiting.pop()
            if other.path in seen:
                continue
            seen.add(other.path)
            if other.path in telling:
                found.append(item)
                break
            for inner in other.outline.imports:
                if inner.scope < 0 and not inner.typing_only:
                    waiting += _loaded(project, other, inner)
    return sorted(found, key=lambda item: item.line)


def _loaded(project: Project, module: Module, item: o.Import) -> list[Module]:
    """The modules of the repository that an import loads."""
    target = module.absolute(item.module)
    names = (target, f"{target}.{item.name}" if target else item.name)
    return [found for name in names if (found := project.names.by_name.get(name)) is not None]
