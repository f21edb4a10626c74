"""CEL-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.knowledge import CLOUD_ROOTS, HTTP_CLIENTS
from plumbline.outline import IN_TRY
from plumbline.project import Function, Module, Project
from plumbline.project.events import Task
from plumbline.project.functions import CallSite, effect_kind
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_IMPORT = "from celery import shared_task\n"
_WORDS = {"mail": "sends mail", "http": "asks another server", "cloud": "calls a cloud service"}
_EVERYTHING = frozenset(("Exception", "BaseException"))
_REPORTS = frozenset(("mail_admins", "mail_managers"))
"""Mail about a failure, which is not what the task is for."""
_PACKAGES = HTTP_CLIENTS | {"urllib"} | {root.partition(".")[0] for root in CLOUD_ROOTS}
_RETRIES = ("autoretry_for", "retry_backoff", "retry_policy", "retry_kwargs")


class TaskWithoutRetry(Rule):
    """Finds tasks that talk to the network and give up at the first failure."""

    code = "CEL10"
    slug = "network-task-without-retry"
    title = "Tasks that use the network say how they retry"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Background Tasks with Celery"
    guide_lines = (1100, 1107)
    what = (
        "A Celery task that sends mail, makes an HTTP request or calls a cloud service and neither declares "
        "`autoretry_for` nor calls `retry`."
    )
    why = (
        "Networks fail for seconds at a time. A task that gives up at once loses the mail or the request for ever, "
        "although the same call would have worked a minute later."
    )
    how = (
        "Declare `autoretry_for=(ConnectionError, TimeoutError)` with `retry_backoff=True` and `max_retries`, or bind "
        "the task and call `self.retry`. Make sure that a second run does no harm."
    )
    applies_when = "a Celery task sends mail or calls a server"
    absent = "no Celery task is seen to use the network"
    errata = (
        "Only calls in the body of the task are looked at. A retry that a base class declares counts, and a task that "
        "catches every failure has decided not to retry."
    )
    examples = (
        Example(
            "mail, requests and a cloud service without a second try",
            {
                "shop/tasks.py": (
                    "import boto3\nimport requests\n"
                    "from django.core.mail import send_mail\n"
                    f"{_IMPORT}\n\n"
                    '@shared_task\ndef thank(address):  # <-\n    send_mail("Thanks", "…", None, [address])\n\n\n'
                    "@shared_task(ignore_result=True)\n"
                    "def notify(url):  # <-\n    requests.post(url, timeout=5)\n\n\n"
                    "@shared_task\n"
                    'def scale():  # <-\n    boto3.client("autoscaling").terminate_instance_in_auto_scaling_group()\n'
                ),
            },
        ),
        Example(
            "retries, declared or called",
            {
                "shop/tasks.py": (
                    "import requests\nfrom celery import Task\n"
                    "from django.core.mail import send_mail\n"
                    f"{_IMPORT}\n\n"
                    "class Patient(Task):\n    autoretry_for = (OSError,)\n\n\n"
                    "@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)\n"
                    "def notify(url):\n    requests.post(url, timeout=5)\n\n\n"
                    "@shared_task(bind=True)\n"
                    "def ask(self, url):\n"
                    "    try:\n        requests.get(url, timeout=5)\n"
                    "    except OSError as error:\n        raise self.retry(exc=error)\n\n\n"
                    "@shared_task(base=Patient)\n"
                    'def thank(address):\n    send_mail("Thanks", "…", None, [address])\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a task that catches whatever goes wrong",
            {
                "shop/tasks.py": (
                    f"import logging\n\nimport django\nimport requests\n{_IMPORT}\n\n"
                    "@shared_task\n"
                    "def ping(url):\n"
                    "    try:\n        requests.get(url, timeout=5)\n"
                    '    except Exception:\n        logging.exception("No answer.")\n'
                ),
            },
            state="pass",
        ),
        Example(
            "tasks that stay in the house",
            {
                "shop/tasks.py": f"import django\n{_IMPORT}\n\n@shared_task\ndef count():\n    total = sum([1])\n"
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each task that uses the network."""
        talks: dict[str, bool] = {}
        for task in project.events.tasks:
            function = task.function
            if function.path not in talks:
                talks[function.path] = _may_talk(function.module)
            if task.framework != "celery" or not talks[function.path]:
                continue
            calls = {
                kind: call
                for call in function.calls
                if call.method not in _REPORTS and (kind := effect_kind(call)) in _WORDS
            }
            used = [words for kind, words in _WORDS.items() if kind in calls]
            if not used:
                continue
            is_handled = all(_ends_here(function, call) for call in calls.values())
            if task.is_open or is_handled or _retries(task):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` {' and '.join(used)} and never retries; declare `autoretry_for`"
                )


def _ends_here(function: Function, call: CallSite) -> bool:
    """Whether any failure of a call is caught and kept, so that no retry would ever see it."""
    return call.has(IN_TRY) and any(
        handler.try_line <= call.line <= handler.line
        and not handler.raises
        and (not handler.types or not _EVERYTHING.isdisjoint(handler.types))
        for handler in function.outline.handlers
    )


def _may_talk(module: Module) -> bool:
    """Whether a module imports anything by which it could use the network: most do not."""
    return module.role == "source" and (
        module.may_call("email_user")
        or any(
            item.module.partition(".")[0] in _PACKAGES or item.module.startswith("django.core")
            for item in module.outline.imports
        )
    )


def _retries(task: Task) -> bool:
    """Whether a task says what happens after a failure, be it by options, by its base class or in its body."""
    if any(task.option(name) is not None for name in _RETRIES):
        return True
    calls = (call.outline.name for call in task.function.calls)
    return any(name.endswith(".retry") or name.endswith("retrying") for name in calls)
