"""The interpreter that imports the engine once and forks a confined child whenever it is asked to.

It never sees an untrusted byte itself. It has no environment, no terminal and no descriptor but the
control socket, and it ends, with every child, when the parent closes that socket or dies.
"""

from __future__ import annotations

import codecs
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
import traceback
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Final, NoReturn

from plumbline.sandbox import child
from plumbline.sandbox.confinement import take_name, volunteer_for_the_oom_killer
from plumbline.sandbox.limits import Limits
from plumbline.sandbox.probe import serve_probe
from plumbline.sandbox.program import serve_program

COMMAND = struct.Struct("!BQ")  # verb, token of the child
STATUS = struct.Struct("!i")  # exit status of a child as ``os.waitstatus_to_exitcode`` gives it

EXTRACT: Final = 1
EVALUATE: Final = 2
PROBE: Final = 3
REAP: Final = 4
RUN: Final = 5

_NAMES = {EXTRACT: "pl-extract", EVALUATE: "pl-evaluate", RUN: "pl-run", PROBE: "pl-probe"}

NEVER_STARTED: Final = 255

_ENCODINGS = (
    *("utf-8", "utf-8-sig", "ascii", "latin-1", "iso8859-2", "iso8859-15", "cp1250", "cp1251"),
    *("cp1252", "koi8-r", "euc-jp", "gbk", "gb2312", "big5"),
)


class Zygote:
    """The state of this interpreter: its engine and its children."""

    def __init__(self, control: socket.socket, engine: tuple[str, str], limits: Limits) -> None:
        """Import what extraction needs; evaluation is imported when there is time."""
        self._control = control
        self._extract_name, self._analysis_name = engine
        self._limits = limits
        self._children: dict[int, int] = {}
        self._extract = importlib.import_module(self._extract_name)
        self._analysis: ModuleType | None = None
        self._analysis_tried = False
        _freeze()

    def serve(self) -> None:
        """Obey the parent until it goes."""
        while True:
            if not self._analysis_tried and self._children and not self._has_command():
                with contextlib.suppress(Exception):  # told when an evaluation needs it
                    self._import_analysis()
            message, descriptors, _, _ = socket.recv_fds(self._control, COMMAND.size, 3)
            if len(message) != COMMAND.size:
                return
            verb, token = COMMAND.unpack(message)
            if verb == REAP:
                self._control.sendall(STATUS.pack(self._reap(token)))
            else:
                self._fork(verb, token, descriptors)

    def close(self) -> None:
        """End every child."""
        for token in list(self._children):
            self._reap(token)

    def _has_command(self) -> bool:
        return bool(select.select([self._control], [], [], 0)[0])

    def _import_analysis(self) -> ModuleType:
        self._analysis_tried = True
        if self._analysis is None:
            self._analysis = importlib.import_module(self._analysis_name)
            _freeze()
        return self._analysis

    def _fork(self, verb: int, token: int, descriptors: Sequence[int]) -> None:
        try:
            if verb == EVALUATE:
                self._import_analysis()
            pid = os.fork()
            if not pid:
                self._become_child(verb, descriptors)
            self._children[token] = pid
        except Exception:
            traceback.print_exc()  # the parent sees the closed pipes and reads this
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _become_child(self, verb: int, descriptors: Sequence[int]) -> NoReturn:
        try:
            self._control.close()
            os.setsid()
            take_name(_NAMES[verb])
            volunteer_for_the_oom_killer()
            requests, answers, *rest = descriptors
            if verb == EXTRACT:
                child.serve_files(
                    self._extract.outline_bytes,
                    self._extract.unreadable_bytes,
                    requests=requests,
                    answers=answers,
                    progress=rest[0],
                    limits=self._limits,
                )
            if verb == EVALUATE:
                child.serve_job(
                    self._import_analysis(),
                    requests=requests,
                    answers=answers,
                    base=rest[0] if rest else -1,
                    limits=self._limits,
                )
            if verb == RUN:
                serve_program(requests=requests, answers=answers)
            serve_probe(answers, self._limits)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def _reap(self, token: int) -> int:
        """End a child if it still runs; its exit status. Nobody else reaps: no pid is reused."""
        pid = self._children.pop(token, None)
        if pid is None:
            return NEVER_STARTED
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # a program's threads and whatever it started
        os.kill(pid, signal.SIGKILL)  # it may not lead a group yet
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _freeze() -> None:
    """Keep what is imported out of the collector and, as far as can be, in shared pages."""
    gc.collect()
    gc.freeze()


def _import_codecs() -> None:
    """A source file may declare its encoding, and a confined child can import nothing."""
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)


def main(control: int, extract: str, analysis: str, limits: Limits) -> None:
    """Run until the parent closes the control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")  # a parser's warnings quote the file
    gc.disable()
    sys.stdin.close()
    _import_codecs()
    with socket.socket(fileno=control) as connection:
        zygote = Zygote(connection, (extract, analysis), limits)
        try:
            zygote.serve()
        finally:
            zygote.close()
