"""The sandbox itself: files in, outlines out; a job in, a report out; whatever happens between."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Collection, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from plumbline.sandbox.evaluation import Conversation, Evaluation
from plumbline.sandbox.lane import Casualty, Lane, unreadable_encoder
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.nursery import Nursery
from plumbline.sandbox.program import Program, encode_program
from plumbline.sandbox.shelf import Key, nursery_give_back, nursery_take
from plumbline.sandbox.zygote import RUN

if TYPE_CHECKING:
    from plumbline.linting.blobs import BlobLint

_WATCH_MILLISECONDS = 200


class Engine(NamedTuple):
    """The modules that a child runs.

    ``extract`` has ``outline_bytes`` and ``unreadable_bytes``, ``analysis`` has
    ``evaluate_encoded`` and, where evaluations have a base, ``prepared``: it turns that into a
    function like ``evaluate_encoded``, or raises ``ValueError``.
    """

    extract: str = "plumbline.extract"
    analysis: str = "plumbline.analysis"


class Sandbox:
    """Runs every parser in disposable, confined children of a process that holds no secret.

    It starts one process at once and children when there is work. Use it as a context manager,
    in one thread.
    """

    def __init__(
        self,
        children: int = 1,
        limits: Limits | None = None,
        *,
        engine: Engine | None = None,
        is_lasting: bool = False,
    ) -> None:
        """Start the process that forks the children; ``children`` of them extract at a time.

        If it ``is_lasting``, that process waits afterwards for the next one in this process.
        """
        self._limits = limits or Limits()
        self._engine = engine or Engine()
        self._children = max(1, children)
        self._is_lasting = is_lasting
        self._nursery: Nursery | None = (
            nursery_take(self._key) if is_lasting else Nursery(*self._key)
        )
        self.casualties: list[Casualty[Any]] = []
        """Files whose child died or was ended: do not cache their outlines, the cause may pass."""

    def __enter__(self) -> Self:
        """Give the sandbox."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process of the sandbox, but for that which waits for the next one."""
        if self._is_lasting and self._nursery is not None:
            nursery, self._nursery = self._nursery, None
            nursery_give_back(self._key, nursery)
        self.close()

    def close(self) -> None:
        """End every process of the sandbox; a second call does nothing."""
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()

    @property
    def pid(self) -> int:
        """The process whose children run the parsers."""
        return self._running().pid

    def extract[K](self, files: Iterable[tuple[K, str, bytes]]) -> Iterator[tuple[K, bytes]]:
        """Give the encoded outline of every (key, kind, content), each once.

        With one child the order is kept. A file on which a parser crashes, hangs or runs
        out of memory gets an unreadable outline that says so. Files are taken from
        ``files`` a few at a time, ahead of the results.

        Raises:
            SandboxError: children cannot be started or do not live; never because of a file.
        """
        nursery = self._running()
        unreadable = unreadable_encoder(self._engine.extract)
        lanes: list[Lane[K]] = [
            Lane(nursery, self._limits, unreadable, self.casualties) for _ in range(self._children)
        ]
        remaining = iter(files)
        more = True
        try:
            while True:
                for lane in lanes:
                    more = more and (not lane.is_hungry or _fill(lane, remaining))
                    lane.write()
                for lane in lanes:
                    yield from lane.finished()
                if not more and all(lane.is_done for lane in lanes):
                    return
                _serve(lanes)
        finally:
            for lane in lanes:
                with contextlib.suppress(SandboxError):  # the error that brings us here tells more
                    lane.close()

    def evaluate(self, job: bytes) -> bytes:
        """Give the encoded report of an encoded job, made in a child with more memory and time.

        Raises:
            SandboxError: the child died, ran out of memory or time, or the engine failed.
        """
        with self.evaluation() as evaluation:
            evaluation.send(job)
            return evaluation.result()

    def evaluation(self, base: int = -1) -> Evaluation:
        """Order the child of an evaluation whose job comes later; see ``Evaluation``.

        The engine's ``prepared`` gets what the open file ``base`` holds, before the job.

        Raises:
            SandboxError: the child cannot be started.
        """
        return Evaluation(self._running(), self._limits, base)

    def lint[K](
        self, files: Iterable[tuple[K, str, bytes]], own_names: Collection[str]
    ) -> Iterator[tuple[K, BlobLint]]:
        """Give what ruff says of every (key, role, content), each once; see ``plumbline.linting``.

        A file on which ruff crashes or hangs gets a result that says so.

        Raises:
            SandboxError: ruff cannot be run; never because of a file.
        """
        from plumbline.sandbox.linter import Linter

        linter = Linter[K](
            self.run, self._limits, threads=self._children, casualties=self.casualties
        )
        return linter.lint(files, own_names)

    def run(self, program: Program, seconds: float) -> tuple[int, bytes]:
        """Run a program of ours in a child that confines itself first: its exit status and standard output.

        Raises:
            TimeoutError: it takes longer than so many seconds.
            SandboxError: the child cannot be started, or its output is too large.
        """
        nursery = self._running()
        child = nursery.spawn(RUN)
        conversation = Conversation(
            child, self._limits.lint_output_size, "a program said more than is read"
        )
        try:
            conversation.send([encode_program(program)], seconds=seconds)
            output = conversation.answer()
        except BaseException:
            nursery.reap(child)
            raise
        return nursery.reap(child), bytes(output)

    @property
    def _key(self) -> Key:
        return self._engine, self._limits

    def _running(self) -> Nursery:
        if self._nursery is None:
            raise SandboxError("closed", "the sandbox is closed")
        return self._nursery


def _fill[K](lane: Lane[K], remaining: Iterator[tuple[K, str, bytes]]) -> bool:
    """Add files while there is room; False if there are no more."""
    while lane.has_room:
        file = next(remaining, None)
        if file is None:
            return False
        lane.add(*file)
    return True


def _serve[K](lanes: list[Lane[K]]) -> None:
    """Wait until something can be read or written, and do it."""
    poll = select.poll()
    for lane in lanes:
        if lane.reading is not None:
            poll.register(lane.reading, select.POLLIN)
        if lane.writing is not None:
            poll.register(lane.writing, select.POLLOUT)
    ready = {descriptor for descriptor, _ in poll.poll(_WATCH_MILLISECONDS)}
    now = time.monotonic()
    for lane in lanes:
        if lane.writing in ready:
            lane.write()
        if lane.reading in ready:
            lane.read()
        else:
            lane.watch(now)
