"""Fixes made into patches: what is asked of the child that makes them, and what it answers.

These are only the shapes. The work is done by ``plumbline.patching.engine``, which imports LibCST and tomlkit and
therefore belongs in a sandbox of its own: ``plumbline.sandbox.Engine(analysis=ENGINE)``.
"""

from __future__ import annotations

from collections.abc import Buffer

import msgspec

from plumbline.report import Patch

ENGINE = "plumbline.patching.engine"
"""The module that a sandbox runs to answer a ``PatchJob``."""


class PatchJob(msgspec.Struct, array_like=True):
    """A request for patches.

    ``job`` and ``report`` are encoded: the evaluation that found the findings, of all rules and with their fixes.
    ``contents`` holds every file that the fixes change. ``apart`` asks for each patch alone on the files as they are;
    otherwise all are made together, as far as they fit. What is not done after ``seconds`` is left unverified.
    """

    job: bytes
    report: bytes
    contents: dict[str, bytes]
    fingerprints: list[str]
    apart: bool = False
    seconds: float = 60.0


class Patched(msgspec.Struct, array_like=True):
    """A patch for each finding, and, where they were made together, the files that the verified ones change."""

    patches: list[Patch]
    contents: dict[str, bytes]


_answer_decoder = msgspec.msgpack.Decoder(Patched)
_job_decoder = msgspec.msgpack.Decoder(PatchJob)


def encode(message: PatchJob | Patched) -> bytes:
    """A request or an answer as msgpack."""
    return msgspec.msgpack.encode(message)


def decode_job(encoded: Buffer) -> PatchJob:
    """The request behind ``encoded``; raises ``msgspec.DecodeError`` on anything else."""
    return _job_decoder.decode(encoded)


def decode_patched(encoded: bytes) -> Patched:
    """The answer behind ``encoded``; raises ``msgspec.DecodeError`` on anything else."""
    return _answer_decoder.decode(encoded)
