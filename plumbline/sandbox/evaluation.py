"""One evaluation: a child that may get ready before its job is known, and its answer."""

from __future__ import annotations

import os
import select
import signal
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from plumbline.sandbox import frames
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.nursery import Child, Nursery
from plumbline.sandbox.zygote import EVALUATE

_UNFIT = "what the child was given beforehand cannot be used"


class Evaluation:
    """A child for one job. A context manager, after which the child is gone."""

    def __init__(self, nursery: Nursery, limits: Limits, base: int = -1) -> None:
        """Order the child. ``base`` is an open file from which it prepares itself meanwhile."""
        self._nursery = nursery
        self._limits = limits
        self._child: Child | None = nursery.spawn(EVALUATE, base)
        self._conversation = Conversation(
            self._child, limits.report_size + frames.ANSWER.size, "the report is too large"
        )

    def __enter__(self) -> Self:
        """Give the evaluation."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self.close()

    def close(self) -> None:
        """End the child; a second call does nothing."""
        self._end()

    def send(self, job: bytes) -> None:
        """Hand over the job, and return while the child works on it; its time counts from now.

        Raises:
            SandboxError: the child does not take it in time.
        """
        try:
            self._conversation.send(
                [frames.JOB.pack(len(job)), job], seconds=self._limits.evaluate_seconds
            )
        except TimeoutError:
            raise self._too_late() from None

    def result(self) -> bytes:
        """Wait for the encoded report.

        Raises:
            SandboxError: the child died, ran out of memory or time, or the engine failed.
        """
        try:
            answer = self._conversation.answer(_is_whole)
        except TimeoutError:
            raise self._too_late() from None
        if not _is_whole(answer):
            raise self._broken_off(answer)
        # The child is not waited for here: to give back its memory takes it a while.
        _, flag = frames.ANSWER.unpack_from(answer)
        content = bytes(memoryview(answer)[frames.ANSWER.size :])
        if flag == frames.NO_MEMORY:
            limit = self._limits.evaluate_memory >> 20
            raise SandboxError(
                "out_of_memory", f"the evaluation needs more than {limit:,} MiB of memory"
            )
        if flag == frames.UNFIT:
            raise SandboxError("unfit_base", _UNFIT)
        if flag != frames.DONE:
            raise SandboxError("evaluation_failed", content.decode("utf-8", "backslashreplace"))
        return content

    def _broken_off(self, answer: bytearray) -> SandboxError:
        status = self._end()
        if status == -signal.SIGXCPU:
            return SandboxError("timed_out", "the evaluation took too much processor time")
        text = "the report is cut short; " if answer else ""
        return SandboxError("crashed", f"{text}the evaluation ended with status {status}")

    def _too_late(self) -> SandboxError:
        text = f"the evaluation took longer than {self._limits.evaluate_seconds:g} s"
        return SandboxError("timed_out", text)

    def _end(self) -> int:
        child, self._child = self._child, None
        return self._nursery.reap(child) if child is not None else 0


class Conversation:
    """A request to a child and its answer, both whole, within one time and one size."""

    def __init__(self, child: Child, size: int, too_large: str) -> None:
        """Name the child, the bytes that it may answer with, and what to say of more."""
        self._child = child
        self._size = size
        self._too_large = too_large
        self._pending: deque[memoryview] = deque()
        self._answer = bytearray()
        self._ended = False
        self._deadline = 0.0

    def send(self, request: list[bytes], *, seconds: float) -> None:
        """Write the request, unless the child ends before; ``TimeoutError`` if that takes longer than the whole may."""
        self._deadline = time.monotonic() + seconds
        self._pending.extend(memoryview(buffer) for buffer in request if buffer)
        while self._pending and not self._ended:
            self._serve()

    def answer(self, is_whole: Callable[[bytearray], bool] = lambda _: False) -> bytearray:
        """Read the answer until it is whole or the child ends; ``TimeoutError`` if that takes too long."""
        while not self._ended and not is_whole(self._answer):
            self._serve()
        return self._answer

    def _serve(self) -> None:
        """Wait until something can be written or read, and do it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        poll = select.poll()
        poll.register(self._child.answers, select.POLLIN)
        if self._pending:
            poll.register(self._child.requests, select.POLLOUT)
        for descriptor, _ in poll.poll(left * 1000):
            if descriptor == self._child.answers:
                self._read()
            elif not _write_some(self._child.requests, self._pending):
                self._pending.clear()

    def _read(self) -> None:
        try:
            chunk = os.read(self._child.answers, frames.PIPE_SIZE)
        except BlockingIOError:
            return
        self._ended = not chunk
        self._answer += chunk
        if len(self._answer) > self._size:
            raise SandboxError("answer_too_large", self._too_large)


def _is_whole(answer: bytearray) -> bool:
    if len(answer) < frames.ANSWER.size:
        return False
    size, _ = frames.ANSWER.unpack_from(answer)
    return len(answer) == frames.ANSWER.size + int(size)


def _write_some(descriptor: int, pending: deque[memoryview]) -> bool:
    """Write what the pipe takes now; False when nothing is left to write or nobody reads."""
    try:
        while pending:
            written = os.write(descriptor, pending[0])
            if written == len(pending[0]):
                pending.popleft()
            else:
                pending[0] = pending[0][written:]
    except BlockingIOError:
        return True
    except BrokenPipeError:
        return False
    return False
