"""All rule results of a repository in one small value, for arithmetic over a fleet."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from apps.scans.models import RuleResult
from plumbline.policy import Result

_decoder = msgspec.msgpack.Decoder(list[Result])
_encoder = msgspec.msgpack.Encoder()


def sheet_of(results: Iterable[RuleResult], patches: Mapping[str, int]) -> list[Result]:
    """The results of a scan, with the number of open violations of each rule for which a fix is ready."""
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
        )
        for result in results
    ]


def sheet_encode(results: Sequence[Result]) -> bytes:
    """The results as they are stored."""
    return _encoder.encode(results)


def sheet_decode(stored: bytes | memoryview) -> list[Result]:
    """The results as they were stored."""
    return _decoder.decode(stored)
