"""SIG-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.events import Receiver
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_MANY = 10
_HEAD = "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"


def _receivers(count: int, mark: str = "") -> str:
    return _HEAD + "".join(
        f"\n@receiver(post_save)\ndef saved_{number}(sender, instance, **kwargs):{mark if number == 1 else ''}\n"
        "    record(instance)\n\n"
        for number in range(1, count + 1)
    )


class ManyReceivers(Rule):
    """Counts the receivers of each app."""

    code = "SIG02"
    slug = "many-receivers"
    title = "Signals are used sparingly"
    level = Level.SHOULD
    section = "Signals"
    guide_lines = (286, 301)
    preview = True
    effort = Effort.DAYS
    what = f"An app with more than {_MANY} functions that are connected to signals."
    why = (
        "What happens on a save can be read in a service line by line; spread over receivers it has no order and no "
        "place. The more of them an app has, the harder it is to say what one `save()` does."
    )
    how = (
        "Look at each receiver: what belongs to the app that saves goes into its service, what other apps need can "
        "listen to one signal of your own that says what happened."
    )
    applies_when = "the repository has signal receivers"
    absent = "no signal receivers"
    errata = "The guide gives no number. This one only counts; how many are sparing is for the owner to say."
    examples = (
        Example(
            "eleven in one app", {"shop/apps.py": "", "shop/signals.py": _receivers(11, "  # <-")}
        ),
        Example(
            "two apps with few each",
            {
                "shop/apps.py": "",
                "shop/signals.py": _receivers(6),
                "stock/apps.py": "",
                "stock/signals.py": _receivers(6),
            },
            state="pass",
        ),
        Example("none", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each app that has receivers, at its first one."""
        by_app: dict[str, dict[str, Receiver]] = {}
        for receiver in project.events.own_receivers:
            app = project.apps.package_of(receiver.function.module)
            by_app.setdefault(app, {}).setdefault(receiver.function.symbol, receiver)
        for app, found in by_app.items():
            first = min(
                (receiver.function for receiver in found.values()),
                key=lambda function: (function.path, function.line),
            )
            subject = project.located_in(first.module, first.line, f"receivers of {app}")
            subject.symbol = f"{app or 'repository'}.receivers"
            if len(found) > _MANY:
                yield subject.violation(
                    f"`{app}` connects {len(found)} receivers; see which of them a service could call"
                )
            else:
                yield subject.in_order()
