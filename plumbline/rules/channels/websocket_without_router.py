"""CHN-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import site
from plumbline.project.installed import once
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_ROUTER = "channels.routing.ProtocolTypeRouter"
_PLAIN = ("django.core.asgi.get_asgi_application", "django.core.wsgi.get_wsgi_application")
_PRODUCTION = "config/settings/production.py"
_ENTRY = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
    "requirements.txt": "django\nchannels\n",
}
_GOOD = _ENTRY | {
    _PRODUCTION: 'ROOT_URLCONF = "urls"\nASGI_APPLICATION = "config.asgi.application"\n'
}


class WebsocketWithoutRouter(Rule):
    """Finds projects with Channels whose ASGI application routes no protocol."""

    code = "CHN03"
    slug = "websocket-without-router"
    title = "`ASGI_APPLICATION` names a `ProtocolTypeRouter`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1343, 1374)
    what = (
        "Settings of a project with Channels that do not set `ASGI_APPLICATION`, or set it to something that is not "
        "there or that is Django's plain ASGI application."
    )
    why = (
        "Daphne's `runserver` and Channels' testing tools start what `ASGI_APPLICATION` names. Django's plain "
        "application answers HTTP alone: every WebSocket is refused."
    )
    how = (
        'Set `ASGI_APPLICATION = "config.asgi.application"` and let that be `ProtocolTypeRouter({"http": …, '
        '"websocket": …})`.'
    )
    applies_when = "the project uses Channels and has settings"
    absent = "Channels is not used, or there are no settings"
    effort = Effort.HOUR
    examples = (
        Example(
            "not set",
            {**_ENTRY, _PRODUCTION: 'ROOT_URLCONF = "urls"\n'},
            reports=(_PRODUCTION,),
        ),
        Example(
            "Django's plain application",
            {
                **_ENTRY,
                _PRODUCTION: 'ROOT_URLCONF = "urls"\nASGI_APPLICATION = "config.asgi.application"  # <-\n',
                "config/asgi.py": (
                    "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n"
                ),
            },
        ),
        Example(
            "a name that the module does not bind",
            {
                **_ENTRY,
                _PRODUCTION: 'ROOT_URLCONF = "urls"\nASGI_APPLICATION = "config.asgi.app"  # <-\n',
                "config/asgi.py": (
                    "from channels.routing import ProtocolTypeRouter\n\napplication = ProtocolTypeRouter({})\n"
                ),
            },
        ),
        Example(
            "a router, wrapped in middleware",
            {
                **_GOOD,
                "config/asgi.py": (
                    "from channels.routing import ProtocolTypeRouter\nfrom shop.tracing import Traced\n\n"
                    'application = Traced(ProtocolTypeRouter({"http": None}))\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a router of another module",
            {
                **_GOOD,
                "config/routing.py": (
                    'from channels.routing import ProtocolTypeRouter\n\nrouter = ProtocolTypeRouter({"http": None})\n'
                ),
                "config/asgi.py": "from config.routing import router as application\n",
            },
            state="pass",
        ),
        Example(
            "a function that chooses by itself cannot be judged",
            {
                **_GOOD,
                "config/asgi.py": "async def application(scope, receive, send):\n    pass\n",
            },
            state="error",
        ),
        Example(
            "no Channels",
            {
                "manage.py": _ENTRY["manage.py"],
                _PRODUCTION: 'ROOT_URLCONF = "urls"\nimport django\n',
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return None if project.uses("channels") else "no Channels in dependencies or imports"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each value that deployed settings give."""
        yield from once(_verdict(project, module) for module in project.settings.deployed)


def _verdict(project: Project, module: SettingsModule) -> Verdict:
    subject = module.located("ASGI_APPLICATION")
    setting = module.get("ASGI_APPLICATION")
    if setting is None:
        if module.is_open:
            return subject.unknown("`ASGI_APPLICATION` may be set by something that cannot be read")
        return subject.violation(
            "`ASGI_APPLICATION` is not set; name the `ProtocolTypeRouter` of your `asgi.py`"
        )
    if not isinstance(setting.value, str):
        return subject.unknown("`ASGI_APPLICATION` is computed")
    kind = _kind_of(project, setting.value)
    if kind == "router":
        return subject.in_order()
    if kind == "plain":
        return subject.violation(
            f"`{setting.value}` is Django's plain application; route WebSockets by a `ProtocolTypeRouter`"
        )
    if kind == "missing":
        return subject.violation(
            f"`{setting.value}` does not exist; name the `ProtocolTypeRouter` of your `asgi.py`"
        )
    return subject.unknown(f"what `{setting.value}` is cannot be told")


def _kind_of(project: Project, name: str) -> str:
    """``router``, ``plain``, ``missing``, or empty where it cannot be told."""
    names = project.names
    module, attribute = names.split(names.canonical(name))
    if module is None or not attribute:
        return ""
    if attribute not in module.bindings:
        return "" if module.stars or "." in attribute else "missing"
    made = [call for call in module.calls_by_scope.get(-1, ()) if call.bound == attribute]
    if not made:
        return ""
    call = site(made[-1], module, names, None)
    if call.target in _PLAIN:
        return "plain"
    inner = [call.target, *(names.resolve(module, it) for it in _called_in(call.outline.args))]
    return "router" if _ROUTER in inner else ""


def _called_in(values: list[o.Value]) -> Iterator[str]:
    """Names of the calls that arguments hold, however deep."""
    for value in values:
        if isinstance(value, o.Invocation):
            yield value.name
            yield from _called_in(value.args)
