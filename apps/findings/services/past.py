"""What a look at an earlier commit says of the findings of now."""

from collections.abc import Collection
from datetime import datetime
from itertools import batched

from django.db import transaction

from apps.findings.choices import PRESENT
from apps.findings.models import Finding, Judgement

_CHUNK = 1000


@transaction.atomic
def findings_seen_before(
    *,
    repository_id: int,
    scan_id: int,
    at: datetime,
    commit: str,
    fingerprints: Collection[str],
) -> int:
    """Note that present findings were there at an earlier commit already; nothing else of them changes.

    Args:
        repository_id: Whose findings.
        scan_id: The scan of the past that saw them.
        at: The time that it is about.
        commit: The commit that it looked at.
        fingerprints: All that it saw.

    Returns:
        How many findings are known to be older now, or as old by this scan.
    """
    # Held by all who write findings, so that none of them waits for another's rows.
    Judgement.objects.select_for_update().filter(repository_id=repository_id).first()
    younger = (
        Finding.objects.filter(
            repository_id=repository_id, state__in=PRESENT, first_seen_at__gte=at
        )
        .order_by()
        .values_list("pk", "fingerprint")
    )
    ids = sorted(pk for pk, fingerprint in younger if fingerprint in fingerprints)
    for some in batched(ids, _CHUNK, strict=False):
        Finding.objects.filter(pk__in=some).update(
            first_seen_at=at, first_seen_commit=commit, first_seen_scan=scan_id, introduced_by=""
        )
    return len(ids)
