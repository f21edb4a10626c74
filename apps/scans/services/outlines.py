"""The cache of outlines: what a blob says is extracted once, for all repositories and for ever."""

from collections.abc import Iterable
from datetime import date, timedelta

import zstandard

from django.db import transaction
from django.utils import timezone

from apps.scans.models import Outline
from apps.scans.selectors import CACHE_DAYS

_CHUNK = 2000
_LEVEL = 3


def outlines_store(*, extractor: str, outlines: Iterable[tuple[str, str, bytes]]) -> int:
    """Keep new outlines, given as (blob, kind, encoded outline); known ones are left alone.

    Returns:
        How many were given.
    """
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    today = timezone.localdate()
    rows = [
        Outline(
            blob=blob,
            kind=kind,
            extractor=extractor,
            data=compressor.compress(encoded),
            size=len(encoded),
            last_used_on=today,
        )
        for blob, kind, encoded in outlines
    ]
    # One order for everybody, so that two workers cannot wait for each other's rows.
    rows.sort(key=lambda row: (row.kind, row.blob))
    Outline.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def outlines_touch(*, extractor: str, kind: str, blobs: list[str], today: date) -> None:
    """Note the day on which cached outlines were last of use."""
    for start in range(0, len(blobs), _CHUNK):
        Outline.objects.filter(
            extractor=extractor,
            kind=kind,
            blob__in=blobs[start : start + _CHUNK],
            last_used_on__lt=today,
        ).update(last_used_on=today)


def outlines_evict(*, unused_days: int = CACHE_DAYS) -> int:
    """Remove outlines that no scan has used for so many days."""
    oldest = timezone.localdate() - timedelta(days=unused_days)
    removed, _ = Outline.objects.filter(last_used_on__lt=oldest).delete()
    return removed
