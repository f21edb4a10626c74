"""From when on what comes with the code is new: a repository's baseline."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.findings.models import Finding, Judgement
from apps.findings.services.judgements import judgement_lock
from apps.findings.signals import baseline_moved
from apps.repositories.models import Repository
from core.cleaning import clean_text
from core.exceptions import Conflict, Invalid

REASON_LIMIT = 2000


class BaselineBehind(Conflict):
    """A baseline only moves forward, or what is new could be hidden and shown at will."""

    code = "baseline_behind"
    text = "The baseline is later than that already."
    remedy = "Choose a later time; a baseline only moves forward."


@transaction.atomic
def repository_baseline_set(
    *, repository: Repository, reason: str, at: datetime | None = None, actor: User | None = None
) -> Judgement:
    """Take what a repository shows at a time as given: only what comes with the code afterwards is new.

    Args:
        repository: Whose baseline.
        reason: Why, for the audit log.
        at: The time; now if not given.
        actor: Who does it.

    Raises:
        Invalid: There is no reason, the time is to come, or nothing was judged yet.
        BaselineBehind: The baseline is later already.
    """
    now = timezone.now()
    at = at or now
    reason = clean_text(reason.strip(), limit=REASON_LIMIT)
    if not reason:
        raise Invalid("A baseline needs a reason.", remedy="Say why it moves.")
    if at > now:
        raise Invalid("A baseline cannot lie ahead.", remedy="Choose a time until now.")
    judgement, before = judgement_lock(repository_id=repository.pk, at=now)
    if before is None:
        raise Invalid("Nothing was judged yet.", remedy="Wait for the first scan.")
    if judgement.baseline_at is not None and at <= judgement.baseline_at:
        raise BaselineBehind
    was, judgement.baseline_at = judgement.baseline_at, at
    judgement.save(update_fields=["baseline_at"])
    audit_record(
        action="repository.baseline_set",
        target=f"repository:{repository.slug}",
        actor=actor,
        detail={
            "from": was.isoformat() if was else "first judgement",
            "to": at.isoformat(),
            "reason": reason,
        },
    )
    baseline_moved.send(sender=Finding, repository_id=repository.pk)
    return judgement
