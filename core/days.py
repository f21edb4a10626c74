"""Days as this installation's clock has them."""

from datetime import date, datetime, time

from django.utils import timezone


def day_begin(day: date) -> datetime:
    """Give the moment at which a day begins in the time zone of the installation."""
    return timezone.make_aware(datetime.combine(day, time.min))
