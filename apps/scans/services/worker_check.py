"""What a worker finds out about its own machine before it scans anything."""

import logging
import socket

from apps.repositories.git.program import program_trouble
from apps.scans.models import WorkerCheck
from core.cleaning import clean_text
from plumbline.sandbox import SandboxError, self_test

logger = logging.getLogger(__name__)


def worker_check_note(*, host: str = "") -> WorkerCheck:
    """Let a confined child try what a hijacked parser would, look at git, and write down what came of it."""
    host = clean_text(host or socket.gethostname(), limit=255)
    allowed: list[str] = []
    missing: list[str] = []
    problem = program_trouble()
    try:
        result = self_test()
    except SandboxError as error:
        problem = f"{problem} The sandbox does not work: {error.text}.".strip()
    else:
        allowed, missing = list(result.allowed), list(result.missing)
    check, _ = WorkerCheck.objects.update_or_create(
        host=host, defaults={"allowed": allowed, "missing": missing, "problem": problem}
    )
    if check.is_in_order:
        logger.info("the sandbox holds", extra={"missing": missing})
    else:
        logger.error("this worker is not safe: %s", check.trouble)
    return check
