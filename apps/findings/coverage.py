"""Which waiver covers which finding. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self

from apps.findings.choices import WaiverScope
from plumbline.config import Config


class Live(Protocol):
    """A waiver that holds, as far as this asks."""

    @property
    def pk(self) -> int: ...  # noqa: D102
    @property
    def scope(self) -> str: ...  # noqa: D102
    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def path_pattern(self) -> str: ...  # noqa: D102
    @property
    def finding_id(self) -> int | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Coverage:
    """The waivers that hold in a repository. What is narrower goes first: a finding's own, its path's, its rule's."""

    by_finding: dict[int, int] = field(default_factory=dict)
    by_path: tuple[tuple[str, Config, int], ...] = ()
    by_rule: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, waivers: Iterable[Live]) -> Self:
        """The coverage of these waivers; of two alike, the first one counts."""
        by_finding: dict[int, int] = {}
        by_rule: dict[str, int] = {}
        by_path: list[tuple[str, Config, int]] = []
        for waiver in waivers:
            if waiver.scope == WaiverScope.FINDING and waiver.finding_id is not None:
                by_finding.setdefault(waiver.finding_id, waiver.pk)
            elif waiver.scope == WaiverScope.RULE:
                by_rule.setdefault(waiver.code, waiver.pk)
            elif waiver.scope == WaiverScope.PATH:
                by_path.append((waiver.code, Config(exclude=(waiver.path_pattern,)), waiver.pk))
        return cls(by_finding, tuple(by_path), by_rule)

    def waiver_of(self, code: str, path: str, finding_id: int | None = None) -> int | None:
        """The waiver that covers a finding; ``finding_id`` is None for one that is new."""
        own = self.by_finding.get(finding_id) if finding_id is not None else None
        if own is not None:
            return own
        for its_code, pattern, waiver_id in self.by_path:
            if its_code == code and pattern.leaves_out(path):
                return waiver_id
        return self.by_rule.get(code)
