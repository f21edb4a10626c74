"""SIG-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.events import Receiver
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_HEAD = (
    "from django.core.cache import cache\nfrom django.db.models.signals import m2m_changed, post_save\n"
    "from django.dispatch import receiver\n\n"
)
_MODELS = (
    "from django.db import models\n\n\n"
    'class Order(models.Model):\n    tags = models.ManyToManyField("Tag", related_name="orders")\n\n\n'
    "class Tag(models.Model):\n    name = models.CharField(max_length=20)\n"
)
_WORDS = ("cache", "invalidat", "bust")


class ReceiverOfOwnModel(Rule):
    """Finds receivers whose sender is a model of their own app."""

    code = "SIG01"
    slug = "receiver-of-own-model"
    title = "A receiver's sender belongs to another app"
    level = Level.SHOULD
    section = "Signals"
    guide_lines = (286, 301)
    effort = Effort.HOUR
    what = (
        "A receiver that stands in the same app as the model that it names as its sender, unless all that it does is "
        "to clear a cache."
    )
    why = (
        "Inside one app the code that saves the model can call what must follow; a signal only hides that call. "
        "Whoever reads the service does not see it, and bulk updates leave it out."
    )
    how = "Call the function from the service that changes the model, and keep signals for other apps that must react."
    applies_when = "a receiver names a model of the repository as its sender"
    absent = "no receiver names a model of the repository as its sender"
    errata = (
        "The guide's first sample receives the signals of its own app's model. We hold to the sentence, and let "
        "receivers pass that clear a cache, as the guide's selectors do. Senders of other packages and "
        "`AUTH_USER_MODEL` are not judged."
    )
    examples = (
        Example(
            "model and receiver in one app",
            {
                "shop/models.py": _MODELS,
                "shop/signals.py": _HEAD
                + "from shop.models import Order\n\n\n"
                + "@receiver(post_save, sender=Order)\n"
                + "def order_saved(sender, instance, **kwargs):  # <-\n    instance.customer.notify()\n\n\n"
                + "@receiver(m2m_changed, sender=Order.tags.through)\n"
                + "def tags_changed(sender, instance, **kwargs):  # <-\n    instance.customer.notify()\n\n\n"
                + '@receiver(post_save, sender="shop.Tag")\n'
                + "def tag_saved(sender, instance, **kwargs):  # <-\n    instance.notify()\n",
            },
        ),
        Example(
            "another app listens",
            {
                "shop/models.py": _MODELS,
                "stock/apps.py": "",
                "stock/signals.py": _HEAD
                + "from shop.models import Order\n\n\n"
                + "@receiver(post_save, sender=Order)\n"
                + "def order_saved(sender, instance, **kwargs):\n    instance.customer.notify()\n",
            },
            state="pass",
        ),
        Example(
            "a cache that is cleared",
            {
                "shop/models.py": _MODELS,
                "shop/selectors.py": _HEAD
                + "from shop.models import Order\n\n\n"
                + "@receiver(post_save, sender=Order)\n"
                + 'def order_saved(sender, instance, **kwargs):\n    cache.delete(f"order:{instance.pk}")\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the user, a model of another package, and no sender at all",
            {
                "shop/models.py": _MODELS,
                "shop/signals.py": _HEAD
                + "from django.conf import settings\nfrom taggit.models import Tag\n\n\n"
                + "@receiver(post_save, sender=settings.AUTH_USER_MODEL)\n"
                + "@receiver(post_save, sender=Tag)\n"
                + "@receiver(post_save)\n"
                + "def saved(sender, instance, **kwargs):\n    instance.notify()\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example("no receivers", {"shop/models.py": _MODELS}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver and place where it is connected, if the app of a sender is known."""
        by_place: dict[tuple[str, int], list[tuple[Receiver, str]]] = {}
        for receiver in project.events.own_receivers:
            app = _app_of_sender(project, receiver)
            if app:
                place = receiver.place
                by_place.setdefault((place.path, place.line), []).append((receiver, app))
        for found in by_place.values():
            function, place = found[0][0].function, found[0][0].place
            own = project.apps.package_of(function.module)
            if all(app != own for _, app in found) or _clears_caches(function):
                yield place.in_order()
            else:
                yield place.violation(
                    f"`{function.name}` receives signals of a model of its own app `{own}`; "
                    "call it from the service that changes the model"
                )


def _app_of_sender(project: Project, receiver: Receiver) -> str:
    """The app of the model that a receiver names as its sender; empty where that is not known."""
    sender = receiver.options.get("sender")
    if isinstance(sender, o.Ref):
        scope = receiver.caller.index if receiver.caller is not None else -1
        name = project.names.resolve(receiver.module, sender.name, scope)
        while name:
            cls = project.classes.by_name.get(name)
            if cls is not None:
                return project.apps.package_of(cls.module)
            name = name.rpartition(".")[0]
    elif isinstance(sender, str):
        model = project.apps.models_by_label.get(sender.lower())
        return project.apps.package_of(model.cls.module) if model is not None else ""
    return ""


def _clears_caches(function: Function) -> bool:
    """Whether all that a receiver does is to clear what was cached."""
    effects = [call.outline.name.lower() for call in function.calls if call.has(o.DISCARDED)]
    is_named_so = any(word in function.name.lower() for word in _WORDS)
    return bool(effects) and all(
        is_named_so or any(word in name for word in _WORDS) for name in effects
    )
