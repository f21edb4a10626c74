"""A patching engine that dies of one file, as LibCST may of a file that nobody has thought of yet."""

import os

from plumbline.patching import decode_job, engine


def evaluate_encoded(job: bytes) -> bytes:
    """Patches, unless a fix for ``deadly/models.py`` is asked for."""
    request = decode_job(job)
    if "deadly/models.py" in request.contents:
        os.abort()
    return engine.evaluate_encoded(job)
