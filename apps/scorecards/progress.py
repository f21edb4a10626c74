"""What the terminal shows while scans run, and when they are done."""

from collections.abc import Iterator
from typing import TextIO, cast

from apps.accounts.models import User
from apps.rulebook.choices import RuleState
from apps.scans.models import Scan, ScanState
from apps.scans.selectors import result_list, scan_get
from plumbline.registry import all_rules
from plumbline.report import SCHEMA, Files, Report, RuleOutcome, Standing, State
from plumbline.terminal import Palette, safe, scorecard_text


class ScanProgress:
    """Some scans, read again and again until all have ended."""

    def __init__(self, *, user: User) -> None:
        self._user = user
        self._scans: list[Scan] = []

    def add(self, scan: Scan) -> None:
        """Watch one more scan."""
        self._scans.append(scan_get(user=self._user, public_id=scan.public_id))

    def refresh(self) -> None:
        """Read the scans that had not ended."""
        self._scans = [
            scan if scan.is_finished else scan_get(user=self._user, public_id=scan.public_id)
            for scan in self._scans
        ]

    @property
    def finished(self) -> bool:
        """Whether all have ended."""
        return all(scan.is_finished for scan in self._scans)

    def line(self) -> str:
        """Give one line: the repositories that are not done, each with its phase."""
        ended = sum(scan.is_finished for scan in self._scans)
        running = " · ".join(_state(scan) for scan in self._scans if not scan.is_finished)
        return f"[{ended}/{len(self._scans)}] {running}"

    def scorecards(self, stream: TextIO) -> Iterator[str]:
        """Give the scorecard of each scan as text for `stream`, or why there is none."""
        palette = Palette.of(stream)
        for scan in self._scans:
            if scan.state == ScanState.DONE:
                yield _scorecard(scan, palette)
            else:
                words = f"{scan.get_state_display()}. {scan.error_text} {scan.error_remedy}"
                yield safe(f"{scan.repository.name}: {words}".strip())


def _state(scan: Scan) -> str:
    text = f"{safe(scan.repository.name)}: {scan.get_phase_display()}"
    return f"{text} {scan.files_done}/{scan.files_total}" if scan.files_total else text


def _scorecard(scan: Scan, palette: Palette) -> str:
    rules = all_rules()
    text = scorecard_text(_report(scan, list(rules)), rules, palette)
    return f"{palette.bold}{safe(scan.repository.name)}{palette.off} at {scan.commit[:12]}\n{text}"


def _report(scan: Scan, order: list[str]) -> Report:
    """Put a recorded scan back into the engine's shape, so that both print the same."""
    results = [result for result in result_list(scan) if result.code in order]
    return Report(
        schema=SCHEMA,
        engine=scan.engine,
        ruleset=scan.ruleset,
        path="",
        commit=scan.commit,
        score=None if scan.score is None else float(scan.score),
        standing=cast("Standing | None", scan.standing or None),
        evaluated=scan.evaluated,
        applicable=scan.applicable,
        partial=any(result.state == RuleState.ERROR for result in results),
        files=Files(read=scan.files_read, excluded=scan.files_excluded),
        timings={},
        rules=[
            RuleOutcome(
                code=result.code,
                statement=result.code,
                level=result.level,
                preview=result.preview,
                state=cast("State", result.state),
                subjects=result.subjects,
                violations=result.violations,
                evidence=result.evidence,
                suppressed=result.suppressed,
                weight=result.weight,
                waived=result.waived,
            )
            for result in sorted(results, key=lambda result: order.index(result.code))
        ],
        findings=[],
        facts={},
    )
