"""All rule results of a repository in one small value, for arithmetic over a fleet."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from apps.scans.models import RuleResult
from plumbline.policy import Result


class Changes(msgspec.Struct, frozen=True, array_like=True):
    """Rule results that differ from those of the snapshot before, and rules that are no more."""

    results: list[Result]
    gone: list[str] = []


_decoder = msgspec.msgpack.Decoder(list[Result])
_changes_decoder = msgspec.msgpack.Decoder(Changes)
_encoder = msgspec.msgpack.Encoder()


def sheet_of(
    results: Iterable[RuleResult],
    patches: Mapping[str, int],
    fresh: Mapping[str, int] | None = None,
) -> list[Result]:
    """The results of a scan.

    Args:
        results: Its rows.
        patches: Rule to its open violations for which a fix is ready.
        fresh: Rule to its open violations that came with the code since the baseline; None if that is not known.
    """
    return [
        Result(
            code=result.code,
            level=result.level,
            weight=result.weight,
            preview=result.preview,
            state=result.state,
            subjects=result.subjects,
            violations=result.violations,
            suppressed=result.suppressed,
            waived=result.waived,
            patches=patches.get(result.code, 0),
            version=result.version,
            new=None if fresh is None else fresh.get(result.code, 0),
        )
        for result in results
    ]


def sheet_encode(results: Sequence[Result]) -> bytes:
    """The results as they are stored."""
    return _encoder.encode(results)


def sheet_decode(stored: bytes | memoryview) -> list[Result]:
    """The results as they were stored."""
    return _decoder.decode(stored)


def changes_of(before: Sequence[Result], after: Sequence[Result]) -> Changes:
    """What of results changed in a way that counts: another version of a rule that says the same is none."""
    old = {result.code: _counted(result) for result in before}
    new = [_counted(result) for result in after]
    return Changes(
        [result for result in new if old.get(result.code) != result],
        sorted(old.keys() - {result.code for result in new}),
    )


def changes_encode(changes: Changes) -> bytes:
    """Changes as they are stored."""
    return _encoder.encode(changes)


def changes_decode(stored: bytes | memoryview) -> Changes:
    """Changes as they were stored."""
    return _changes_decoder.decode(stored)


def _counted(result: Result) -> Result:
    return msgspec.structs.replace(result, version="", patches=0, new=None)
