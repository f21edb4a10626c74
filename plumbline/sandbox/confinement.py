"""What a child gives up before it reads its first untrusted byte.

Each measure is tried on its own, and what could not be had is reported, never silent: ``confine``
gives the names of the measures in force. Everything here needs no privilege; a child of root
becomes nobody first.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import stat
import struct
import sys
from collections.abc import Mapping
from types import MappingProxyType

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1
_SIGKILL = 9
NOBODY = 65534

MEASURES = ("limits", "no_files", "no_processes", "no_new_privileges", "landlock", "unprivileged")

# The rights that each version of Landlock added: a kernel refuses rights that it does not know.
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_NETWORK_RIGHTS = {4: 0b11}
_SCOPES = {6: 0b11}
EXECUTE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_PROGRAM_FILES = 64


def _libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None, use_errno=True)


_LIBC = _libc()


def landlock_version() -> int:
    """The version of Landlock that this kernel offers, 0 if it has none."""
    if _LIBC is None:
        return 0
    return max(
        0, int(_LIBC.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION))
    )


def _known(rights: dict[int, int], version: int) -> int:
    return sum(bits for since, bits in rights.items() if since <= version)


def _restrict_by_landlock(allowed: Mapping[str, int] = MappingProxyType({})) -> bool:
    """Forbid every file, network and signal right that the kernel knows, but those ``allowed`` below a path."""
    version = landlock_version()
    if not version or _LIBC is None:
        return False
    fields = [_known(_FILE_RIGHTS, version)]
    if version >= 4:
        fields.append(_known(_NETWORK_RIGHTS, version))
    if version >= 6:
        fields.append(_known(_SCOPES, version))
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = int(_LIBC.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        return False
    try:
        for path, rights in allowed.items():
            _allow(ruleset, path, rights)
        return int(_LIBC.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Except what lies below a path; one that is not there needs no exception."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~READ_FOLDER  # the kernel refuses it for a file
        rule = struct.pack("=Qi", rights, descriptor)
        if _LIBC is not None:
            _LIBC.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)


def _prctl(option: int, value: int) -> bool:
    return _LIBC is not None and int(_LIBC.prctl(option, value, 0, 0, 0)) == 0


def _become_nobody() -> bool:
    if os.geteuid() != 0:
        return True
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False  # a user namespace without that user
    return True


def _limit(what: int, value: int, *, grace: int = 0) -> bool:
    """Lower a limit for good, the hard one to ``grace`` above it; whether that worked."""
    _, hard = resource.getrlimit(what)
    ceiling = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
    try:
        resource.setrlimit(what, (min(value, ceiling), ceiling))
    except (OSError, ValueError):
        return False
    return True


def take_name(name: str) -> None:
    """Show `ps` and the like what this process does; at most 15 bytes. Nothing depends on it."""
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as file:
        file.write(name)


def volunteer_for_the_oom_killer() -> None:
    """Ask the kernel to end this process before any other when the machine runs out of memory."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb", buffering=0) as file:
        file.write(b"1000")


def confine(*, memory: int, cpu: int) -> frozenset[str]:
    """Confine this process for good to ``memory`` bytes and ``cpu`` seconds.

    No file, socket or process can be had afterwards: what the caller needs must be open and
    imported. Gives the names of the measures in force.
    """
    in_force = _give_up_rights({})
    in_force |= _take_limits(memory=memory, cpu=cpu)
    # Root is exempt from the limit on processes.
    if _limit(resource.RLIMIT_NPROC, 0) and os.geteuid() != 0:
        in_force.add("no_processes")
    if _limit(resource.RLIMIT_NOFILE, 0):
        in_force.add("no_files")
    return frozenset(in_force)


def confine_program(*, memory: int, cpu: int, readable: Mapping[str, int]) -> frozenset[str]:
    """Confine this process for a program that it is about to become, which needs files and threads.

    ``readable`` are the paths that it may read or execute below, and nothing can be written. Without
    Landlock it may read what anyone may; the network is out of reach with Landlock or a namespace.
    """
    in_force: set[str] = set()
    if _leave_the_network():
        in_force.add("no_network")
    in_force |= _give_up_rights(readable)
    in_force |= _take_limits(memory=memory, cpu=cpu)
    _limit(resource.RLIMIT_NOFILE, _PROGRAM_FILES)
    return frozenset(in_force)


def _leave_the_network() -> bool:
    """Move to a network namespace without any interface, where the system lets anyone do so."""
    if not hasattr(os, "unshare"):
        return False
    spaces = os.CLONE_NEWNET if os.geteuid() == 0 else os.CLONE_NEWUSER | os.CLONE_NEWNET
    try:
        os.unshare(spaces)
    except OSError:
        return False
    return True


def _give_up_rights(readable: Mapping[str, int]) -> set[str]:
    in_force: set[str] = set()
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        in_force.add("no_new_privileges")
    if _restrict_by_landlock(readable):
        in_force.add("landlock")
    if _become_nobody():
        in_force.add("unprivileged")
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)  # after the change of user, which would clear it
    return in_force


def _take_limits(*, memory: int, cpu: int) -> set[str]:
    limits = [
        _limit(resource.RLIMIT_CORE, 0),
        _limit(resource.RLIMIT_FSIZE, 0),
        _limit(resource.RLIMIT_CPU, cpu, grace=1),  # first SIGXCPU, then SIGKILL
        _limit(resource.RLIMIT_AS, memory),
    ]
    return {"limits"} if all(limits) else set()
