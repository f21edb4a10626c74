"""Writing what a scan changed: new rows and events by COPY, changed rows by one statement for each kind of change."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from psycopg.types.json import Jsonb

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from apps.findings.causes import Change
from apps.findings.choices import PRESENT, Cause, EventKind, FindingState
from apps.findings.models import Finding, FindingEvent
from apps.findings.sightings import Place, Sighting, path_digest
from core.bulk import ids_reserve, rows_copy

_CHUNK = 1000
_GOES_TO = {
    EventKind.FIXED: FindingState.FIXED,
    EventKind.REMOVED_BY_RULE: FindingState.REMOVED_BY_RULE,
    EventKind.REMOVED_WITH_FILE: FindingState.REMOVED_WITH_FILE,
}
_EVENT_FIELDS = (
    *("created_at", "kind", "cause", "at", "commit", "code", "level", "preview", "was"),
    *("finding", "repository", "scan"),
)
_NEW_FIELDS = (
    *("id", "created_at", "repository", "state", *Place._fields, "path_digest", "blob"),
    *("snippet", "snippet_start", "first_seen_at", "first_seen_commit", "first_seen_scan"),
    *("introduced_by", "last_seen_commit"),
)
_CHANGED_FIELDS = [
    *("state", *Place._fields, "path_digest", "fixed_at", "reopened_at"),
    *("last_seen_at", "last_seen_commit"),
]
_CODE_FIELDS = ["blob", "snippet", "snippet_start"]


@dataclass
class Pen:
    """Collects what a scan changed and writes it at the end; ``last`` is when and what was judged before."""

    repository_id: int
    scan_id: int
    at: datetime
    change: Change
    last: tuple[str, datetime]
    told: Counter[str] = field(default_factory=Counter)
    _now: datetime = field(default_factory=timezone.now)
    _new: list[tuple[Sighting, EventKind, Cause]] = field(default_factory=list)
    _changed: dict[int, Sighting] = field(default_factory=dict)
    _returning: set[int] = field(default_factory=set)
    _renamed: list[int] = field(default_factory=list)
    _gone: dict[EventKind, list[int]] = field(default_factory=lambda: defaultdict(list))
    _events: list[tuple[object, ...]] = field(default_factory=list)

    def see(self, pk: int, state: str, known: Place, sighting: Sighting) -> None:
        """A known finding is still there, perhaps otherwise than before."""
        place = sighting.place
        target = _state(sighting)
        cause = self.change.of_staying(place.code)
        was = {"path": known.path, "line": known.line, "symbol": known.symbol}
        if (known.path, known.symbol) != (place.path, place.symbol):
            self._tell(EventKind.MOVED, cause, pk, place, was)
        elif known.content not in ("", place.content) and cause == Cause.CODE:
            self._tell(EventKind.EDITED, cause, pk, place, was)
        if state != target:
            is_suppressed = target == FindingState.SUPPRESSED
            kind = EventKind.SUPPRESSED if is_suppressed else EventKind.UNSUPPRESSED
            self._tell(kind, cause, pk, place)
        if state != target or known != place or sighting.snippet is not None:
            self._changed[pk] = sighting
            if known.fingerprint != place.fingerprint:
                self._renamed.append(pk)

    def meet(self, sightings: Sequence[Sighting], *, is_first: bool) -> None:
        """Findings are there that were not before: some return, the others are new."""
        gone = {} if is_first or not sightings else self._gone_before(sightings)
        for sighting in sightings:
            place = sighting.place
            kind, cause = self.change.of_coming(place.code, place.path)
            former = gone.get((place.code, place.symbol, place.content))
            if not former:
                self._new.append((sighting, kind, cause))
                continue
            pk = former.pop()
            kind = EventKind.REOPENED if kind == EventKind.NEW else kind
            self._tell(kind, cause, pk, place)
            if sighting.is_suppressed:
                self._tell(EventKind.SUPPRESSED, cause, pk, place)
            self._changed[pk] = sighting
            self._returning.add(pk)

    def miss(self, pk: int, known: Place, *, had_file: bool) -> None:
        """A known finding is not there any more, unless nobody could look."""
        told = self.change.of_going(known.code, known.path, had_file=had_file)
        if told is None:
            return
        kind, cause = told
        self._tell(kind, cause, pk, known)
        self._gone[kind].append(pk)

    def write(self) -> None:
        """Write all of it."""
        self._write_gone()
        self._write_changed()
        self._write_new()
        if self._events:
            rows_copy(FindingEvent, _EVENT_FIELDS, self._events)

    def _tell(
        self,
        kind: EventKind,
        cause: Cause,
        pk: int,
        place: Place,
        was: dict[str, object] | None = None,
    ) -> None:
        self.told[kind] += 1
        self._events.append(
            (
                self._now,
                str(kind),
                str(cause),
                self.at,
                self.change.now.commit,
                place.code,
                place.level,
                place.preview,
                None if was is None else Jsonb(was),
                pk,
                self.repository_id,
                self.scan_id,
            )
        )

    def _gone_before(self, sightings: Sequence[Sighting]) -> dict[tuple[str, str, str], list[int]]:
        """Findings that went away and may be among these, by what they are known by; the last that went is last."""
        found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        contents = {sighting.place.content for sighting in sightings} - {""}
        for some in batched(sorted(contents), _CHUNK, strict=False):
            rows = (
                Finding.objects.filter(repository_id=self.repository_id, content__in=some)
                .exclude(state__in=PRESENT)
                .order_by("last_seen_at", "pk")
                .values_list("pk", "code", "symbol", "content")
            )
            for pk, code, symbol, content in rows:
                found[code, symbol, content].append(pk)
        return found

    @transaction.atomic(savepoint=False)
    def _write_gone(self) -> None:
        commit, at = self.last
        for kind, pks in self._gone.items():
            for start in range(0, len(pks), _CHUNK):
                Finding.objects.filter(pk__in=pks[start : start + _CHUNK]).update(
                    state=_GOES_TO[kind],
                    fixed_at=self.at if kind == EventKind.FIXED else None,
                    last_seen_at=at,
                    last_seen_commit=commit,
                )

    def _write_changed(self) -> None:
        if self._renamed:
            # Fingerprints may change places, and each must be one finding's at any moment.
            Finding.objects.filter(pk__in=self._renamed).update(
                fingerprint=Concat(Value("-"), "id", output_field=Finding.fingerprint.field)
            )
        pks = sorted(self._changed)
        for start in range(0, len(pks), _CHUNK):
            chunk = Finding.objects.defer("snippet").in_bulk(pks[start : start + _CHUNK])
            self._upsert([self._apply(finding) for finding in chunk.values()])

    def _apply(self, finding: Finding) -> Finding:
        sighting = self._changed[finding.pk]
        for name, value in zip(Place._fields, sighting.place, strict=True):
            setattr(finding, name, value)
        finding.path_digest = path_digest(finding.path)
        finding.state = _state(sighting)
        if finding.pk in self._returning:
            finding.fixed_at = finding.last_seen_at = None
            finding.last_seen_commit = ""
            finding.reopened_at = self.at
        if sighting.snippet is not None:
            finding.blob = sighting.blob
            finding.snippet, finding.snippet_start = sighting.snippet, sighting.snippet_start
        return finding

    @transaction.atomic(savepoint=False)
    def _upsert(self, findings: list[Finding]) -> None:
        """Update rows; a snippet that was not read again stays."""
        with_code = [finding for finding in findings if "snippet" in finding.__dict__]
        without = [finding for finding in findings if "snippet" not in finding.__dict__]
        for finding in without:
            finding.snippet = ""  # Needed to spell the INSERT; never written, the row is there.
        for group, fields in (
            (with_code, [*_CHANGED_FIELDS, *_CODE_FIELDS]),
            (without, _CHANGED_FIELDS),
        ):
            Finding.objects.bulk_create(
                group,
                batch_size=_CHUNK,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=fields,
            )

    def _write_new(self) -> None:
        if not self._new:
            return
        commit, author = self.change.now.commit, self.change.now.author
        rows = []
        for pk, (sighting, kind, cause) in zip(
            ids_reserve(Finding, len(self._new)), self._new, strict=True
        ):
            place = sighting.place
            is_ours = cause == Cause.CODE
            self._tell(kind, cause, pk, place)
            if sighting.is_suppressed:
                self._tell(EventKind.SUPPRESSED, cause, pk, place)
            rows.append(
                (
                    *(pk, self._now, self.repository_id, str(_state(sighting)), *place),
                    *(
                        path_digest(place.path),
                        sighting.blob if sighting.snippet is not None else "",
                    ),
                    *(
                        sighting.snippet or "",
                        sighting.snippet_start,
                        self.at,
                        commit,
                        self.scan_id,
                    ),
                    *(author if is_ours else "", ""),
                )
            )
        rows_copy(Finding, _NEW_FIELDS, rows)


def _state(sighting: Sighting) -> FindingState:
    return FindingState.SUPPRESSED if sighting.is_suppressed else FindingState.OPEN
