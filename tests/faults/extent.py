"""How much a fault test does: a short form in every run, the full one under `make test-faults`."""

import os

FULL = os.environ.get("PLUMBLINE_FAULTS") == "full"
# After so many seconds a test is ended, whatever it waits for.
LIMIT_SECONDS = 1200 if FULL else 240


def extent(*, short: int, full: int) -> int:
    """Give a number of repetitions, pushes or files for this run."""
    return full if FULL else short
