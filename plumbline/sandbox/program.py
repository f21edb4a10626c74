"""A child that confines itself and then becomes a program of ours, with a folder that it may read."""

from __future__ import annotations

import os
from typing import NoReturn

import msgspec

from plumbline.sandbox import frames
from plumbline.sandbox.confinement import EXECUTE, READ_FILE, READ_FOLDER, confine_program

NOT_STARTED = 126
_OPEN_AT_MOST = 1024
_LIBRARIES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/nix/store", "/gnu/store"),
)


class Program(msgspec.Struct, array_like=True):
    """What to run: the program, its arguments and environment, its folder, and what it may use."""

    path: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    interpreter: str
    memory: int
    cpu: int


def encode_program(program: Program) -> bytes:
    """A program as the child reads it."""
    content = msgspec.msgpack.encode(program)
    return frames.JOB.pack(len(content)) + content


def interpreter_of(path: str) -> str:
    """The loader that a program names in its ELF header, which is executed with it; blank if it names none."""
    with open(path, "rb") as file:
        head = file.read(1 << 16)
    if head[:5] != b"\x7fELF\x02" or head[5:6] != b"\x01":
        return ""
    start = int.from_bytes(head[32:40], "little")
    size, count = int.from_bytes(head[54:56], "little"), int.from_bytes(head[56:58], "little")
    for number in range(count):
        entry = head[start + number * size : start + (number + 1) * size]
        if entry[:4] == b"\x03\0\0\0":
            offset = int.from_bytes(entry[8:16], "little")
            length = int.from_bytes(entry[32:40], "little")
            return head[offset : offset + length].rstrip(b"\0").decode("ascii", "replace")
    return ""


def serve_program(*, requests: int, answers: int) -> NoReturn:
    """Read which program to run and become it; its standard output goes to the answers. Never returns."""
    (size,) = frames.JOB.unpack(frames.read_exactly(requests, frames.JOB.size))
    job = msgspec.msgpack.decode(frames.read_exactly(requests, size), type=Program)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor, target in ((null, 0), (answers, 1), (null, 2)):
        os.dup2(descriptor, target)
    os.closerange(3, _OPEN_AT_MOST)
    readable = dict.fromkeys(_LIBRARIES, READ_FILE | READ_FOLDER)
    readable[job.folder] = READ_FILE | READ_FOLDER
    readable[job.path] = EXECUTE | READ_FILE
    if job.interpreter:
        readable[job.interpreter] = EXECUTE | READ_FILE
    confine_program(memory=job.memory, cpu=job.cpu, readable=readable)
    try:
        os.chdir(job.folder)
        os.execve(job.path, [job.path, *job.arguments], job.environment)  # noqa: S606
    finally:
        os._exit(NOT_STARTED)
