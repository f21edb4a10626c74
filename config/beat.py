"""Beat's scheduler: django-celery-beat's, on machines whose clock is put back now and then."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

from django.utils.timezone import make_aware


class Entry(ModelEntry):  # type: ignore[misc]  # django-celery-beat has no types
    """A periodic task."""

    last_run_at: Any

    def is_due(self) -> Any:  # noqa: ANN401 - as its base
        """Say whether it is time, and when to ask again.

        A last run in the future says that the clock was put back, here or on the machine where beat ran before.
        Waiting until it is reached could leave lost scans lost for as long.
        """
        now = self._default_now()
        if _aware(self.last_run_at) > _aware(now):
            self.last_run_at = now
        return super().is_due()


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """Periodic tasks from the database."""

    Entry = Entry


def _aware(moment: Any) -> Any:  # noqa: ANN401 - a datetime of either kind
    return moment if moment.tzinfo else make_aware(moment)
