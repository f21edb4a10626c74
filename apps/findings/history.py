"""What happened to a finding, in sentences."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.findings.choices import Cause, EventKind
from apps.findings.models import FindingEvent


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event of a finding's life.

    Attributes:
        icon: The symbol beside it.
        text: What happened, one sentence.
        note: What somebody said about it, or where it was before.
        at: When.
        commit: With which commit; blank if that is not known.
        scan: The public id of the scan that saw it.
    """

    icon: str
    text: str
    note: str
    at: datetime
    commit: str
    scan: UUID | None


_ICONS = {
    EventKind.NEW: "fail",
    EventKind.REOPENED: "fail",
    EventKind.APPEARED_BY_RULE: "info",
    EventKind.FIXED: "pass",
    EventKind.REMOVED_BY_RULE: "info",
    EventKind.REMOVED_WITH_FILE: "not_applicable",
    EventKind.MOVED: "next",
    EventKind.EDITED: "commit",
    EventKind.SUPPRESSED: "waived",
    EventKind.UNSUPPRESSED: "fail",
    EventKind.WAIVED: "waived",
    EventKind.WAIVER_ENDED: "fail",
}
_COMING = {
    Cause.CODE: "It came with a change of the code.",
    Cause.FIRST_SCAN: "It was there when the repository was judged for the first time.",
    Cause.CONFIGURATION: "The repository left its file out until then.",
}
_BY_RULE = {
    Cause.RULESET: "the rule changed",
    Cause.ENGINE: "Plumbline reads the code differently since then",
    Cause.POLICY: "the policy changed",
    Cause.CONFIGURATION: "the repository's configuration changed",
    Cause.APPLICABILITY: "the rule began or ceased to apply",
    Cause.WAIVER: "a waiver changed",
    Cause.CODE: "the code changed",
    Cause.FIRST_SCAN: "it was the first scan",
}


def history_lines(events: Iterable[FindingEvent], *, introduced_by: str = "") -> list[HistoryLine]:
    """Tell each event; ``introduced_by`` made the commit with which the finding came."""
    return [_line(event, introduced_by) for event in events]


def _line(event: FindingEvent, introduced_by: str) -> HistoryLine:
    kind, cause = EventKind(event.kind), Cause(event.cause)
    text, note = _TELL[kind](event, cause)
    if kind == EventKind.NEW and cause == Cause.CODE and introduced_by:
        note = f"by {introduced_by}"
    scan = event.scan.public_id if event.scan else None
    return HistoryLine(_ICONS[kind], text, note, event.at, event.commit, scan)


def _new(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    return _COMING.get(cause, f"It was reported: {_BY_RULE[cause]}."), ""


def _reopened(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    if cause == Cause.CODE:
        return "It came back with a change of the code.", ""
    return f"It came back: {_BY_RULE[cause]}.", ""


def _appeared(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    return f"It is reported since then, because {_BY_RULE[cause]}. Nobody's code did it.", ""


def _fixed(_event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    return "It was fixed.", ""


def _removed(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    return f"It is not reported any more, because {_BY_RULE[cause]}.", ""


def _file_gone(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    if cause == Cause.CONFIGURATION:
        return "The repository leaves its file out now.", ""
    return "Its file was removed.", ""


def _moved(event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    return "It moved.", f"from {_place(event)}"


def _edited(event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    return "Its code was edited, and it is still there.", f"it was at {_place(event)}"


def _suppressed(_event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    return "It was suppressed by a comment in the code.", ""


def _unsuppressed(_event: FindingEvent, cause: Cause) -> tuple[str, str]:
    if cause == Cause.CONFIGURATION:
        return "The suppression in the code ended by its date.", ""
    return "The comment that suppressed it is gone.", ""


def _waived(event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    waiver = event.waiver
    if waiver is None:
        return "It was waived.", ""
    by = f" by {waiver.decided_by.email}" if waiver.decided_by else ""
    return f"It was waived{by} until {waiver.until:%-d %B %Y}.", waiver.reason


def _waiver_ended(event: FindingEvent, _cause: Cause) -> tuple[str, str]:
    waiver = event.waiver
    if waiver is None:
        return "Its waiver ended.", ""
    return f"Its waiver ended ({waiver.get_state_display()}).", ""


def _place(event: FindingEvent) -> str:
    was: dict[str, Any] = event.was or {}
    symbol = f" ({was['symbol']})" if was.get("symbol") else ""
    return f"{was.get('path', '?')}:{was.get('line', '?')}{symbol}"


_TELL: dict[EventKind, Callable[[FindingEvent, Cause], tuple[str, str]]] = {
    EventKind.NEW: _new,
    EventKind.REOPENED: _reopened,
    EventKind.APPEARED_BY_RULE: _appeared,
    EventKind.FIXED: _fixed,
    EventKind.REMOVED_BY_RULE: _removed,
    EventKind.REMOVED_WITH_FILE: _file_gone,
    EventKind.MOVED: _moved,
    EventKind.EDITED: _edited,
    EventKind.SUPPRESSED: _suppressed,
    EventKind.UNSUPPRESSED: _unsuppressed,
    EventKind.WAIVED: _waived,
    EventKind.WAIVER_ENDED: _waiver_ended,
}
