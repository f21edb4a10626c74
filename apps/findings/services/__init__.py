"""Acts on findings and waivers: what a scan saw is brought together with what is known, and what is allowed."""

from apps.findings.services.baselines import repository_baseline_set
from apps.findings.services.covering import coverage_apply
from apps.findings.services.events import events_release
from apps.findings.services.judgements import judgements_hold
from apps.findings.services.past import findings_seen_before
from apps.findings.services.patches import patch_record, patch_request
from apps.findings.services.record import FindingChanges, findings_record
from apps.findings.services.waivers import (
    waiver_approve,
    waiver_decline,
    waiver_request,
    waiver_withdraw,
    waivers_expire,
)
from apps.findings.services.waivers_bulk import (
    AT_ONCE,
    Asked,
    Decided,
    waivers_decide,
    waivers_request,
)
from apps.findings.sightings import SeenFinding

__all__ = [
    "AT_ONCE",
    "Asked",
    "Decided",
    "FindingChanges",
    "SeenFinding",
    "coverage_apply",
    "events_release",
    "findings_record",
    "findings_seen_before",
    "judgements_hold",
    "patch_record",
    "patch_request",
    "repository_baseline_set",
    "waiver_approve",
    "waiver_decline",
    "waiver_request",
    "waiver_withdraw",
    "waivers_decide",
    "waivers_expire",
    "waivers_request",
]
