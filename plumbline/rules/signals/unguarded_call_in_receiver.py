"""SIG-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_EXTERNAL = frozenset(("mail", "http", "cloud"))
_LOGS = frozenset(("exception", "error", "warning", "critical", "log", "capture_exception"))
_HEAD = (
    "import logging\n\nimport requests\nfrom django.db.models.signals import post_save\n"
    "from django.dispatch import receiver\n\nlogger = logging.getLogger(__name__)\n\n\n"
    "@receiver(post_save)\ndef order_saved(sender, instance, **kwargs):\n"
)


class UnguardedCallInReceiver(Rule):
    """Finds calls of other services in receivers whose failure would fail the save."""

    code = "SIG08"
    slug = "unguarded-call-in-receiver"
    title = "A receiver's calls of other services are guarded and logged"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Signals"
    guide_lines = (445, 452)
    preview = True
    what = (
        "A receiver that sends mail or calls another server outside any `try`, or in one whose handlers neither log "
        "nor report what went wrong."
    )
    why = (
        "An error in a receiver is raised in the code that sent the signal. When the other server is down, orders can "
        "no longer be saved; when the error is swallowed without a log, nobody learns that the call was lost."
    )
    how = (
        "Hand the call to a task, which can try again. Where it has to stay, catch the errors of that client by name "
        "and log them: `except requests.RequestException: logger.exception(…)`."
    )
    applies_when = "a receiver calls another service itself"
    absent = "no receiver calls another service itself"
    errata = (
        "The guide catches `Exception`, which its own lint rules (BLE001) refuse; any handler that logs is in order "
        "here."
    )
    examples = (
        Example(
            "no guard, and a guard that says nothing",
            {
                "shop/signals.py": _HEAD
                + '    requests.post("https://example.org", timeout=5)  # <-\n'
                + "    try:\n"
                + '        requests.post("https://example.org/other", timeout=5)  # <-\n'
                + "    except requests.RequestException:\n        pass\n"
            },
        ),
        Example(
            "caught and logged",
            {
                "shop/signals.py": _HEAD
                + "    try:\n"
                + '        requests.post("https://example.org", timeout=5)\n'
                + "    except requests.RequestException:\n"
                + '        logger.exception("could not tell the other side")\n'
            },
            state="pass",
        ),
        Example(
            "nothing is called",
            {"shop/signals.py": _HEAD + "    instance.touched = True\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call of another service in a receiver."""
        seen: set[str] = set()
        for receiver in project.events.own_receivers:
            function = receiver.function
            if function.symbol in seen:
                continue
            seen.add(function.symbol)
            for call in function.calls:
                if effect_kind(call) not in _EXTERNAL:
                    continue
                if not call.has(o.IN_TRY):
                    yield call.violation(
                        f"if `{call.outline.name}` fails, so does what sent the signal to `{function.name}`; "
                        "catch and log the failure, or hand the call to a task"
                    )
                elif _is_logged(call):
                    yield call.in_order()
                else:
                    yield call.violation(
                        f"the failure of `{call.outline.name}` in `{function.name}` leaves no trace; log it"
                    )


def _is_logged(call: CallSite) -> bool:
    """Whether a handler of a ``try`` around the call logs, reports or raises."""
    function = call.function
    handlers = function.outline.handlers if function is not None else []
    around = [item for item in handlers if item.try_line < call.line < item.line]
    return any(
        item.raises
        or any(
            item.line <= other.line <= item.end_line and other.name.rpartition(".")[2] in _LOGS
            for other in call.siblings
        )
        for item in around
    )
