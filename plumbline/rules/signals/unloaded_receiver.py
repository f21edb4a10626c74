"""SIG-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddStatement, Fix
from plumbline.project import Module, Project
from plumbline.project.events import Receiver
from plumbline.project.startup import idle_configs
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    total = models.IntegerField()\n"
_SIGNALS = (
    "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n\n"
    "@receiver(post_save)\n"
    "def order_saved(sender, instance, **kwargs):\n    pass\n"
)
_BAD = _SIGNALS.replace("**kwargs):", "**kwargs):  # <-")
_CONFIG = 'from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = "shop"\n'
_READY = "\n    def ready(self):\n        from . import signals\n"


class UnloadedReceiver(Rule):
    """Finds modules of receivers that nothing imports at start-up."""

    code = "SIG04"
    slug = "unloaded-receiver"
    title = "The module of a receiver is imported when its app is ready"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Signals"
    guide_lines = (340, 351)
    what = (
        "A module that connects receivers, by `@receiver` or `connect`, and that nothing which Django loads "
        "imports: no "
        "`AppConfig.ready()` of an installed config, no models, admin, URLconf or other module that is found by name."
    )
    why = (
        "A receiver is connected by importing its module. If nothing imports it the handler never runs, no error "
        "says so, "
        "and a test that imports the module itself stays green."
    )
    how = (
        "Import the module in the app's config: `def ready(self): from . import signals`. If the app has several "
        "configs, "
        "name the one meant in `INSTALLED_APPS` or give it `default = True`."
    )
    applies_when = "a module connects signal receivers"
    absent = "no signal receivers"
    examples = (
        Example(
            "a config without `ready`",
            {
                "shop/__init__.py": "",
                "shop/apps.py": _CONFIG,
                "shop/models.py": _MODELS,
                "shop/signals.py": _BAD,
            },
        ),
        Example(
            "a `ready` that does something else",
            {
                "shop/__init__.py": "",
                "shop/apps.py": _CONFIG + "\n    def ready(self):\n        self.checks = []\n",
                "shop/signals.py": _BAD,
            },
            fixed={
                "shop/apps.py": (
                    _CONFIG
                    + (
                        "\n"
                        "    def ready(self):\n        self.checks = []\n"
                        "        from . import signals  # noqa: F401\n"
                    )
                )
            },
        ),
        Example(
            "the import is for the type checker alone",
            {
                "shop/__init__.py": "",
                "shop/models.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop import "
                "signals\n" + _MODELS,
                "shop/signals.py": _BAD,
            },
        ),
        Example(
            "the config with `ready` is not the one installed",
            {
                "config/settings.py": 'INSTALLED_APPS = ["shop.apps.PlainConfig"]\nROOT_URLCONF = "config.urls"\n',
                "manage.py": "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', "
                "'config.settings')\n",
                "shop/__init__.py": "",
                "shop/apps.py": _CONFIG
                + _READY
                + '\n\nclass PlainConfig(AppConfig):\n    name = "shop"\n',
                "shop/signals.py": _BAD,
            },
        ),
        Example(
            "imported when the app is ready",
            {
                "shop/__init__.py": "",
                "shop/apps.py": _CONFIG + _READY,
                "shop/signals.py": _SIGNALS,
            },
            state="pass",
        ),
        Example(
            "a config that Django finds by itself, in a settings list that names the app",
            {
                "config/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "config.urls"\n',
                "manage.py": "import os, django\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', "
                "'config.settings')\n",
                "shop/__init__.py": "",
                "shop/apps.py": _CONFIG
                + '\n    def ready(self):\n        import_module("shop.signals")\n',
                "shop/signals.py": _SIGNALS,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an old `default_app_config`",
            {
                "shop/__init__.py": 'default_app_config = "shop.configuration.ShopConfig"\n',
                "shop/configuration.py": _CONFIG + _READY,
                "shop/signals.py": _SIGNALS,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "imported by the models",
            {
                "shop/__init__.py": "",
                "shop/models.py": f"{_MODELS}\n\nfrom . import signals  # noqa\n",
                "shop/signals.py": _SIGNALS,
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an app without receivers",
            {"shop/models.py": _MODELS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each module that connects receivers, at its first one."""
        first: dict[str, Receiver] = {}
        for receiver in project.events.receivers:
            if receiver.module.role == "source":
                known = first.setdefault(receiver.module.path, receiver)
                if receiver.place.line < known.place.line:
                    first[receiver.module.path] = receiver
        if not first:
            return
        idle = idle_configs(project)
        loaded = project.imports.closure(project.startup, idle, first)
        for path, receiver in first.items():
            module = receiver.module
            place = receiver.place
            subject = Located(
                path, place.line, place.end_line, place.column, module.name, "receivers"
            )
            if path in loaded:
                yield subject.in_order()
            else:
                yield subject.violation(
                    f"nothing that Django loads imports `{module.name}`, so `{receiver.function.name}` is never "
                    "connected; "
                    "import it in `ready()` of the app's config",
                    fix=_fix(project, module, idle),
                )


def _fix(project: Project, module: Module, idle: set[str]) -> Fix | None:
    """Import the module in the ``ready()`` that its app's config already has."""
    package, _, name = module.name.rpartition(".")
    configs = [
        cls
        for cls in project.events.app_configs
        if cls.module.package == package and cls.module.path not in idle
    ]
    ready = configs[0].method("ready") if len(configs) == 1 else None
    if ready is None:
        return None
    statement = f"from . import {name}  # noqa: F401"
    return Fix([AddStatement(configs[0].path, ready.line, ready.column, statement)])
