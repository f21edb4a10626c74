"""One queue of files and the child at work on it: what it was sent, has answered, crashed on."""

from __future__ import annotations

import importlib
import mmap
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plumbline.sandbox.child import PROGRESS, PROGRESS_SIZE
from plumbline.sandbox.frames import PIPE_SIZE, RETIRED, Answers, FrameError, encode_request
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.nursery import Child, Nursery
from plumbline.sandbox.zygote import EXTRACT

_WINDOW_SIZE = 2 << 20  # bytes and files in flight: enough that neither side waits for the other
_WINDOW_FILES = 256
_WRITE_SIZE = 1 << 17
_WRITE_BUFFERS = 512
_FRUITLESS_LIMIT = 3


@dataclass(slots=True, eq=False)
class Item[K]:
    """One file on its way through; ``outline`` once it is known."""

    key: K
    kind: str
    content: bytes
    outline: bytes | None = None
    killed_before: bool = False


@dataclass(frozen=True, slots=True)
class Casualty[K]:
    """A file that counts as unreadable because its child died or was ended."""

    key: K
    reason: str


class Lane[K]:
    """Feeds one child at a time and replaces it when it ends, however it ends."""

    def __init__(
        self,
        nursery: Nursery,
        limits: Limits,
        unreadable: Callable[[str], bytes],
        casualties: list[Casualty[K]],
    ) -> None:
        """Start without a child: the first file brings one."""
        self._nursery = nursery
        self._limits = limits
        self._unreadable = unreadable
        self._casualties = casualties
        self._child: Child | None = None
        self._progress: mmap.mmap | None = None
        self._answers = Answers(limits.outline_size)
        self._order: deque[Item[K]] = deque()
        self._unsent: deque[Item[K]] = deque()
        self._sent: deque[Item[K]] = deque()
        self._buffers: deque[bytes | memoryview] = deque()
        self._buffered = 0
        self._in_flight = 0
        self._sent_to_child = 0
        self._answered_by_child = 0
        self._fruitless = 0
        self._seen = (0, 0.0)  # the request that the child was last seen on, and since when

    @property
    def is_hungry(self) -> bool:
        """Whether it is time to add files."""
        return self._in_flight < _WINDOW_SIZE // 2 and len(self._order) < _WINDOW_FILES // 2

    @property
    def has_room(self) -> bool:
        """Whether one more file may be added."""
        return self._in_flight < _WINDOW_SIZE and len(self._order) < _WINDOW_FILES

    @property
    def is_done(self) -> bool:
        """Whether every file that was added has left."""
        return not self._order

    @property
    def reading(self) -> int | None:
        """The descriptor to wait on for answers."""
        return self._child.answers if self._child and self._sent else None

    @property
    def writing(self) -> int | None:
        """The descriptor to wait on for room in the pipe."""
        return self._child.requests if self._child and self._buffers else None

    def add(self, key: K, kind: str, content: bytes) -> None:
        """Queue a file."""
        item = Item(key, kind, content)
        self._order.append(item)
        if len(content) > self._limits.input_size:
            item.outline = self._unreadable(f"too large: {len(content):,} bytes")
            item.content = b""
            return
        self._in_flight += len(content)
        self._unsent.append(item)
        self._send()
        if self._buffered >= _WRITE_SIZE:
            self.write()

    def finished(self) -> Iterator[tuple[K, bytes]]:
        """Take out what is finished, in the order in which it was added."""
        order = self._order
        while order and (outline := order[0].outline) is not None:
            yield order.popleft().key, outline

    def write(self) -> None:
        """Write as much as the pipe takes now."""
        buffers = self._buffers
        while buffers and self._child:
            batch = [buffers[index] for index in range(min(len(buffers), _WRITE_BUFFERS))]
            try:
                written = os.writev(self._child.requests, batch)
            except BlockingIOError:
                return
            except BrokenPipeError:  # the end of the answers tells more
                buffers.clear()
                self._buffered = 0
                return
            self._buffered -= written
            for buffer in batch:
                if written < len(buffer):
                    buffers[0] = memoryview(buffer)[written:]
                    break
                written -= len(buffer)
                buffers.popleft()

    def read(self) -> None:
        """Take the answers that have come; replace the child if it ended."""
        if self._child is None:
            return
        try:
            chunk = os.read(self._child.answers, PIPE_SIZE)
        except BlockingIOError:
            return
        if not chunk:
            self._bury()
            return
        self._seen = (0, 0.0)
        try:
            for flag, outline in self._answers.feed(chunk):
                self._settle(self._sent.popleft(), outline)
                self._answered_by_child += 1
                self._fruitless = 0
                if flag == RETIRED:
                    self._recall()
                    break
        except (FrameError, IndexError):
            culprit = self._culprit() or (self._sent[0] if self._sent else None)
            self._recall()
            self._blame(culprit, "the parser answered out of turn")
        self._send()

    def watch(self, now: float) -> None:
        """End the child if it has been on one file, or on nothing at all, for too long."""
        if self._child is None or not self._sent:
            self._seen = (0, 0.0)
            return
        number, since = self._seen
        current = self._current()
        if current > number or (number and not current) or not since:
            self._seen = (current, now)
        elif current and now - since > self._limits.extract_wall_seconds:
            culprit = self._culprit()
            self._recall()
            self._blame(culprit, f"took longer than {self._limits.extract_wall_seconds:g} s")
            self._send()
        elif not current and now - since > self._limits.start_seconds:
            self._recall()
            self._count_fruitless("they do not take their files")
            self._send()

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._end_child()

    def _send(self) -> None:
        """Pass files from the queue to the child's buffers; order a child if there is none."""
        while self._unsent and self._sent_to_child < self._limits.files_per_child:
            if self._child is None:
                self._child = self._nursery.spawn(EXTRACT)
                self._progress = mmap.mmap(self._child.progress, PROGRESS_SIZE)
            item = self._unsent.popleft()
            buffers = encode_request(item.kind, item.content)
            self._buffers += buffers
            self._buffered += sum(map(len, buffers))
            self._sent.append(item)
            self._sent_to_child += 1

    def _settle(self, item: Item[K], outline: bytes) -> None:
        item.outline = outline
        self._in_flight -= len(item.content)
        item.content = b""

    def _blame(self, item: Item[K] | None, reason: str) -> None:
        if item is not None and item.outline is None:
            self._casualties.append(Casualty(item.key, reason))
            self._unsent.remove(item)
            self._settle(item, self._unreadable(reason))

    def _current(self) -> int:
        """The number of the request that the child says it is on, 0 between two."""
        return int(PROGRESS.unpack_from(self._progress, 0)[0]) if self._progress else 0

    def _culprit(self) -> Item[K] | None:
        """The file that the child is on. The first, if it names none."""
        number = self._current()
        if not number or not self._sent:
            return None
        index = number - self._answered_by_child - 1
        return self._sent[index if 0 <= index < len(self._sent) else 0]

    def _bury(self) -> None:
        """The child ended without saying so: find out on which file, and go on with the others."""
        culprit = self._culprit()
        status = self._recall()
        if culprit is None:
            self._count_fruitless(self._cause(status))
        elif -status in (signal.SIGKILL, signal.SIGTERM) and not culprit.killed_before:
            culprit.killed_before = True  # somebody else's doing: this file may well be innocent
        else:
            self._blame(culprit, self._cause(status))
        self._send()

    def _count_fruitless(self, cause: str) -> None:
        self._fruitless += 1
        if self._fruitless >= _FRUITLESS_LIMIT:
            raise SandboxError(
                "child_lost", f"children of the sandbox end without reading a file: {cause}"
            )

    def _recall(self) -> int:
        """End the child and queue again what it has not answered; its exit status."""
        status = self._end_child()
        self._unsent.extendleft(reversed(self._sent))
        self._sent.clear()
        return status

    def _cause(self, status: int) -> str:
        if status == -signal.SIGPROF:
            return f"took longer than {self._limits.extract_seconds:g} s"
        if status == -signal.SIGXCPU:
            return "took too much processor time"
        if status == -signal.SIGKILL:
            return "the parser was killed, most likely for its use of memory"
        if status >= 0:
            return f"the parser ended with status {status}"
        try:
            return f"the parser crashed ({signal.Signals(-status).name})"
        except ValueError:
            return f"the parser crashed (signal {-status})"

    def _end_child(self) -> int:
        child, self._child = self._child, None
        if self._progress is not None:
            self._progress.close()
            self._progress = None
        self._buffers.clear()
        self._buffered = self._sent_to_child = self._answered_by_child = 0
        self._answers = Answers(self._limits.outline_size)
        self._seen = (0, 0.0)
        return self._nursery.reap(child) if child else 0


def unreadable_encoder(module: str) -> Callable[[str], bytes]:
    """How the engine encodes an unreadable outline; imported when the first is needed."""

    def encode(reason: str) -> bytes:
        encoded: bytes = importlib.import_module(module).unreadable_bytes(reason)
        return encoded

    return encode
