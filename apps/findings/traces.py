"""What a finding is recognised by, and the keys under which equal ones meet. Pure."""

from collections.abc import Hashable
from typing import NamedTuple


class Trace(NamedTuple):
    """What a finding is recognised by. ``key`` is whatever the caller knows it by."""

    key: int
    fingerprint: str
    code: str
    path: str
    symbol: str
    content: str
    line: int
    end_line: int
    blob: str


def relative_symbol(trace: Trace) -> str:
    """A symbol without the name of its module: ``Order.user`` of ``apps.orders.models.Order.user``."""
    stem = trace.path.rpartition(".")[0] or trace.path
    parts = stem.removesuffix("/__init__").split("/")
    for start in range(len(parts)):
        module = ".".join(parts[start:])
        if trace.symbol == module:
            return ""
        if trace.symbol.startswith(f"{module}."):
            return trace.symbol[len(module) + 1 :]
    return "" if trace.path.endswith(trace.symbol) else trace.symbol


def by_order(trace: Trace) -> tuple[str, int, int, str, int]:
    """Where it stands, so that the order in which findings come changes nothing."""
    return trace.path, trace.line, trace.end_line, trace.fingerprint, trace.key


def by_old_fingerprint(trace: Trace) -> Hashable:
    """The fingerprint of what an older Plumbline wrote, which has no content."""
    return None if trace.content else trace.fingerprint


def by_fingerprint(trace: Trace) -> Hashable:
    """The fingerprint."""
    return trace.fingerprint


def by_place(trace: Trace) -> Hashable:
    """The same thing at the same place."""
    return trace.code, trace.path, trace.symbol, trace.content


def by_symbol_and_content(trace: Trace) -> Hashable:
    """The same thing, wherever it is reported."""
    return (trace.code, trace.symbol, trace.content) if trace.symbol else None


def by_relative_thing(trace: Trace) -> Hashable:
    """The same thing in a file, whatever its module is called."""
    return trace.code, trace.path, relative_symbol(trace), trace.content


def by_place_of_symbol(trace: Trace) -> Hashable:
    """Anything said of the same symbol."""
    return trace.code, trace.path, trace.symbol


def by_relative_symbol(trace: Trace) -> Hashable:
    """Anything said of the same symbol, whatever its module is called."""
    return trace.code, trace.path, relative_symbol(trace)


def by_content(trace: Trace) -> Hashable:
    """The same content anywhere."""
    return trace.code, trace.content


def by_file(trace: Trace) -> Hashable:
    """Anything said of a whole file."""
    return (trace.code, trace.path) if is_whole_file(trace) else None


def by_path_of_part(trace: Trace) -> Hashable:
    """Anything said of a part of a file."""
    return None if is_whole_file(trace) else (trace.code, trace.path)


def is_whole_file(trace: Trace) -> bool:
    """Whether it is reported on the first line for want of a better one."""
    return trace.line == trace.end_line == 1
