"""The database's clock, so that workers with wrong clocks agree."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


def from_now(delay: timedelta) -> Combinable:
    """The time so long after now; before now, for a negative delay."""
    return ExpressionWrapper(Now() + Value(delay), output_field=DateTimeField())


def database_now() -> datetime:
    """The time by the database's clock, for what must be known here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]
