"""CHN-06."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddImport, Edit, Fix, WrapCall
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_BY_COOKIE = (
    "channels.auth.AuthMiddlewareStack", "channels.auth.AuthMiddleware", "channels.sessions.SessionMiddlewareStack",
    "channels.sessions.SessionMiddleware",
)  # fmt: skip
_ORIGIN = (
    "channels.security.websocket.AllowedHostsOriginValidator",
    "channels.security.websocket.OriginValidator",
)
_ROUTER = "channels.routing.URLRouter"
_TELLS_WHO = re.compile(r"auth|token|jwt|user|session|api_?key|login", re.IGNORECASE)
_HEAD = (
    "from channels.auth import AuthMiddlewareStack\n"
    "from channels.routing import ProtocolTypeRouter, URLRouter\n"
    "from channels.security.websocket import AllowedHostsOriginValidator\n"
    "import django\n\nfrom chat.routing import patterns\n\n"
)


class OpenWebsocket(Rule):
    """Finds WebSockets that anybody may open, or that any site may open in a visitor's name."""

    code = "CHN06"
    slug = "open-websocket"
    title = "WebSockets are authenticated and check where they are opened from"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1367, 1374)
    what = (
        'The `"websocket"` entry of a `ProtocolTypeRouter` that no middleware for authentication wraps, or that '
        "authenticates by cookie without `AllowedHostsOriginValidator` or `OriginValidator` around it."
    )
    why = (
        "A browser sends its cookies with every WebSocket that any page opens, and no CSRF token protects the "
        "handshake. Without a check of the origin another site can speak in a visitor's name."
    )
    how = (
        "Write `AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(patterns)))`. It compares the origin with "
        "`ALLOWED_HOSTS`; name other sites that may connect with `OriginValidator`."
    )
    applies_when = "a `ProtocolTypeRouter` routes WebSockets"
    absent = "no `ProtocolTypeRouter` routes WebSockets"
    errata = "The guide's sample leaves the check of the origin out, which keeps cross-site hijacking open."
    examples = (
        Example(
            "no check of the origin",
            {
                "config/asgi.py": (
                    _HEAD + "application = ProtocolTypeRouter({\n"
                    '    "websocket": AuthMiddlewareStack(URLRouter(patterns)),  # <-\n'
                    "})\n"
                ),
            },
            fixed={
                "config/asgi.py": (
                    _HEAD + "application = ProtocolTypeRouter({\n"
                    '    "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(patterns))),\n'
                    "})\n"
                )
            },
        ),
        Example(
            "nobody is authenticated",
            {
                "config/asgi.py": (
                    _HEAD
                    + 'application = ProtocolTypeRouter({"websocket": URLRouter(patterns)})  # <-\n'
                ),
            },
        ),
        Example(
            "both",
            {
                "config/asgi.py": (
                    _HEAD
                    + "websocket = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(patterns)))\n"
                    'application = ProtocolTypeRouter({"websocket": websocket})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a token in place of the cookie: no other site has it",
            {
                "config/asgi.py": (
                    _HEAD + "from chat.middleware import TokenAuthMiddleware\n\n"
                    'application = ProtocolTypeRouter({"websocket": TokenAuthMiddleware(URLRouter(patterns))})\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "HTTP alone",
            {
                "config/asgi.py": _HEAD + 'application = ProtocolTypeRouter({"http": None})\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each router of protocols that has WebSockets."""
        for call in project.calls.named("ProtocolTypeRouter"):
            table = next(iter(call.outline.args), None)
            if not isinstance(table, o.Table):
                continue
            value = dict(zip(map(str, table.keys), table.values, strict=True)).get("websocket")
            if value is not None:
                yield _verdict(project, call, value)


def _verdict(project: Project, call: CallSite, value: o.Value) -> Verdict:
    module = project.names.modules[call.path]
    if isinstance(value, o.Ref):
        made = [item for item in module.calls_by_scope.get(-1, ()) if item.bound == value.name]
        if not made:
            return call.unknown(f"what `{value.name}` is wrapped in cannot be told")
        chain = [made[-1].name, *_chain(next(iter(made[-1].args), None))]
        outer = made[-1]
    else:
        chain = _chain(value)
        line = value.line if isinstance(value, o.Invocation) else call.line
        found = [item for item in module.calls if item.line == line and [item.name] == chain[:1]]
        if not found:
            return call.unknown("the `websocket` entry is computed")
        outer = found[0]
    place = Located(
        call.path, outer.line, outer.end_line, outer.column, call.symbol, " ".join(chain)
    )
    names = [project.names.resolve(module, name, call.outline.scope) for name in chain]
    foreign = [name for name in names if name not in (*_BY_COOKIE, *_ORIGIN, _ROUTER)]
    if any(name in _BY_COOKIE for name in names):
        if any(name in _ORIGIN for name in names):
            return place.in_order()
        if any("origin" in name.lower() for name in foreign):
            return place.unknown("a middleware of the project may check the origin")
        package, _, name = _ORIGIN[0].rpartition(".")
        edits: list[Edit] = [
            WrapCall(call.path, outer.line, outer.column, outer.name, name),
            AddImport(call.path, package, name),
        ]
        return place.violation(
            "any site can open this WebSocket with a visitor's cookies; wrap it in "
            "`AllowedHostsOriginValidator`",
            fix=Fix(edits, is_safe=False),
        )
    wrappers = foreign[:-1] if _ROUTER not in names else foreign
    if any(_TELLS_WHO.search(name.rpartition(".")[2]) for name in wrappers):
        return place.in_order()
    if wrappers:
        return place.unknown(
            f"whether `{wrappers[0].rpartition('.')[2]}` authenticates cannot be told"
        )
    return place.violation(
        "nothing tells who opens this WebSocket; wrap it in `AuthMiddlewareStack` and "
        "`AllowedHostsOriginValidator`"
    )


def _chain(value: o.Value) -> list[str]:
    """The names of calls, each the first argument of the one before."""
    found: list[str] = []
    while isinstance(value, o.Invocation):
        found.append(value.name)
        value = next(iter(value.args), None)
    return found
