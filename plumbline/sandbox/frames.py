"""Length-prefixed frames: how the parent and a child speak over their two pipes.

A request is ``size of content, size of kind, kind, content``; an answer is ``size, flag, content``.
A child answers its requests in order, so neither carries a number. Both sides move as many frames
per system call as there are.
"""

from __future__ import annotations

import os
import struct

REQUEST = struct.Struct("!IB")
ANSWER = struct.Struct("!IB")
JOB = struct.Struct("!Q")

DONE = 0  # an outline or a report
RETIRED = 1  # the same, and the child ends: the requests after this one need another child
FAILED = 2  # (evaluation) the text of what went wrong
NO_MEMORY = 3  # (evaluation) the child reached its memory limit
UNFIT = 4  # (evaluation) what it was given beforehand is damaged

PIPE_SIZE = 1 << 20
_F_SETPIPE_SZ = 1031


class FrameError(Exception):
    """The bytes of the other side are not frames."""


def encode_request(kind: str, content: bytes) -> list[bytes]:
    """The buffers of one request; the content is not copied."""
    name = kind.encode()
    return [REQUEST.pack(len(content), len(name)) + name, content]


def widen(descriptor: int) -> None:
    """Give a pipe the largest buffer that anyone may ask for, where the system knows how."""
    import fcntl

    try:
        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, PIPE_SIZE)
    except OSError:
        return


class Requests:
    """The child's view of its request pipe."""

    def __init__(self, descriptor: int) -> None:
        """Read from a blocking descriptor."""
        self._descriptor = descriptor
        self._buffer = bytearray()
        self._position = 0

    def next_buffered(self) -> tuple[str, bytes] | None:
        """The next request (kind, content) if all of it has been read already."""
        start = self._position
        available = len(self._buffer) - start
        if available < REQUEST.size:
            return None
        size, name_size = REQUEST.unpack_from(self._buffer, start)
        start += REQUEST.size
        end = start + name_size + size
        if len(self._buffer) < end:
            return None
        with memoryview(self._buffer) as view:
            kind = str(view[start : start + name_size], "utf-8")
            content = bytes(view[start + name_size : end])
        self._position = end
        return kind, content

    def read_more(self) -> bool:
        """Wait for more bytes; False at the end of the pipe."""
        if self._position:
            del self._buffer[: self._position]
            self._position = 0
        chunk = os.read(self._descriptor, PIPE_SIZE)
        self._buffer += chunk
        return bool(chunk)


class Answers:
    """The parent's view of a child's answers: bytes in as they come, whole frames out."""

    def __init__(self, size_limit: int) -> None:
        """Refuse frames above ``size_limit`` bytes: a child may not keep its limits."""
        self._size_limit = size_limit
        self._buffer = b""

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """Take bytes; give the (flag, content) of every frame that is now whole."""
        frames: list[tuple[int, bytes]] = []
        buffer = self._buffer + chunk if self._buffer else chunk
        position, available = 0, len(buffer)
        while available - position >= ANSWER.size:
            size, flag = ANSWER.unpack_from(buffer, position)
            if size > self._size_limit or flag > NO_MEMORY:
                raise FrameError
            end = position + ANSWER.size + size
            if end > available:
                break
            content = buffer[position + ANSWER.size : end]
            position = end
            frames.append((flag, content))
        self._buffer = buffer[position:]
        return frames


def write_all(descriptor: int, buffers: list[bytes]) -> None:
    """Write all buffers to a blocking descriptor."""
    content = b"".join(buffers)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def read_exactly(descriptor: int, size: int) -> bytearray:
    """Read ``size`` bytes from a blocking descriptor, fewer only at its end."""
    content = bytearray(size)
    view = memoryview(content)
    done = 0
    while done < size:
        count = os.readv(descriptor, [view[done:]])
        if not count:
            view.release()
            del content[done:]
            return content
        done += count
    view.release()
    return content
