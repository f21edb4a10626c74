"""The row that says what a repository's findings were last judged by: whoever writes findings locks it first."""

from collections.abc import Collection
from datetime import datetime

from apps.findings.causes import Circumstances, RuleFacts
from apps.findings.models import Judgement


def judgement_lock(*, repository_id: int, at: datetime) -> tuple[Judgement, Circumstances | None]:
    """The row, locked until the transaction ends, and what it says; nothing before the first judgement."""
    rows = Judgement.objects.select_for_update().filter(repository_id=repository_id)
    judgement = rows.first()
    if judgement is None:
        Judgement.objects.get_or_create(repository_id=repository_id, defaults={"at": at})
        judgement = rows.get()
    if not judgement.commit and not judgement.rules:
        return judgement, None
    return judgement, Circumstances(
        commit=judgement.commit,
        engine=judgement.engine,
        rules={code: RuleFacts(*facts) for code, facts in judgement.rules.items()},
        unread=judgement.unread,
        exclude=judgement.exclude,
    )


def judgements_hold(*, repository_ids: Collection[int]) -> list[int]:
    """Keep everybody from writing findings of these repositories until the transaction ends; those that are judged."""
    rows = Judgement.objects.select_for_update().filter(repository_id__in=repository_ids)
    return list(rows.order_by("repository_id").values_list("repository_id", flat=True))
