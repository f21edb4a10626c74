"""The database's clock, so that workers with wrong clocks agree."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


def from_now(delay: timedelta) -> Combinable:
    """The time so long after the transaction began."""
    return ExpressionWrapper(Now() + Value(delay), output_field=DateTimeField())
