"""Runs a module's command line with a clock that is wrong: `python -m tests.faults.wrong_clock SECONDS MODULE …`."""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine

if __name__ == "__main__":
    by = timedelta(seconds=float(sys.argv[1]))
    sys.argv = sys.argv[2:]
    time_machine.travel(datetime.now(UTC) + by, tick=True).start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
