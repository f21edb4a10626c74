"""Acts on findings: what a scan saw is brought together with what is known."""

from apps.findings.services.events import events_release
from apps.findings.services.record import FindingChanges, findings_record
from apps.findings.sightings import SeenFinding

__all__ = ["FindingChanges", "SeenFinding", "events_release", "findings_record"]
