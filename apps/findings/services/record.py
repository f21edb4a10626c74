"""The life of findings: what a scan saw is brought together with what is known."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.findings.causes import Change, Circumstances
from apps.findings.choices import PRESENT, EventKind
from apps.findings.identity import Match, matches
from apps.findings.models import Finding, Judgement
from apps.findings.selectors import coverage_of
from apps.findings.services.judgements import judgement_lock
from apps.findings.services.writing import Known, Pen, Standing
from apps.findings.sightings import Place, SeenFinding, Sighting, sightings_of, trace_of
from apps.findings.similarity import Excerpt, excerpt

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class FindingChanges:
    """How many findings a scan changed, and in which way; ``seen`` is how many it saw."""

    new: int = 0
    reopened: int = 0
    appeared_by_rule: int = 0
    fixed: int = 0
    removed_by_rule: int = 0
    removed_with_file: int = 0
    moved: int = 0
    edited: int = 0
    seen: int = 0


@transaction.atomic
def findings_record(
    *,
    repository_id: int,
    scan_id: int,
    at: datetime,
    seen: Sequence[SeenFinding],
    circumstances: Circumstances,
) -> FindingChanges:
    """Bring a repository's findings up to date with what its newest scan saw.

    Only what changed is written. Running it twice gives the same rows.

    Args:
        repository_id: Whose findings.
        scan_id: The scan that saw them.
        at: The time of everything that happened.
        seen: Everything that the scan saw; a finding seen twice counts once.
        circumstances: What else is known of the judgement, which tells why findings come and go.
    """
    judgement, before = judgement_lock(repository_id=repository_id, at=at)
    sightings = sightings_of(seen)
    known = _present(repository_id)
    found = _recognise(known, sightings, circumstances)
    pen = Pen(
        repository_id=repository_id,
        scan_id=scan_id,
        at=at,
        change=Change(before, circumstances),
        coverage=coverage_of(repository_id=repository_id, on=timezone.localdate()),
        last=(judgement.commit, judgement.at),
    )
    unseen = set(known)
    strangers = set(range(len(sightings)))
    for match in found:
        unseen.discard(match.known)
        strangers.discard(match.seen)
        item = known[match.known]
        pen.see(match.known, item, sightings[match.seen])
    pen.meet([sightings[key] for key in sorted(strangers)], is_first=before is None and not known)
    for pk in sorted(unseen):
        pen.miss(pk, known[pk])
    pen.write()
    _judgement_note(judgement, scan_id, at, circumstances)
    return _changes(pen.told, len(sightings))


def _present(repository_id: int) -> dict[int, Known]:
    rows = (
        Finding.objects.filter(repository_id=repository_id, state__in=PRESENT)
        .order_by()
        .values_list("pk", "state", "waiver_id", "blob", *Place._fields)
    )
    return {
        pk: Known(Standing(state, waiver_id), blob, Place(*place))
        for pk, state, waiver_id, blob, *place in rows
    }


def _recognise(
    known: Mapping[int, Known], sightings: Sequence[Sighting], circumstances: Circumstances
) -> list[Match]:
    return matches(
        [trace_of(pk, item.place, item.blob) for pk, item in known.items()],
        [sighting.trace(number) for number, sighting in enumerate(sightings)],
        renames=circumstances.renames,
        files=circumstances.files,
        code_known=_excerpts,
        code_seen=lambda keys: {key: sightings[key].excerpt() for key in keys},
    )


def _excerpts(pks: Collection[int]) -> dict[int, Excerpt]:
    """The code of known findings, as it was kept."""
    wanted = sorted(pks)
    found: dict[int, Excerpt] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = Finding.objects.filter(pk__in=wanted[start : start + _CHUNK]).values_list(
            "pk", "snippet", "snippet_start", "line", "end_line"
        )
        found.update(
            (pk, excerpt(snippet, begin, line, end_line))
            for pk, snippet, begin, line, end_line in rows
        )
    return found


def _judgement_note(
    judgement: Judgement, scan_id: int, at: datetime, circumstances: Circumstances
) -> None:
    judgement.scan_id = scan_id
    judgement.at = at
    judgement.commit = circumstances.commit
    judgement.engine = circumstances.engine
    judgement.rules = {
        code: [facts.version, facts.state] for code, facts in sorted(circumstances.rules.items())
    }
    judgement.unread = sorted(circumstances.unread)
    judgement.exclude = list(circumstances.exclude)
    judgement.save()


def _changes(told: Counter[str], seen: int) -> FindingChanges:
    kinds = (
        *(EventKind.NEW, EventKind.REOPENED, EventKind.APPEARED_BY_RULE, EventKind.FIXED),
        *(
            EventKind.REMOVED_BY_RULE,
            EventKind.REMOVED_WITH_FILE,
            EventKind.MOVED,
            EventKind.EDITED,
        ),
    )
    return FindingChanges(**{str(kind): told[kind] for kind in kinds}, seen=seen)
