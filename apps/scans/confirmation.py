"""An act on many scans, shown before it is done: what was seen is what is done, and nothing that came since."""

from dataclasses import dataclass

from django.db.models import Max, QuerySet
from django.http import QueryDict

from apps.accounts.selectors import Person
from apps.scans.activity import count_up_to
from apps.scans.models import Scan
from apps.scans.scan_pages import LANES, TRIGGERS, ScanQuery
from apps.scans.services import CANCELLED_AT_ONCE, RETRIED_AT_ONCE
from core.addresses import whole_number

SAMPLE = 12


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What an act would be done to.

    Attributes:
        act: retry or cancel.
        query: Which scans the address asks for.
        scans: Those of them to which it can be done, up to the newest that was shown.
        limit: To how many it is done in one go.
        upto: The newest that was shown.
    """

    act: str
    query: ScanQuery
    scans: QuerySet[Scan]
    limit: int
    upto: int

    @classmethod
    def of_retry(cls, asked: QueryDict, *, user: Person) -> "Confirmation":
        """Ask again for failed scans for which nothing better has come since."""
        query = ScanQuery.of(asked)
        return cls._upto("retry", query, query.failing(user=user), RETRIED_AT_ONCE, asked)

    @classmethod
    def of_cancel(cls, asked: QueryDict, *, user: Person) -> "Confirmation":
        """Cancel waiting scans that the user may cancel."""
        query = ScanQuery.of(asked)
        return cls._upto("cancel", query, query.cancellable(user=user), CANCELLED_AT_ONCE, asked)

    @classmethod
    def _upto(
        cls, act: str, query: ScanQuery, scans: QuerySet[Scan], limit: int, asked: QueryDict
    ) -> "Confirmation":
        upto = whole_number(asked.get("upto", ""), digits=15)
        if upto is None:
            upto = scans.order_by().aggregate(upto=Max("pk"))["upto"] or 0
        return cls(act, query, scans.filter(pk__lte=upto), limit, upto)

    @property
    def parameters(self) -> dict[str, str]:
        """What the form sends on."""
        return self.query.parameters | {"upto": str(self.upto)}

    @property
    def count(self) -> int:
        """How many there are, as far as it is of interest."""
        return count_up_to(self.scans)

    @property
    def sample(self) -> list[Scan]:
        """Some of them, to see whether they are the ones that were meant."""
        return list(
            self.scans.select_related("repository", "requested_by").order_by("-id")[:SAMPLE]
        )

    @property
    def words(self) -> list[str]:
        """The filters in words."""
        return [
            *([f"code {self.query.code}"] if self.query.code else []),
            *([f"team: {self.query.team}"] if self.query.team else []),
            *([f"lane: {LANES[self.query.lane]}"] if self.query.lane else []),
            *([f"asked for by {TRIGGERS[self.query.trigger]}"] if self.query.trigger else []),
            *([f"repository: {self.query.repository}"] if self.query.repository else []),
        ]

    def rows(self) -> QuerySet[Scan]:
        """Those to which it is done now."""
        return self.scans.select_related("repository").order_by("-id")[: self.limit]

    def told(self, done: int, *, disabled: int = 0) -> str:
        """What came of it, in words."""
        verb = "asked for again" if self.act == "retry" else "cancelled"
        text = f"{done} scan{'' if done == 1 else 's'} {'was' if done == 1 else 'were'} {verb}."
        if disabled:
            text += f" {disabled} could not be: their repositories are disabled."
        if done + disabled >= self.limit:
            text += " There may be more: do it again for the rest."
        return text
