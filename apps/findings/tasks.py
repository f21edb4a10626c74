"""What findings do by the clock."""

from celery import shared_task

from apps.findings.services import waivers_expire


@shared_task(name="findings.waivers_expire")
def waivers_expire_task() -> None:
    """End the waivers whose last day is over."""
    waivers_expire()
