"""SIG-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Function, Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_WORDS = {
    "mail": "sends mail",
    "http": "calls another server",
    "sleep": "sleeps",
    "process": "starts a process",
    "cloud": "calls a cloud service",
}
_HEAD = "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"


class BlockingReceiver(Rule):
    """Finds signal receivers that wait for the outside world."""

    code = "SIG06"
    slug = "blocking-receiver"
    title = "Receivers do not wait for the outside world"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Signals"
    guide_lines = (418, 437)
    effort = Effort.HOUR
    what = (
        "A signal receiver that sends mail, calls another server or a cloud service, starts a process or sleeps, "
        "itself or "
        "in a function of the repository that it calls."
    )
    why = (
        "Receivers run inside the `save()` that fires them, usually in a request and a transaction. Every save, "
        "also one "
        "in a loop, a fixture or a shell, then waits for the mail server, and its failure becomes a failure to save."
    )
    how = (
        "Hand the work to a task after commit, `transaction.on_commit(lambda: notify.delay(instance.pk))`, and "
        "keep the "
        "receiver to that one line."
    )
    applies_when = "the repository has signal receivers"
    absent = "no signal receivers"
    errata = (
        "The guide shows it for signals of models; "
        "the same holds for every signal, since `send` runs its receivers."
    )
    examples = (
        Example(
            "mail and HTTP in the receiver",
            {
                "shop/signals.py": "import requests\nfrom django.core.mail import send_mail\n"
                + _HEAD
                + (
                    "\n@receiver(post_save)\n"
                    "def order_saved(sender, instance, **kwargs):\n"
                    '    send_mail("Thanks", "…", None, [instance.email])  # <-\n\n\n'
                    "def order_pushed(sender, instance, **kwargs):\n"
                    "    session = requests.Session()\n"
                    '    session.post("https://example.org", timeout=5)  # <-\n\n\n'
                    "post_save.connect(order_pushed)\n"
                )
            },
        ),
        Example(
            "one call away",
            {
                "shop/mail.py": (
                    "from django.core.mail import EmailMessage\n\n\n"
                    "def thank(order):\n"
                    '    message = EmailMessage("Thanks")\n'
                    "    message.send()\n"
                ),
                "shop/signals.py": _HEAD
                + (
                    "from shop.mail import thank\n\n\n"
                    "@receiver(post_save)\n"
                    "def order_saved(sender, instance, created, **kwargs):\n"
                    "    if created:\n"
                    "        thank(instance)  # <-\n"
                ),
            },
        ),
        Example(
            "the work is handed to a task",
            {
                "shop/tasks.py": (
                    "from celery import shared_task\nfrom django.core.mail import send_mail\n\n\n"
                    "@shared_task\n"
                    'def thank(order_id):\n    send_mail("Thanks", "…", None, ["a@example.org"])\n'
                ),
                "shop/signals.py": _HEAD
                + (
                    "from django.core.cache import cache\nfrom shop.tasks import thank\n\n\n"
                    "@receiver(post_save)\n"
                    "def order_saved(sender, instance, **kwargs):\n"
                    '    cache.delete("orders")\n'
                    "    thank.delay(instance.pk)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a dictionary's `get` and a receiver in the tests",
            {
                "shop/signals.py": _HEAD
                + (
                    "\n@receiver(post_save)\n"
                    "def order_saved(sender, instance, **kwargs):\n"
                    '    kwargs.get("raw")\n'
                ),
                "shop/tests/test_signals.py": "from django.core.mail import send_mail\n"
                + _HEAD
                + (
                    "\n@receiver(post_save)\n"
                    "def spy(sender, instance, **kwargs):\n"
                    '    send_mail("Thanks", "…", None, [])\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an app without receivers",
            {"shop/apps.py": "import django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each receiver, or one for each call in it that blocks."""
        seen: set[int] = set()
        for receiver in project.events.receivers:
            function = receiver.function
            if id(function) in seen or function.module.role != "source":
                continue
            seen.add(id(function))
            is_clean = True
            for call in function.calls:
                kind, through = _blocks(project, function, call)
                if kind:
                    is_clean = False
                    way = f" in `{through}`" if through else ""
                    yield call.violation(
                        f"the receiver `{function.name}` {_WORDS[kind]}{way}; hand that to a task after commit"
                    )
            if is_clean:
                yield function.in_order()


def _blocks(project: Project, function: Function, call: CallSite) -> tuple[str, str]:
    """The kind of blocking effect that a call has, and the function of the repository that has it; empty for none."""
    kind = _blocking(call)
    if kind:
        return kind, ""
    called = project.functions.called_by(call)
    if called is None or called is function or called.module.role == "test":
        return "", ""
    for inner in called.calls:
        kind = _blocking(inner)
        if kind:
            return kind, called.name
    return "", ""


def _blocking(call: CallSite) -> str:
    kind = effect_kind(call)
    return kind if kind in _WORDS and call.target != "asyncio.sleep" else ""
