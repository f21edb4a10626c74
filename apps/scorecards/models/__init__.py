"""What scorecards keep."""

from apps.scorecards.models.snapshots import Occasion, Sheet, Snapshot

__all__ = ["Occasion", "Sheet", "Snapshot"]
