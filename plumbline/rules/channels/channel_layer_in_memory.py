"""CHN-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import once
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MEMORY = "channels.layers.InMemoryChannelLayer"
_SETTINGS = "config/settings/production.py"
_USE = {
    "requirements.txt": "django\nchannels\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")\n',
    "chat/services.py": (
        "from channels.layers import get_channel_layer\n\n\n"
        "async def announce(text):\n"
        '    await get_channel_layer().group_send("all", {"type": "say", "text": text})\n'
    ),
}


def _layer(backend: str) -> dict[str, str]:
    return {
        _SETTINGS: (
            f'ROOT_URLCONF = "urls"\nCHANNEL_LAYERS = {{"default": {{"BACKEND": {backend}}}}}\n'
        )
    }


class ChannelLayerInMemory(Rule):
    """Finds projects that send to groups over a channel layer that one process has to itself."""

    code = "CHN04"
    slug = "channel-layer-in-memory"
    title = "Groups go over Redis in production"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1344, 1353)
    what = (
        "Deployed settings whose channel layer is `InMemoryChannelLayer`, or that configure none, although code joins "
        "groups or sends to them."
    )
    why = (
        "The layer in memory belongs to one process. With a second worker, or from a Celery task, a message reaches "
        "only the connections of the process that sent it, and nothing says so."
    )
    how = (
        'Install `channels-redis` and set `"BACKEND": "channels_redis.core.RedisChannelLayer"` with the address of '
        "your Redis. Keep the layer in memory for tests."
    )
    applies_when = "code joins groups or sends to them"
    absent = "nothing joins groups or sends to them, or there are no deployed settings"
    effort = Effort.HOUR
    examples = (
        Example(
            "in memory",
            {
                **_USE,
                _SETTINGS: (
                    'ROOT_URLCONF = "urls"\n'
                    f'CHANNEL_LAYERS = {{"default": {{"BACKEND": "{_MEMORY}"}}}}  # <-\n'
                ),
            },
        ),
        Example("none", {**_USE, _SETTINGS: 'ROOT_URLCONF = "urls"\n'}, reports=(_SETTINGS,)),
        Example(
            "Redis", {**_USE, **_layer('"channels_redis.core.RedisChannelLayer"')}, state="pass"
        ),
        Example(
            "Redis by publish and subscribe",
            {**_USE, **_layer('"channels_redis.pubsub.RedisPubSubChannelLayer"')},
            state="pass",
            is_trap=True,
        ),
        Example(
            "another broker",
            {**_USE, **_layer('"channels_rabbitmq.core.RabbitmqChannelLayer"')},
            state="pass",
            is_trap=True,
        ),
        Example(
            "in memory for tests alone",
            {
                **_USE,
                **_layer('"channels_redis.core.RedisChannelLayer"'),
                "config/settings/test.py": (
                    "from config.settings.production import *\n\n"
                    f'CHANNEL_LAYERS = {{"default": {{"BACKEND": "{_MEMORY}"}}}}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "from the environment",
            {**_USE, **_layer('os.environ["LAYER"]')},
            state="error",
        ),
        Example(
            "no groups",
            {"requirements.txt": "django\nchannels\n", _SETTINGS: 'ROOT_URLCONF = "urls"\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each configuration that deployed settings give."""
        if project.consumers.group_calls:
            yield from once(_verdict(module) for module in project.settings.deployed)


def _verdict(module: SettingsModule) -> Verdict:
    subject = module.located("CHANNEL_LAYERS")
    setting = module.get("CHANNEL_LAYERS")
    if setting is None:
        if module.is_open:
            return subject.unknown("`CHANNEL_LAYERS` may be set by something that cannot be read")
        return subject.violation(
            "`CHANNEL_LAYERS` is not set, so that groups do not work; configure `channels-redis`"
        )
    layers = setting.value if isinstance(setting.value, dict) else {}
    backends = [
        layer.get("BACKEND", UNKNOWN) if isinstance(layer, dict) else UNKNOWN
        for layer in layers.values()
    ]
    if _MEMORY in backends:
        return subject.violation(
            "the channel layer lives in the memory of one process; use `channels-redis` in production"
        )
    if not backends or not all(isinstance(backend, str) for backend in backends):
        return subject.unknown("the backend of the channel layer is computed")
    return subject.in_order()
