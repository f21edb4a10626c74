"""Leave to break a rule for a while: asked for, decided, taken back, ended."""

import posixpath
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.findings.choices import PRESENT, WaiverScope, WaiverState
from apps.findings.exceptions import (
    WaiverChanged,
    WaiverClosed,
    WaiverExists,
    WaiverNotYours,
    WaiverPathUnfit,
    WaiverReasonMissing,
    WaiverTooLong,
)
from apps.findings.models import Finding, Waiver
from apps.findings.selectors import waiver_may_decide, waiver_may_withdraw, waivers_ended
from apps.findings.services.covering import coverage_apply
from apps.findings.waiver_policy import waiver_last_day
from apps.repositories.models import Repository
from apps.rulebook.selectors import rule_get
from core.cleaning import clean_text
from core.exceptions import Invalid

_REASON_LIMIT = 4000
_PATTERN_LIMIT = 400


@transaction.atomic
def waiver_request(
    *,
    repository: Repository,
    actor: User,
    reason: str,
    code: str = "",
    finding: Finding | None = None,
    path_pattern: str = "",
    until: date | None = None,
) -> Waiver:
    """Ask for a waiver of a finding, of a rule in a repository, or of a rule under a path.

    Args:
        repository: Where it shall hold; one that the actor may see.
        actor: Who asks.
        reason: Why, for whoever decides and for all who see the score.
        code: The rule, unless a finding is given.
        finding: The one finding.
        path_pattern: A glob of whole paths, or a folder.
        until: The last day on which it holds, by default the last one that is allowed.

    Raises:
        WaiverReasonMissing: There is no reason.
        WaiverPathUnfit: The path can match none of a repository.
        Invalid: What it is for cannot be waived.
        NotFound: There is no such rule.
        WaiverTooLong: It would end in the past or later than is allowed.
        WaiverExists: The same is approved already or waits for a decision.
    """
    reason = clean_text(reason.strip(), limit=_REASON_LIMIT, lines=True)
    if not reason:
        raise WaiverReasonMissing
    if finding is not None:
        if code or path_pattern:
            raise Invalid(
                "A waiver is for one finding or for a rule.", remedy="Give one of the two."
            )
        _check_finding(finding, repository)
        scope, code = WaiverScope.FINDING, finding.code
    else:
        scope = WaiverScope.PATH if path_pattern else WaiverScope.RULE
        code = rule_get(code).code
    last = waiver_last_day(repository=repository, today=timezone.localdate())
    until = until or last
    _check_end(until, last)
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                repository=repository,
                scope=scope,
                code=code,
                finding=finding,
                path_pattern=_pattern(path_pattern),
                reason=reason,
                until=until,
                requested_by=actor,
            )
    except IntegrityError as error:
        if "waiver_one_per" in str(error):
            raise WaiverExists from error
        raise
    _record(waiver, "waiver.request", actor, reason=reason)
    return waiver


@transaction.atomic
def waiver_approve(
    *, waiver: Waiver, actor: User, version: int, note: str = "", until: date | None = None
) -> Waiver:
    """Let a waiver hold from now on, to the day that was asked for or another one.

    Scores that it changes are changed at once.

    Args:
        waiver: What was asked for.
        actor: Who decides.
        version: The version of the waiver that the actor has seen.
        note: What the actor has to say.
        until: The last day on which it holds, if another than was asked for.

    Raises:
        WaiverNotYours: The actor may not decide it.
        WaiverClosed: It was decided or withdrawn before.
        WaiverChanged: Somebody else has changed it since.
        WaiverTooLong: It would end in the past or later than is allowed.
    """
    _demand_decider(waiver, actor)
    until = until or waiver.until
    _check_end(until, waiver_last_day(repository=waiver.repository, today=timezone.localdate()))
    _move(
        waiver,
        version,
        WaiverState.APPROVED,
        allowed=[WaiverState.REQUESTED],
        until=until,
        decided_by=actor,
        decided_at=timezone.now(),
        decision_note=clean_text(note.strip(), limit=_REASON_LIMIT, lines=True),
    )
    _record(waiver, "waiver.approve", actor, note=waiver.decision_note)
    _apply(waiver)
    return waiver


@transaction.atomic
def waiver_decline(*, waiver: Waiver, actor: User, version: int, note: str = "") -> Waiver:
    """Refuse a waiver.

    Raises:
        WaiverNotYours: The actor may not decide it.
        WaiverClosed: It was decided or withdrawn before.
        WaiverChanged: Somebody else has changed it since.
    """
    _demand_decider(waiver, actor)
    now = timezone.now()
    _move(
        waiver,
        version,
        WaiverState.DECLINED,
        allowed=[WaiverState.REQUESTED],
        decided_by=actor,
        decided_at=now,
        ended_at=now,
        decision_note=clean_text(note.strip(), limit=_REASON_LIMIT, lines=True),
    )
    _record(waiver, "waiver.decline", actor, note=waiver.decision_note)
    return waiver


