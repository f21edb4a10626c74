"""The words in which the engine judges, as choices for columns of other apps."""

from django.db import models


class Level(models.TextChoices):
    """How strongly the guide asks for something."""

    MUST = "MUST", "must"
    SHOULD = "SHOULD", "should"
    MAY = "MAY", "may"


class RuleState(models.TextChoices):
    """What a rule says about one repository; the six are never merged."""

    PASS = "pass", "in order"
    FAIL = "fail", "violated"
    NOT_APPLICABLE = "not_applicable", "does not apply"
    WAIVED = "waived", "waived"
    ERROR = "error", "could not be read"
    NOT_EVALUATED = "not_evaluated", "not evaluated"


JUDGED = frozenset({RuleState.PASS, RuleState.FAIL, RuleState.WAIVED})
"""The states of a rule that looked at something and told."""


class Standing(models.TextChoices):
    """The strict verdict on a repository, beside its score."""

    PLUMB = "plumb", "plumb"
    LEANING = "leaning", "leaning"
    OFF = "off", "off"
