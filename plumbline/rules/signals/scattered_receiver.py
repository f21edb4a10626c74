"""SIG-03."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Module, Project
from plumbline.project.events import Receiver
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n\n"
_RECEIVER = "@receiver(post_save)\ndef order_saved(sender, **kwargs):\n    pass\n"
_APART = ("setting_changed", "pre_migrate", "post_migrate")
_WORDS = re.compile(r"(^|_)(signals?|receivers?|handlers?|listeners?|subscribers?|hooks)(_|$)")


class ScatteredReceiver(Rule):
    """Finds receivers outside the modules that are named for them."""

    code = "SIG03"
    slug = "receiver-outside-signals-module"
    title = "Receivers live in a module named for them"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Signals"
    guide_lines = (303, 350)
    what = (
        "A function that is connected to a signal and whose module or package is not named `signals`, `receivers`, "
        "`handlers` or the like, such as `models.py` or `apps.py`."
    )
    why = (
        "Receivers run without being called, so the one way to know of them is to know where to look. In `models.py` "
        "they are also easily connected twice or too early."
    )
    how = "Move the receiver to `signals.py` of its app and import that in `AppConfig.ready()`."
    applies_when = "the repository connects plain functions to signals"
    absent = "no plain functions are connected to signals"
    errata = (
        "The guide shows it without saying it. Methods that an object connects for itself, and functions that are "
        "connected for a while inside another function, are not judged; nor is what listens to `setting_changed`, "
        "which only tests send, or to `post_migrate`, which Django's own apps answer in `management`, or stands beside "
        "the Celery application, which a worker imports first."
    )
    examples = (
        Example(
            "beside the models",
            {"shop/models.py": _HEAD + _RECEIVER.replace("kwargs):", "kwargs):  # <-")},
        ),
        Example(
            "in the app's config",
            {
                "shop/apps.py": (
                    "from django.apps import AppConfig\nfrom django.db.models.signals import post_save\n\n\n"
                    "def order_saved(sender, **kwargs):  # <-\n    pass\n\n\n"
                    "class ShopConfig(AppConfig):\n    def ready(self):\n        post_save.connect(order_saved)\n"
                )
            },
        ),
        Example(
            "in modules and packages of these names",
            {
                "shop/signals.py": _HEAD + _RECEIVER,
                "shop/signal_handlers.py": _HEAD + _RECEIVER,
                "shop/receivers/orders.py": _HEAD + _RECEIVER,
            },
            state="pass",
        ),
        Example(
            "a field that connects its own method",
            {
                "shop/fields.py": (
                    "from django.db.models.signals import post_init\n\n\n"
                    "class SizeField:\n"
                    "    def contribute_to_class(self, cls, name):\n"
                    "        post_init.connect(self.update, sender=cls)\n\n"
                    "    def update(self, instance, **kwargs):\n        pass\n"
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "permissions made after migrations, and what a worker needs from the start",
            {
                "shop/management/__init__.py": (
                    "from django.db.models.signals import post_migrate\nfrom django.dispatch import receiver\n\n\n"
                    "@receiver(post_migrate)\ndef make_permissions(sender, **kwargs):\n    pass\n"
                ),
                "config/celery.py": (
                    "from celery import Celery\nfrom django.dispatch import receiver\n"
                    "from django_structlog.celery import signals\n\n"
                    'app = Celery("shop")\n\n\n'
                    "@receiver(signals.bind_extra_task_metadata)\ndef bind(sender, **kwargs):\n    pass\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example("no receivers", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each connected function."""
        seen: set[str] = set()
        beside = {app.path for app in project.events.celery_apps.values()}
        for receiver in project.events.own_receivers:
            function = receiver.function
            if (
                function.symbol in seen
                or function.owner is not None
                or function.path in beside
                or _is_passing(receiver)
            ):
                continue
            seen.add(function.symbol)
            if _is_named_for_receivers(function.module):
                yield function.in_order()
            else:
                file = function.path.rpartition("/")[2]
                yield function.violation(
                    f"the receiver `{function.name}` stands in `{file}`; move it to the app's `signals.py`"
                )


def _is_passing(receiver: Receiver) -> bool:
    """Whether it is connected for a while, inside a function other than ``ready``, or serves tests or migrations."""
    if all(name.rpartition(".")[2] in _APART for name in receiver.signals):
        return True
    caller = receiver.caller
    return receiver.function.is_nested or (caller is not None and caller.name != "ready")


def _is_named_for_receivers(module: Module) -> bool:
    return any(_WORDS.search(part) for part in module.name.split("."))
