"""An engine that does to its child what a file says: all that a bug of a parser could do."""

import ctypes
import os
import time
from collections.abc import Callable


def unreadable_bytes(reason: str) -> bytes:
    return b"unreadable: " + reason.encode()


def outline_bytes(kind: str, content: bytes) -> bytes:
    word, _, argument = content.partition(b" ")
    match word:
        case b"crash":
            ctypes.string_at(0)
        case b"hang":
            time.sleep(60)
        case b"spin":
            while True:
                pass
        case b"sleep":
            time.sleep(float(argument))
        case b"take":
            return str(len(b"x" * (int(argument) << 20)) >> 20).encode()
        case b"memory":
            raise MemoryError
        case b"recursion":
            raise RecursionError
        case b"system":
            raise SystemError
        case b"balk":
            return unreadable_bytes("nested too deeply")
        case b"syntax":
            return unreadable_bytes("syntax error in line 1")
        case b"interrupt":
            raise KeyboardInterrupt
        case b"exit":
            os._exit(3)
        case b"large":
            return bytes(9 << 20)
        case b"lie":
            os.write(4, b"\xff" * 64)
        case b"pid":
            return str(os.getpid()).encode()
        case b"look":
            return repr((dict(os.environ), os.getcwd())).encode()
    return kind.encode() + b":" + content


def evaluate_encoded(job: bytes) -> bytes:
    match job:
        case b"memory":
            raise MemoryError
        case b"crash":
            ctypes.string_at(0)
        case b"hang":
            time.sleep(60)
        case b"fail":
            raise KeyError("text of the judged repository")
        case b"pid":
            return str(os.getpid()).encode()
    return job[::-1]


def prepared(base: bytes) -> Callable[[bytes], bytes]:
    known = bytes(base)
    if known == b"damaged":
        raise ValueError
    if known == b"memory":
        raise MemoryError
    return lambda job: evaluate_encoded(job) + known
