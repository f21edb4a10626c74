"""A generated fleet with years of history, in a database of its own, for benchmarks of pages and selectors.

usage: python -m benchmarks.seed_fleet FOLDER [--repositories 1000] [--teams 25] [--findings 1000000]
       [--years 3] [--seed 7]

FOLDER holds the embedded servers' data and is kept; ``python -m benchmarks.pages FOLDER`` and others start the servers
there again. The same numbers and seed give the same fleet, relative to the day on which it is made. Sizes, activity and
shares follow distributions as fleets have them: few large repositories and many small ones, some that change every day
and many that rest, some that get better and some that get worse. What scans record is written by COPY; roll-ups of it
are made by the service itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.installation import settings_load

EMAIL, PASSWORD = "manager@example.org", "correct horse battery staple"


def main() -> int:
    """Make the fleet and say how large it became."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--teams", type=int, default=25)
    parser.add_argument("--findings", type=int, default=1_000_000, help="Open ones.")
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--activity", type=float, default=1.0, help="1: a repository changes on a quarter of days."
    )
    given = parser.parse_args()
    os.environ["DATABASE_POOL_SIZE"] = "0"
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    settings_load(given.folder.resolve())
    _made(given)
    return 0


def _made(given: argparse.Namespace) -> None:
    from django.core.management import call_command

    from benchmarks.seeding.filling import fleet_fill
    from benchmarks.seeding.plan import FleetSize
    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    began = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    size = FleetSize(
        given.repositories,
        given.teams,
        given.findings,
        round(given.years * 365),
        given.seed,
        given.activity,
    )
    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(given.folder.resolve()), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        say("servers and tables are there")
        fleet_fill(size, email=EMAIL, password=PASSWORD, say=say)
        say("done")


if __name__ == "__main__":
    sys.exit(main())
