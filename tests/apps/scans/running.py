"""Running scans in the test's own process."""

from apps.repositories.models import Repository
from apps.scans.models import Scan
from apps.scans.pipeline import scan_run
from apps.scans.services import scan_request


def scan(repository: Repository, ref: str = "") -> Scan:
    """Ask for a scan, run it, and give how it ended."""
    wanted = scan_request(repository=repository, trigger="manual", ref=ref)
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    return wanted
