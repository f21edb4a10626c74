"""What the health page asks about scans. Each answer is a warning: pages are served all the same."""

from collections.abc import Callable
from dataclasses import dataclass

from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from django.db import Error, connection

from apps.scans.trouble import (
    Trouble,
    clockwork_trouble,
    disk_trouble,
    queue_trouble,
    workers_trouble,
)


@dataclass
class Clockwork(HealthCheck):  # type: ignore[misc]  # django-health-check has no types
    """Whether beat and a worker keep putting right what was forgotten."""

    def run(self) -> None:
        """Look at when that was last done.

        Raises:
            ServiceWarning: Too long ago.
        """
        _warn(clockwork_trouble)


@dataclass
class Queue(HealthCheck):  # type: ignore[misc]
    """Whether somebody takes the scans that wait."""

    def run(self) -> None:
        """Look at the scans that wait longest.

        Raises:
            ServiceWarning: They wait too long.
        """
        _warn(queue_trouble)


@dataclass
class Workers(HealthCheck):  # type: ignore[misc]
    """Whether what parses on the worker machines is confined."""

    def run(self) -> None:
        """Look at what they found out about themselves.

        Raises:
            ServiceWarning: A child of the sandbox was let through with something, or git is too old.
        """
        _warn(workers_trouble)


@dataclass
class Disk(HealthCheck):  # type: ignore[misc]
    """Whether what workers fetch fits on their disks."""

    def run(self) -> None:
        """Look for repositories that did not fit.

        Raises:
            ServiceWarning: There are some.
        """
        _warn(disk_trouble)


def _warn(look: Callable[[], Trouble | None]) -> None:
    try:
        # Checks run in threads of their own, which must not keep a connection each.
        with connection.temporary_connection():
            trouble = look()
    except Error as error:
        raise ServiceWarning("Not known: the database does not answer.") from error
    if trouble:
        raise ServiceWarning(f"{trouble.text} {trouble.remedy}")
