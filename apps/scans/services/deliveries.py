"""Accepting what a host announced: at most once, and as a hint to look."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.repositories.models import Repository, WebhookEndpoint
from apps.repositories.services import endpoint_heard
from apps.scans.metrics.families import DELIVERIES
from apps.scans.models import DeliveryOutcome, Scan, Trigger, WebhookDelivery
from apps.scans.providers import Delivery, Occasion
from apps.scans.services.request import scan_request
from apps.scans.services.tally import tally_add_on_commit
from core.cleaning import clean_text

# The id of a delivery is not signed, so a replay may carry a new one. The same body again within
# this time is looked at, but late and once.
SAME_BODY = timedelta(seconds=60)
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a delivery led to; ``scan`` is what to watch, if anything."""

    outcome: DeliveryOutcome
    scan: Scan | None
    repeated: bool


@transaction.atomic
def delivery_accept(
    *, endpoint: WebhookEndpoint, delivery: Delivery, body_digest: str
) -> Acceptance:
    """Take a delivery whose signature was right: write it down and ask for what it calls for.

    A delivery that came before changes nothing and gives the scan of the first time.

    Raises:
        RepositoryDisabled: Scans of the repository are switched off.
    """
    row = WebhookDelivery(
        endpoint=endpoint,
        delivery_id=clean_text(delivery.delivery_id, limit=200),
        body_digest=body_digest,
        event=clean_text(delivery.event, limit=64),
        outcome=_outcome(endpoint.repository, delivery),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Waits for the transaction of the first one, so its scan is there to be given.
        first = WebhookDelivery.objects.select_related("scan").get(
            endpoint=endpoint, delivery_id=row.delivery_id
        )
        tally_add_on_commit(DELIVERIES.of(outcome="repeated"))
        return Acceptance(DeliveryOutcome(first.outcome), first.scan, repeated=True)
    endpoint_heard(endpoint=endpoint, verified=True)
    if row.outcome == DeliveryOutcome.SCANNED:
        row.scan = scan_request(
            repository=endpoint.repository,
            trigger=Trigger.WEBHOOK,
            delay=_delay(row),
        )
        row.save(update_fields=["scan"])
    tally_add_on_commit(DELIVERIES.of(outcome=row.outcome))
    return Acceptance(DeliveryOutcome(row.outcome), row.scan, repeated=False)


def delivery_refuse() -> None:
    """Count a delivery to a known endpoint whose signature was wrong."""
    tally_add_on_commit(DELIVERIES.of(outcome="refused"))


def deliveries_forget() -> int:
    """Remove deliveries that are older than anybody asks about."""
    removed, _ = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return removed


def _outcome(repository: Repository, delivery: Delivery) -> DeliveryOutcome:
    if delivery.occasion is Occasion.PING:
        return DeliveryOutcome.VERIFIED
    watched = repository.branch or delivery.default_branch
    concerns_us = watched in delivery.branches if watched else bool(delivery.branches)
    if delivery.occasion is Occasion.PUSH and concerns_us and repository.enabled:
        return DeliveryOutcome.SCANNED
    return DeliveryOutcome.IGNORED


def _delay(row: WebhookDelivery) -> timedelta:
    """How long a scan has to wait because this very body was announced a moment ago."""
    latest = (
        WebhookDelivery.objects.filter(endpoint=row.endpoint, body_digest=row.body_digest)
        .exclude(pk=row.pk)
        .order_by("-id")
        .values_list("created_at", flat=True)
        .first()
    )
    if latest is None:
        return timedelta(0)
    return max(timedelta(0), latest + SAME_BODY - timezone.now())
