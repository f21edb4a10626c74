"""A whole installation in a folder of its own while a benchmark runs: servers, worker, beat and web, as `make up`.

Import nothing of the apps before ``settings_load``.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import psutil

import django
from django.core.management import call_command

from core.runtime.addresses import Addresses
from core.runtime.console import Console
from core.runtime.environment import prepare
from core.runtime.probe import answers
from core.runtime.stage import Stage, staged

START_SECONDS = 90


class Processor(NamedTuple):
    """Seconds of processor time, user and system, of every process of a kind, ended ones included."""

    worker: float
    servers: float
    web: float

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self)

    def __sub__(self, other: tuple[float, ...]) -> Processor:
        """What was used since."""
        return Processor(*(now - then for now, then in zip(self, other, strict=True)))


@dataclass(frozen=True)
class Installation:
    """What runs, and where."""

    stage: Stage
    port: int

    def processor(self) -> Processor:
        """What was used so far, from the times of the kernel for live processes and those whose end was waited for."""
        seconds = {"celery": 0.0, "postgres": 0.0, "valkey": 0.0, "gunicorn": 0.0}
        for program in psutil.Process().children():
            line = " ".join(program.cmdline())
            for name in seconds:
                if f" {name} " in f" {line}".replace("/", " ") and " beat " not in line:
                    seconds[name] += tree_seconds(program)
                    break
        return Processor(
            seconds["celery"], seconds["postgres"] + seconds["valkey"], seconds["gunicorn"]
        )

    def worker_memory(self) -> int:
        """Bytes that the worker and everything below it have now, shared ones divided among those that share them."""
        for program in psutil.Process().children():
            line = " ".join(program.cmdline())
            if " celery " in line.replace("/", " ") and " worker " in line:
                return sum(map(_memory, [program, *program.children(recursive=True)]))
        return 0

    @classmethod
    @contextmanager
    def running(cls, folder: Path, *, workers: int) -> Iterator[Self]:
        """Start everything; all of it is gone when the block is left."""
        port = _free_port()
        console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
        with staged(Addresses.under(folder), console) as stage:
            stage.start_servers()
            call_command("migrate", interactive=False, verbosity=0)
            stage.start_services(port=port, workers=workers)
            stage.supervisor.wait(
                lambda: answers(port, "/health/"),
                seconds=START_SECONDS,
                what="the web server does not answer",
            )
            yield cls(stage, port)


def settings_load(folder: Path) -> None:
    """Make Django ready for an installation in this folder."""
    os.environ["PLUMBLINE_VAR"] = str(folder)
    # What is not asked for is not measured.
    os.environ.setdefault("PLUMBLINE_BACKFILL_MONTHS", "0")
    prepare(os.environ, local_repositories=True)
    django.setup()


def tree_seconds(program: psutil.Process) -> float:
    """Processor time of a program and of everything below it, ended ones included."""
    total = 0.0
    for process in (program, *program.children(recursive=True)):
        try:
            total += sum(process.cpu_times()[:4])  # user, system, and both of children that ended
        except psutil.NoSuchProcess:
            continue
    return total


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
