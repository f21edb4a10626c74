"""Asking for many waivers at once, and deciding many: each for itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.findings.models import Finding, Waiver
from apps.findings.services.waivers import waiver_approve, waiver_decline, waiver_request
from apps.repositories.models import Repository
from core.exceptions import DomainError, Invalid

AT_ONCE = 100
"""How many findings are waived, or waivers decided, in one act."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking for the waiver of one finding: the waiver, or why there is none."""

    finding: Finding
    waiver: Waiver | None
    error: DomainError | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of deciding one waiver; ``error`` says why it was not decided."""

    waiver: Waiver
    error: DomainError | None


@transaction.atomic
def waivers_request(
    *,
    repository: Repository,
    actor: User,
    findings: Sequence[Finding],
    reason: str,
    until: date | None = None,
) -> list[Asked]:
    """Ask for a waiver of each of some findings; one that is waived already hinders no other.

    Args:
        repository: Where they are; one that the actor may see.
        actor: Who asks.
        findings: Which ones.
        reason: Why; it stands on each waiver.
        until: The last day on which they hold, by default the last one that is allowed.

    Raises:
        Invalid: There are none or too many, or the reason or the day will not do for any of them.
    """
    if not findings:
        raise Invalid("No finding is chosen.", remedy="Choose one at least.")
    _check_number(len(findings), "findings")
    asked = []
    for finding in findings:
        try:
            with transaction.atomic():
                waiver = waiver_request(
                    repository=repository, actor=actor, reason=reason, finding=finding, until=until
                )
        except DomainError as error:
            asked.append(Asked(finding, None, error))
        else:
            asked.append(Asked(finding, waiver, None))
    refused = [one.error for one in asked if one.error is not None]
    if len(refused) == len(asked):
        raise refused[0]
    return asked


def waivers_decide(
    *,
    waivers: Sequence[Waiver],
    versions: Mapping[int, int],
    actor: User,
    approve: bool,
    note: str = "",
) -> list[Decided]:
    """Approve or decline several waivers; one that somebody else has changed meanwhile hinders no other.

    Args:
        waivers: Which ones.
        versions: The version of each that the actor has seen, by its key.
        actor: Who decides.
        approve: Whether they shall hold.
        note: What the actor has to say of all of them.

    Raises:
        Invalid: There are too many.
    """
    _check_number(len(waivers), "waivers")
    decide = waiver_approve if approve else waiver_decline
    decided = []
    for waiver in waivers:
        error: DomainError | None = None
        try:
            decide(waiver=waiver, actor=actor, version=versions.get(waiver.pk, 0), note=note)
        except DomainError as problem:
            error = problem
        decided.append(Decided(waiver, error))
    return decided


def _check_number(count: int, what: str) -> None:
    if count > AT_ONCE:
        raise Invalid(
            f"{count} {what} are too many at once.", remedy=f"Choose up to {AT_ONCE} of them."
        )
