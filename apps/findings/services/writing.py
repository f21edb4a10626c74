"""Writing what a scan changed: new rows and events by COPY, changed rows by one statement for each kind of change."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import NamedTuple

from psycopg.types.json import Jsonb

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from apps.findings.causes import Change
from apps.findings.choices import PRESENT, Cause, EventKind, FindingState
from apps.findings.coverage import Coverage
from apps.findings.models import Finding, FindingEvent
from apps.findings.sightings import Place, Sighting, path_digest
from core.bulk import ids_reserve, rows_copy, rows_update

_CHUNK = 1000
_GOES_TO = {
    EventKind.FIXED: FindingState.FIXED,
    EventKind.REMOVED_BY_RULE: FindingState.REMOVED_BY_RULE,
    EventKind.REMOVED_WITH_FILE: FindingState.REMOVED_WITH_FILE,
}
_EVENT_FIELDS = (
    *("created_at", "kind", "cause", "at", "commit", "code", "level", "preview", "was"),
    *("finding", "repository", "scan", "waiver"),
)
_NEW_FIELDS = (
    *("id", "created_at", "repository", "state", *Place._fields, "path_digest", "blob"),
    *("snippet", "snippet_start", "first_seen_at", "first_seen_commit", "first_seen_scan"),
    *("introduced_by", "last_seen_commit", "waiver", "came_at"),
)
_CHANGED_FIELDS = ("state", "waiver", *Place._fields, "path_digest")
_CODE_FIELDS = ("blob", "snippet", "snippet_start")
_RETURN_FIELDS = ("fixed_at", "last_seen_at", "last_seen_commit", "reopened_at", "came_at")


class Standing(NamedTuple):
    """The state of a finding that is there, and the waiver that covers it."""

    state: str
    waiver_id: int | None


_OPEN = Standing(FindingState.OPEN, None)


class Known(NamedTuple):
    """A finding that was there, as it was last written."""

    standing: Standing
    blob: str
    place: Place


@dataclass
class Pen:
    """Collects what a scan changed and writes it at the end; ``last`` is when and what was judged before."""

    repository_id: int
    scan_id: int
    at: datetime
    change: Change
    coverage: Coverage
    last: tuple[str, datetime]
    told: Counter[str] = field(default_factory=Counter)
    _now: datetime = field(default_factory=timezone.now)
    _new: list[tuple[Sighting, EventKind, Cause]] = field(default_factory=list)
    _changed: dict[int, Sighting] = field(default_factory=dict)
    _returning: dict[int, datetime | None] = field(default_factory=dict)
    _renamed: list[int] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=dict)
    _gone: dict[EventKind, list[int]] = field(default_factory=lambda: defaultdict(list))
    _events: list[tuple[object, ...]] = field(default_factory=list)

    def see(self, pk: int, known: Known, sighting: Sighting) -> None:
        """A known finding is still there, perhaps otherwise than before."""
        place, was = sighting.place, known.place
        cause = self.change.of_staying(place.code)
        before = {"path": was.path, "line": was.line, "symbol": was.symbol}
        if (was.path, was.symbol) != (place.path, place.symbol):
            self._tell(EventKind.MOVED, cause, pk, place, was=before)
        elif was.content not in ("", place.content) and cause == Cause.CODE:
            self._tell(EventKind.EDITED, cause, pk, place, was=before)
        standing = self._standing(sighting, pk)
        if standing != known.standing:
            self._tell_standing(known.standing, standing, cause, pk, place)
        if standing != known.standing or was != place or sighting.snippet is not None:
            self._changed[pk] = sighting
            if was.fingerprint != place.fingerprint:
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
            pk, state = former.pop()
            if kind == EventKind.NEW:
                kind = EventKind.REOPENED
                if state == FindingState.REMOVED_BY_RULE:
                    kind, cause = EventKind.APPEARED_BY_RULE, Cause.APPLICABILITY
            self._tell(kind, cause, pk, place)
            self._tell_standing(_OPEN, self._standing(sighting, pk), cause, pk, place)
            self._changed[pk] = sighting
            self._returning[pk] = self._came(cause)

    def miss(self, pk: int, known: Known) -> None:
        """A known finding is not there any more, unless nobody could look."""
        place = known.place
        told = self.change.of_going(place.code, place.path, known.blob)
        if told is None:
            self._kept[place.fingerprint] = pk
            return
        kind, cause = told
        self._tell(kind, cause, pk, place)
        self._gone[kind].append(pk)

    def write(self) -> None:
        """Write all of it."""
        seen = [*self._changed.values(), *(sighting for sighting, _, _ in self._new)]
        # What nobody could look at keeps its row, but not a fingerprint that another finding has now.
        given = {sighting.place.fingerprint for sighting in seen}
        self._renamed += [pk for name, pk in self._kept.items() if name in given]
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
        *,
        was: dict[str, object] | None = None,
        waiver_id: int | None = None,
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
                waiver_id,
            )
        )

    def _standing(self, sighting: Sighting, pk: int | None = None) -> Standing:
        """How a finding stands that is there; what is suppressed in the code needs no waiver."""
        if sighting.is_suppressed:
            return Standing(FindingState.SUPPRESSED, None)
        place = sighting.place
        waiver_id = self.coverage.waiver_of(place.code, place.path, pk)
        return _OPEN if waiver_id is None else Standing(FindingState.WAIVED, waiver_id)

    def _came(self, cause: Cause) -> datetime | None:
        """When a finding that is there again came, if whoever writes the code is held to account for it."""
        return self.at if cause == Cause.CODE else None

    def _tell_standing(
        self, old: Standing, new: Standing, cause: Cause, pk: int, place: Place
    ) -> None:
        """Tell of suppressions and waivers that began or ended with a scan."""
        if old.state == FindingState.SUPPRESSED != new.state:
            self._tell(EventKind.UNSUPPRESSED, cause, pk, place)
        if old.waiver_id is not None and new.waiver_id is None:
            self._tell(EventKind.WAIVER_ENDED, cause, pk, place, waiver_id=old.waiver_id)
        if new.state == FindingState.SUPPRESSED != old.state:
            self._tell(EventKind.SUPPRESSED, cause, pk, place)
        if new.waiver_id not in (None, old.waiver_id):
            self._tell(EventKind.WAIVED, Cause.WAIVER, pk, place, waiver_id=new.waiver_id)

    def _gone_before(
        self, sightings: Sequence[Sighting]
    ) -> dict[tuple[str, str, str], list[tuple[int, str]]]:
        """Findings that went away and may be among these, by what they are known by; the last that went is last."""
        found: dict[tuple[str, str, str], list[tuple[int, str]]] = defaultdict(list)
        contents = {sighting.place.content for sighting in sightings} - {""}
        for some in batched(sorted(contents), _CHUNK, strict=False):
            rows = (
                Finding.objects.filter(repository_id=self.repository_id, content__in=some)
                .exclude(state__in=PRESENT)
                .order_by("last_seen_at", "pk")
                .values_list("pk", "state", "code", "symbol", "content")
            )
            for pk, state, code, symbol, content in rows:
                found[code, symbol, content].append((pk, state))
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
        rows: dict[tuple[str, ...], list[tuple[object, ...]]] = defaultdict(list)
        for pk, sighting in sorted(self._changed.items()):
            fields, row = self._change(pk, sighting)
            rows[fields].append((pk, *row))
        for fields, changed in rows.items():
            for some in batched(changed, _CHUNK, strict=False):
                rows_update(Finding, fields, some)

    def _change(self, pk: int, sighting: Sighting) -> tuple[tuple[str, ...], tuple[object, ...]]:
        """What a finding is from now on, by field; a snippet that was not read again stays."""
        state, waiver_id = self._standing(sighting, pk)
        place = sighting.place
        fields: tuple[str, ...] = _CHANGED_FIELDS
        row: tuple[object, ...] = (str(state), waiver_id, *place, path_digest(place.path))
        if sighting.snippet is not None:
            fields += _CODE_FIELDS
            row += (sighting.blob, sighting.snippet, sighting.snippet_start)
        if pk in self._returning:
            fields += _RETURN_FIELDS
            row += (None, None, "", self.at, self._returning[pk])
        return fields, row

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
            standing = self._standing(sighting)
            self._tell_standing(_OPEN, standing, cause, pk, place)
            rows.append(
                (
                    *(pk, self._now, self.repository_id, str(standing.state), *place),
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
                    *(author if is_ours else "", "", standing.waiver_id, self._came(cause)),
                )
            )
        rows_copy(Finding, _NEW_FIELDS, rows)
