"""Rules across the fleet: who follows them, and how well."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from apps.accounts.models import Team
from apps.accounts.selectors import Person
from apps.rulebook.choices import JUDGED, RuleState
from apps.scans.models import RuleResult
from apps.scorecards.selectors.latest import result_scan_list
from core.bulk import is_any_of


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """What a rule says of one repository now; ``share`` is the part in order, 0 to 1."""

    slug: str
    name: str
    state: str
    subjects: int
    violations: int
    suppressed: int
    waived: int
    share: float | None
    evidence: str


@dataclass(frozen=True, slots=True)
class RuleOverview:
    """How well a rule is followed in the fleet."""

    code: str
    applicable: int
    failing: int
    subjects: int
    violations: int
    suppressed: int
    waived: int

    @property
    def share(self) -> float | None:
        """Part of all subjects in order, 0 to 1; nothing where there are none."""
        counted = self.subjects - self.suppressed - self.waived
        return max(0.0, 1 - self.violations / counted) if counted > 0 else None


def rule_standings(*, user: Person, code: str, team: Team | None = None) -> list[RuleStanding]:
    """The repositories that a rule applies to, of a team if one is given; those that follow it least first."""
    latest = result_scan_list(user=user, team=team)
    results = RuleResult.objects.filter(
        is_any_of("scan", latest), code=code, state__in=[*JUDGED, RuleState.ERROR]
    )
    rows = [
        RuleStanding(
            slug=latest[result.scan_id].slug,
            name=latest[result.scan_id].name,
            state=result.state,
            subjects=result.subjects,
            violations=result.violations,
            suppressed=result.suppressed,
            waived=result.waived,
            share=result.share,
            evidence=result.evidence,
        )
        for result in results
    ]
    return sorted(
        rows, key=lambda row: (1.0 if row.share is None else row.share, -row.violations, row.name)
    )


def rule_overview(*, user: Person) -> dict[str, RuleOverview]:
    """Code to the figures of the whole fleet, for every rule that judged something."""
    scans = result_scan_list(user=user)
    rows = (
        RuleResult.objects.filter(is_any_of("scan", scans), state__in=JUDGED)
        .order_by()
        .values("code")
        .annotate(
            applicable=Count("pk"),
            failing=Count("pk", filter=Q(state=RuleState.FAIL)),
            all_subjects=Sum("subjects"),
            all_violations=Sum("violations"),
            all_suppressed=Sum("suppressed"),
            all_waived=Sum("waived"),
        )
    )
    return {
        row["code"]: RuleOverview(
            row["code"],
            row["applicable"],
            row["failing"],
            row["all_subjects"],
            row["all_violations"],
            row["all_suppressed"],
            row["all_waived"],
        )
        for row in rows
    }
