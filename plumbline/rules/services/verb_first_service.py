"""SVC-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.layers import is_callable_freely
from plumbline.rule import Basis, Example, Level, Rule, Verdict
from plumbline.words import words_of

_VERBS = frozenset(
    "accept activate add apply approve archive assign build calculate cancel change check clean clear clone close "
    "complete compute confirm copy create deactivate delete deliver disable dispatch duplicate edit enable enqueue "
    "ensure execute expire export fetch fill find finish fulfill generate get give grant handle import increase index "
    "initialize insert install invite invoke load make mark merge move notify parse pay perform populate post prepare "
    "process publish recalculate refresh refund register reject remove rename render replace reset resolve restore "
    "revoke run save schedule send set start stop store submit subscribe sync synchronize transfer trigger "
    "unpublish unsubscribe update upload upsert validate verify void withdraw write".split()
)


class VerbFirstService(Rule):
    """Finds services whose names begin with the verb."""

    code = "SVC06"
    slug = "verb-first-service"
    title = "Services are named entity first, action last"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Services Pattern"
    guide_lines = (234, 262)
    what = (
        "A public function of a services module whose name begins with a common verb and does not end in one: "
        "`create_order` where the guide writes `order_create`. Names of one word and questions such as `is_paid` are "
        "left alone."
    )
    why = (
        "With the entity first, everything that can happen to an order stands together in a sorted list and in "
        "completion, and the module reads like the table of contents of its domain."
    )
    how = "Rename the function to entity and action, and its callers with it."
    applies_when = "the repository has public functions in services modules"
    absent = "no services module has a public function"
    errata = "Preview: only the guide's samples show this order, and one of them (`complete_order`) does not keep it."
    examples = (
        Example(
            "verbs first",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def create_order(*, user):  # <-\n    return user\n\n"
                    "def send_order_mail(*, order):  # <-\n    return order\n"
                )
            },
        ),
        Example(
            "entities first",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def order_create(*, user):\n    return user\n\n"
                    "def order_mail_send(*, order):\n    return order\n"
                )
            },
            state="pass",
        ),
        Example(
            "one word, a question, a noun that is also a verb",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def validate(*, order):\n    return order\n\n"
                    "def is_paid(*, order):\n    return order\n\n"
                    "def import_start(*, name):\n    return name\n\n"
                    "def _create_line(*, order):\n    return order\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no services",
            {
                "shop/models.py": "from django.db import models\n\ndef create_order():\n    return 1\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge the name of each public function of a services module."""
        for function in project.functions_in("services"):
            if not is_callable_freely(function):
                continue
            words = words_of(function.name)
            if len(words) > 1 and words[0] in _VERBS and words[-1] not in _VERBS:
                name = "_".join([*words[1:], words[0]])
                yield function.violation(
                    f"service `{function.name}` begins with its action; name the entity first, as in `{name}`"
                )
            else:
                yield function.in_order()
