"""Counting what has become of a campaign's findings, from the log of everything that happened to them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from apps.findings.choices import FindingState
from apps.findings.selectors import Move, OpenFinding, finding_moves, open_findings
from apps.scorecards.models import Campaign, CampaignShare, CampaignState, CampaignStep
from apps.scorecards.selectors.campaigns import campaigns_of

_REPOSITORIES = 200
_DAY = timedelta(days=1)
_SIDE = {
    FindingState.OPEN: "remaining",
    FindingState.FIXED: "fixed",
    FindingState.WAIVED: "waived",
    FindingState.SUPPRESSED: "waived",
    FindingState.REMOVED_BY_RULE: "removed",
    FindingState.REMOVED_WITH_FILE: "removed",
}
_SIDES = ("fixed", "waived", "removed")
_COUNTED = ["remaining", *_SIDES, "came", "patches"]


@dataclass
class _Tally:
    """What the log says of one share: where its findings are now, and on which day how many changed sides."""

    share: CampaignShare
    held: frozenset[int]
    side: dict[int, str] = field(default_factory=dict)
    days: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    came: int = 0
    patches: int = 0

    def move(self, move: Move, day: date) -> None:
        """Take in the next event of the log."""
        if move.finding_id not in self.held:
            return
        before, after = self.side.get(move.finding_id, "remaining"), _SIDE[FindingState(move.state)]
        if before == after:
            return
        self.side[move.finding_id] = after
        self.days[day][before] -= 1
        self.days[day][after] += 1

    def meet(self, finding: OpenFinding) -> None:
        """Take in a finding that is open now."""
        if finding.pk in self.held:
            self.patches += finding.has_fix
        else:
            self.came += 1

    def write_figures(self) -> bool:
        """Bring the share up to date; whether anything of it changed."""
        sides = Counter(self.side.values())
        wanted = {name: sides[name] for name in _SIDES}
        wanted["remaining"] = self.share.at_start - sum(wanted.values())
        wanted |= {"came": self.came, "patches": self.patches}
        is_changed = any(getattr(self.share, name) != value for name, value in wanted.items())
        for name, value in wanted.items():
            setattr(self.share, name, value)
        return is_changed

    def steps(self) -> list[CampaignStep]:
        """The days on which something moved."""
        return [
            CampaignStep(
                campaign_id=self.share.campaign_id,
                share=self.share,
                day=day,
                **{name: moved[name] for name in _SIDES},
            )
            for day, moved in sorted(self.days.items())
            if any(moved.values())
        ]


def campaigns_count(*, repository_id: int | None = None) -> int:
    """Count the running campaigns anew; only in one repository, if one is given. How many there were."""
    if repository_id is None:
        running = Campaign.objects.filter(state=CampaignState.RUNNING)
        ids = list(running.order_by("id").values_list("pk", flat=True))
    else:
        ids = campaigns_of(repository_id=repository_id)
    for campaign_id in ids:
        campaign_count(
            campaign_id=campaign_id,
            repository_ids=None if repository_id is None else [repository_id],
        )
    return len(ids)


@transaction.atomic
def campaign_count(*, campaign_id: int, repository_ids: Collection[int] | None = None) -> None:
    """Bring a running campaign's figures in line with the log; doing it again changes nothing.

    Args:
        campaign_id: Which campaign.
        repository_ids: Only in these repositories; in all of its own if none are given.
    """
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None or campaign.state != CampaignState.RUNNING:
        return
    shares = CampaignShare.objects.filter(campaign=campaign, repository__isnull=False)
    if repository_ids is None:
        known = shares.order_by("repository_id").values_list("repository_id", flat=True)
        repository_ids = [pk for pk in known.distinct() if pk is not None]
    for some in batched(sorted(repository_ids), _REPOSITORIES, strict=False):
        _count(campaign, list(shares.filter(repository_id__in=some)), some)
    campaign_sum(campaign=campaign)


@transaction.atomic
def repository_leave(*, repository_id: int) -> None:
    """Tell the running campaigns that a repository goes: what was left of it is removed, not fixed."""
    today = timezone.localdate()
    for campaign_id in campaigns_of(repository_id=repository_id):
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        shares = CampaignShare.objects.filter(campaign=campaign, repository_id=repository_id)
        for share in shares:
            step, _ = CampaignStep.objects.get_or_create(campaign=campaign, share=share, day=today)
            step.waived -= share.waived
            step.removed += share.remaining + share.waived
            step.save()
            share.removed += share.remaining + share.waived
            share.remaining = share.waived = share.came = share.patches = 0
            share.save()
        campaign_sum(campaign=campaign)


def campaign_sum(*, campaign: Campaign) -> None:
    """Bring the campaign's own figures in line with its shares."""
    shares = CampaignShare.objects.filter(campaign=campaign)
    sums = shares.aggregate(
        **{f"of_{name}": Sum(name, default=0) for name in _COUNTED},
        held=Count("repository_slug", distinct=True),
        unfinished=Count("repository_slug", distinct=True, filter=Q(remaining__gt=0)),
    )
    for name in _COUNTED:
        setattr(campaign, name, sums[f"of_{name}"])
    campaign.repositories_held = sums["held"]
    campaign.repositories_done = sums["held"] - sums["unfinished"]
    campaign.counted_at = timezone.now()
    campaign.save(update_fields=[*_COUNTED, "repositories_held", "repositories_done", "counted_at"])


def _count(
    campaign: Campaign, shares: Sequence[CampaignShare], repository_ids: Collection[int]
) -> None:
    tallies = {
        (share.repository_id, share.code): _Tally(share, frozenset(share.findings))
        for share in shares
    }
    if not tallies or campaign.started_at is None:
        return
    first, today = timezone.localdate(campaign.started_at), timezone.localdate()
    moves = finding_moves(
        repository_ids=repository_ids,
        codes=campaign.codes,
        after=campaign.log_position,
        since=campaign.started_at - _DAY,  # The clocks of two machines may differ.
    )
    for move in moves:
        if tally := tallies.get((move.repository_id, move.code)):
            tally.move(move, min(max(timezone.localdate(move.at), first), today))
    for finding in open_findings(repository_ids=repository_ids, codes=campaign.codes):
        if tally := tallies.get((finding.repository_id, finding.code)):
            tally.meet(finding)
    _write(list(tallies.values()))


@transaction.atomic(savepoint=False)
def _write(tallies: Iterable[_Tally]) -> None:
    changed = [tally for tally in tallies if tally.write_figures()]
    if not changed:
        return
    shares = [tally.share for tally in changed]
    # As an upsert: an UPDATE with a CASE for each row takes a hundred times as long.
    CampaignShare.objects.bulk_create(
        shares,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_COUNTED,
    )
    CampaignStep.objects.filter(share__in=shares).delete()
    CampaignStep.objects.bulk_create(
        [step for tally in changed for step in tally.steps()], batch_size=1000
    )
