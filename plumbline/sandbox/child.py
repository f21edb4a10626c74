"""One child: it reads requests from a pipe, runs a parser on each, and answers through another.

It keeps the number of the request it is on in shared memory, where the parent finds it after a
crash or a hang, so that answers need not be sent one by one. It ends by itself when a file may have
spoiled it for the next one.
"""

from __future__ import annotations

import gc
import mmap
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Buffer, Callable
from types import ModuleType
from typing import NoReturn

from plumbline.sandbox import frames
from plumbline.sandbox.confinement import confine
from plumbline.sandbox.limits import Limits

PROGRESS_SIZE = mmap.PAGESIZE
PROGRESS = struct.Struct("=Q")

_FLUSH_SIZE = 1 << 18
_FLUSH_SECONDS = 0.05
_RECURSION_LIMIT = 20_000  # who walks a deep tree must not fail where the parser did not
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024

# After one of these the interpreter may keep a gigabyte or fail on the next, good, file.
_SPOILING_REASONS = (
    b"nested too deeply",
    b"out of memory",
    b"parser failed",
    b"cannot be stored",
)


def serve_files(
    outline_bytes: Callable[[str, bytes], bytes],
    unreadable_bytes: Callable[[str], bytes],
    *,
    requests: int,
    answers: int,
    progress: int,
    limits: Limits,
) -> NoReturn:
    """Answer requests for outlines until the pipe ends or this child is used up. Never returns."""
    shared = mmap.mmap(progress, PROGRESS_SIZE)
    os.close(progress)
    _prepare()
    confine(memory=limits.extract_memory, cpu=limits.extract_cpu)
    unreadable_mark = _common_start(unreadable_bytes("a"), unreadable_bytes("b"))
    incoming = frames.Requests(requests)
    outgoing: list[bytes] = []
    waiting, flushed_at, count, retires = 0, time.monotonic(), 0, False

    while not retires:
        request = incoming.next_buffered()
        if request is None:
            if outgoing:
                frames.write_all(answers, outgoing)
                outgoing, waiting = [], 0
            if not incoming.read_more():
                break
            flushed_at = time.monotonic()
            continue
        count += 1
        PROGRESS.pack_into(shared, 0, count)
        # Its signal ends the child. A busy machine must not make a file unreadable, so what counts
        # is processor time; the parent's watchdog is for a parser that does not use any.
        signal.setitimer(signal.ITIMER_PROF, limits.extract_seconds)
        try:
            outline = outline_bytes(*request)
            if len(outline) > limits.outline_size:
                outline = unreadable_bytes("outline too large")
            retires = outline.startswith(unreadable_mark) and is_spoiling(outline)
        except BaseException as error:
            outline = unreadable_bytes(_reason(error))
            retires = True
        PROGRESS.pack_into(shared, 0, 0)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        retires = (
            retires
            or count >= limits.files_per_child
            or usage.ru_maxrss * _RSS_UNIT > limits.resident_memory
            or usage.ru_utime + usage.ru_stime > limits.extract_cpu / 2
        )
        outgoing += (
            frames.ANSWER.pack(len(outline), frames.RETIRED if retires else frames.DONE),
            outline,
        )
        waiting += len(outline)
        now = time.monotonic()
        if retires or count == 1 or waiting > _FLUSH_SIZE or now - flushed_at > _FLUSH_SECONDS:
            frames.write_all(answers, outgoing)
            outgoing, waiting, flushed_at = [], 0, now
    os._exit(0)


def serve_job(
    analysis: ModuleType, *, requests: int, answers: int, base: int, limits: Limits
) -> NoReturn:
    """Get ready with what the open file ``base`` holds, if there is one, and answer one job. Never returns."""
    _prepare()
    known = _mapped(base)
    confine(memory=limits.evaluate_memory, cpu=limits.evaluate_cpu)
    evaluate = analysis.evaluate_encoded
    flag, content = frames.DONE, b""
    try:
        if known is not None:
            try:
                evaluate = analysis.prepared(known)
            except ValueError:
                flag = frames.UNFIT
        (size,) = frames.JOB.unpack(frames.read_exactly(requests, frames.JOB.size))
        job = frames.read_exactly(requests, size)
        if flag == frames.DONE:
            content = evaluate(job)
        if len(content) > limits.report_size:
            flag, content = frames.FAILED, b"the report is too large"
    except MemoryError:
        flag, content = frames.NO_MEMORY, b""
    except BaseException as error:
        flag, content = frames.FAILED, _trace(error)
    frames.write_all(answers, [frames.ANSWER.pack(len(content), flag), content])
    os._exit(0)


def _mapped(base: int) -> Buffer | None:
    """What an open file holds; nothing if there is no file."""
    if base < 0:
        return None
    return mmap.mmap(base, 0, access=mmap.ACCESS_READ) if os.fstat(base).st_size else b""


def _prepare() -> None:
    sys.setrecursionlimit(_RECURSION_LIMIT)
    gc.disable()  # a child is short-lived and its trees hold no cycles


def is_spoiling(unreadable: bytes) -> bool:
    """Whether the reason in an encoded unreadable outline casts doubt on the interpreter."""
    return any(reason in unreadable for reason in _SPOILING_REASONS)


def _common_start(one: bytes, other: bytes) -> bytes:
    different = (index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return one[: next(different, 0)]


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "the parser ran out of memory"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"the parser failed: {type(error).__name__}"


def _trace(error: BaseException) -> bytes:
    """The type of an error and our own lines on its way, never text from the judged repository."""
    steps = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_name} ({os.path.basename(code.co_filename)}:{trace.tb_lineno})")
        trace = trace.tb_next
    return f"{type(error).__name__} in {' > '.join(steps[-8:])}".encode()
