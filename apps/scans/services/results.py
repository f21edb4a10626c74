"""Rule results have their time: what history needs of them is kept with snapshots."""

from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.scans.models import RuleResult, Scan, ScanState, UnreadableFile
from apps.scans.selectors import RESULT_DAYS
from core.bulk import is_any_of

_CHUNK = 500


def results_forget(*, days: int = RESULT_DAYS) -> int:
    """Remove the rule results of old scans, and the files that they were without.

    Those stay on which a repository's present figures rest, and those that a younger scan of the same commit shares.

    Args:
        days: How long ago such a scan ended.

    Returns:
        How many results were removed.
    """
    removed = 0
    ids = _forgettable(timezone.now() - timedelta(days=days)).values_list("pk", flat=True)
    for some in batched(list(ids), _CHUNK, strict=False):
        with transaction.atomic():
            UnreadableFile.objects.filter(is_any_of("scan", some)).delete()
            removed += RuleResult.objects.filter(is_any_of("scan", some)).delete()[0]
    return removed


def _forgettable(before: datetime) -> QuerySet[Scan]:
    """Scans with results of their own that ended before then and that nothing younger rests on."""
    present = Scan.objects.filter(
        repository=OuterRef("repository"), ref="", as_of=None, state=ScanState.DONE
    ).order_by("-id")
    return (
        Scan.objects.filter(
            Exists(RuleResult.objects.filter(scan=OuterRef("pk"))),
            ~Exists(Scan.objects.filter(same_as=OuterRef("pk"), finished_at__gte=before)),
            state=ScanState.DONE,
            finished_at__lt=before,
        )
        .alias(present=Subquery(present.values(number=Coalesce("same_as", "pk"))[:1]))
        .exclude(pk=F("present"))
        .order_by()
    )
