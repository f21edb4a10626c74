"""Which events the address of the audit page asks for, and how it shows them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.audit_words import ACTIONS, action_words, detail_lines
from apps.accounts.models import AuditEvent
from apps.accounts.selectors import Person, audit_list
from core.addresses import query_string, whole_number
from core.cleaning import clean_text

ROWS, CSV_ROWS = 50, 50_000
PERIODS = {"": "Ever", "day": "24 hours", "week": "7 days", "month": "30 days", "year": "365 days"}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_ACTED_ON = list(dict.fromkeys(action.partition(".")[0] for action in ACTIONS))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event as people read it."""

    event: AuditEvent
    words: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Filters of the audit log; what makes no sense is left out."""

    actor: str = ""
    action: str = ""
    target: str = ""
    period: str = ""
    before: int | None = None

    @classmethod
    def of(cls, address: Mapping[str, str]) -> "AuditQuery":
        """Read an address."""
        action, period = address.get("action", ""), address.get("period", "")
        return cls(
            actor=clean_text(address.get("actor", "").strip(), limit=254),
            action=action if action in ACTIONS or action in _ACTED_ON else "",
            target=clean_text(address.get("target", "").strip(), limit=200),
            period=period if period in PERIODS else "",
            before=whole_number(address.get("before", ""), digits=18),
        )

    @property
    def address(self) -> str:
        """The query of the page that shows this."""
        named = {
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "period": self.period,
            "before": "" if self.before is None else str(self.before),
        }
        return query_string(named) or "?"

    @property
    def newest(self) -> str:
        """The address of the same from its beginning."""
        return replace(self, before=None).address

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.actor or self.action or self.target or self.period)

    @property
    def since(self) -> datetime | None:
        """From when on events are shown."""
        days = _DAYS.get(self.period)
        return timezone.now() - timedelta(days=days) if days else None

    def events(self, *, user: Person) -> QuerySet[AuditEvent]:
        """The events that it asks for, newest first.

        Raises:
            Forbidden: The user may not read the log.
        """
        found = audit_list(
            user=user, actor=self.actor, action=self.action, target=self.target, since=self.since
        )
        return found if self.before is None else found.filter(pk__lt=self.before)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A part of the log, and the address of the next part; blank if there is none."""

    rows: list[AuditRow]
    older: str

    @classmethod
    def of(cls, query: AuditQuery, *, user: Person) -> "AuditPage":
        """Read what an address asks for; nothing is counted."""
        events = list(query.events(user=user)[: ROWS + 1])
        shown = events[:ROWS]
        more = len(events) > ROWS
        return cls(
            [
                AuditRow(event, action_words(event.action), detail_lines(event.detail))
                for event in shown
            ],
            replace(query, before=shown[-1].pk).address if more else "",
        )


def audit_rows(query: AuditQuery, *, user: Person) -> Iterator[list[object]]:
    """The events that an address asks for as rows of a table with a heading, up to ``CSV_ROWS``."""
    events = query.events(user=user)[:CSV_ROWS]
    return _rows(events)


def _rows(events: QuerySet[AuditEvent]) -> Iterator[list[object]]:
    yield ["at", "who", "action", "target", "detail"]
    for event in events.iterator(chunk_size=1000):
        yield [
            *(event.created_at.isoformat(timespec="seconds"), event.actor_name or "Plumbline"),
            *(event.action, event.target, "; ".join(detail_lines(event.detail))),
        ]


def action_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Acts to choose from, by what they are done to."""
    return [
        (
            kind,
            [(action, words) for action, words in ACTIONS.items() if action.startswith(f"{kind}.")],
        )
        for kind in _ACTED_ON
    ]
