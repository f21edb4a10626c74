"""What a weekly digest says, as it is kept: plain values, in the order in which they are told."""

from datetime import date

import msgspec


class Standing(msgspec.Struct, frozen=True):
    """A repository whose standing is another than a week before; scores are 0 to 100."""

    slug: str
    name: str
    before: str
    after: str
    score_before: float | None
    score_after: float | None


class NewViolations(msgspec.Struct, frozen=True):
    """Open MUST findings of one rule that came with code in the week."""

    code: str
    title: str
    findings: int
    repositories: int


class EndingWaiver(msgspec.Struct, frozen=True):
    """A waiver that ends within two weeks."""

    repository: str
    slug: str
    code: str
    until: date


class CheapFix(msgspec.Struct, frozen=True):
    """A rule that is cheap to put right: open violations, fixes ready, minutes for what has none."""

    code: str
    title: str
    violations: int
    repositories: int
    patches: int
    minutes: int


class Contents(msgspec.Struct, frozen=True):
    """A digest; the ``more_…`` are how many of a kind are not told one by one."""

    week: date
    repositories: int
    standings: list[Standing]
    new: list[NewViolations]
    waivers: list[EndingWaiver]
    fixes: list[CheapFix]
    more_standings: int = 0
    more_new: int = 0
    more_new_rules: int = 0
    more_waivers: int = 0

    @property
    def is_worth_a_mail(self) -> bool:
        """Whether anything changed."""
        return bool(self.standings or self.new or self.waivers)

    @property
    def new_findings(self) -> int:
        """How many MUST findings came."""
        return sum(item.findings for item in self.new) + self.more_new

    @property
    def summary(self) -> str:
        """What changed, in a few words."""
        told = [
            (
                len(self.standings) + self.more_standings,
                "change of standing",
                "changes of standing",
            ),
            (self.new_findings, "new MUST finding", "new MUST findings"),
            (len(self.waivers) + self.more_waivers, "waiver ends", "waivers end"),
        ]
        return ", ".join(
            f"{number} {one if number == 1 else many}" for number, one, many in told if number
        )