@transaction.atomic
def waiver_withdraw(*, waiver: Waiver, actor: User, version: int) -> Waiver:
    """Take back a request, or end a waiver before its time.

    Raises:
        WaiverNotYours: The actor neither asked for it nor may decide it.
        WaiverClosed: It has ended.
        WaiverChanged: Somebody else has changed it since.
    """
    if not waiver_may_withdraw(user=actor, waiver=waiver):
        raise WaiverNotYours
    before = _move(
        waiver,
        version,
        WaiverState.WITHDRAWN,
        allowed=[WaiverState.REQUESTED, WaiverState.APPROVED],
        ended_at=timezone.now(),
    )
    _record(waiver, "waiver.withdraw", actor)
    if before == WaiverState.APPROVED:
        _apply(waiver)
    return waiver


def waivers_expire(*, today: date | None = None) -> int:
    """End the waivers whose last day is over, and requests that nobody decided until then; how many there were."""
    today = today or timezone.localdate()
    ended = 0
    for waiver in waivers_ended(before=today):
        with transaction.atomic():
            try:
                before = _move(
                    waiver,
                    waiver.version,
                    WaiverState.EXPIRED,
                    allowed=[WaiverState.REQUESTED, WaiverState.APPROVED],
                    ended_at=timezone.now(),
                )
            except (WaiverChanged, WaiverClosed):
                continue  # Somebody acts on it in this very moment; the next round sees what came of it.
            _record(waiver, "waiver.expire", None)
            if before == WaiverState.APPROVED:
                _apply(waiver)
            ended += 1
    return ended


def _move(
    waiver: Waiver,
    version: int,
    state: WaiverState,
    *,
    allowed: list[WaiverState],
    **changes: object,
) -> WaiverState:
    """Change a waiver's state if it is still as it was seen; the state that it had."""
    current = Waiver.objects.select_for_update().get(pk=waiver.pk)
    before = WaiverState(current.state)
    if current.version != version:
        raise WaiverChanged
    if before not in allowed:
        raise WaiverClosed
    changes |= {"state": state, "version": version + 1}
    for name, value in changes.items():
        setattr(current, name, value)
        setattr(waiver, name, value)
    current.save(update_fields=list(changes))
    return before


def _apply(waiver: Waiver) -> None:
    coverage_apply(repository_id=waiver.repository_id, code=waiver.code, at=timezone.now())


def _demand_decider(waiver: Waiver, actor: User) -> None:
    if not waiver_may_decide(user=actor, waiver=waiver):
        raise WaiverNotYours


def _check_finding(finding: Finding, repository: Repository) -> None:
    if finding.repository_id != repository.pk:
        raise Invalid("The finding is another repository's.", remedy="Ask in its own repository.")
    if finding.state not in PRESENT:
        raise Invalid("The finding is not there any more.", remedy="Nothing needs to be waived.")


def _check_end(until: date, last: date) -> None:
    if until < timezone.localdate():
        raise WaiverTooLong("A waiver cannot end in the past.", remedy="Give a day to come.")
    if until > last:
        raise WaiverTooLong(
            f"A waiver may hold until {last:%Y-%m-%d}, not longer.",
            remedy="Give an earlier day; it can be asked for again when it ends.",
        )


def _pattern(pattern: str) -> str:
    """A pattern as paths are matched with it.

    Raises:
        WaiverPathUnfit: It can match no path of a repository.
    """
    if not pattern:
        return ""
    normal = posixpath.normpath(pattern.strip()).removeprefix("./")
    if normal in ("", ".", "*", "**") or normal.startswith(("/", "..")):
        raise WaiverPathUnfit(
            "That is no path in the repository.",
            remedy="Give a folder such as apps/orders, or a glob such as apps/*/models.py; for the whole"
            " repository leave it out.",
        )
    if len(normal) > _PATTERN_LIMIT or clean_text(normal) != normal:
        raise WaiverPathUnfit(
            "The path is too long or cannot be shown.", remedy="Give a shorter one."
        )
    return normal


def _record(waiver: Waiver, action: str, actor: User | None, **detail: object) -> None:
    audit_record(
        action=action,
        target=f"waiver:{waiver.pk}",
        actor=actor,
        detail={
            "repository": waiver.repository.slug,
            "scope": waiver.scope,
            "code": waiver.code,
            "finding": waiver.finding_id,
            "path": waiver.path_pattern,
            "until": waiver.until.isoformat(),
            **detail,
        },
    )
