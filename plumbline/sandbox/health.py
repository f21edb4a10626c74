"""Does the sandbox hold on this machine? For the health page and for the start of a worker."""

from __future__ import annotations

import functools
import json
import os
import select
from dataclasses import dataclass

from plumbline.sandbox import frames
from plumbline.sandbox.confinement import MEASURES, landlock_version
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.nursery import Nursery
from plumbline.sandbox.zygote import PROBE

_NOTHING = "plumbline.sandbox.limits"
_SECONDS = 10
_EXECUTE = "run a program"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a confined child tried and what came of it."""

    measures: frozenset[str]
    """Those of ``confinement.MEASURES`` that are in force."""
    denied: dict[str, str]
    """Attempt and the error that answered it."""
    allowed: tuple[str, ...]
    """Attempts that were let through: none, where all measures are in force."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The measures that this machine does not offer."""
        return tuple(name for name in MEASURES if name not in self.measures)

    @property
    def holds(self) -> bool:
        """Whether everything that was tried was denied."""
        return not self.allowed


def self_test(limits: Limits | None = None) -> SelfTest:
    """Let a confined child try to read, write, connect, fork, signal and execute; what it reports.

    Raises:
        SandboxError: the child did not start or did not answer.
    """
    nursery = Nursery((_NOTHING, _NOTHING), limits or Limits())
    try:
        child = nursery.spawn(PROBE)
        reader = frames.Answers(1 << 16)
        answers: list[tuple[int, bytes]] = []
        while select.select([child.answers], [], [], _SECONDS)[0] and (
            chunk := os.read(child.answers, 1 << 16)
        ):
            answers += reader.feed(chunk)
        nursery.reap(child)
    except frames.FrameError as error:
        raise SandboxError("crashed", "the self-test of the sandbox gave no answer") from error
    finally:
        nursery.close()
    if not answers:
        raise SandboxError("crashed", "the self-test of the sandbox gave no answer")
    report = json.loads(answers[0][1])
    denied = {name: error for name, error in report["attempts"].items() if error}
    allowed = [name for name, error in report["attempts"].items() if not error]
    if len(answers) > 1:
        denied[_EXECUTE] = "EACCES"
    else:
        allowed.append(_EXECUTE)
    return SelfTest(frozenset(report["measures"]), denied, tuple(allowed))


@functools.cache
def confinement_report() -> dict[str, str]:
    """Each measure and its state in words, found out once per process; ``verdict`` sums it up."""
    try:
        result = self_test()
    except SandboxError as error:
        return {"verdict": f"the sandbox does not work: {error.text}"}
    report = {name: "in force" if name in result.measures else "missing" for name in MEASURES}
    version = landlock_version()
    report["landlock"] += f" (version {version})" if version else " (this kernel has none)"
    report["verdict"] = "holds" if result.holds else f"lets a parser {', '.join(result.allowed)}"
    return report
