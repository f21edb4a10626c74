"""What the worker's evaluating child runs: a job whose outlines lie partly in a stock that it was given beforehand.

It knows no Django: the process from which the child is forked imports this module and little else.
"""

from __future__ import annotations

from collections.abc import Buffer, Callable
from typing import TYPE_CHECKING

import msgspec

from apps.scans.stock import StockDamaged, segments_read
from plumbline import analysis
from plumbline import outline as o
from plumbline.report import Job, encode

if TYPE_CHECKING:
    Encoded = bytes | memoryview
else:
    Encoded = memoryview


class StockedJob(msgspec.Struct, array_like=True):
    """A job whose own list of outlines is empty: each file has the number of its outline instead.

    Numbers count through the stock, in its order, and go on through ``outlines``.
    """

    job: Job
    files: list[tuple[str, int]]
    outlines: list[Encoded]


_decoder = msgspec.msgpack.Decoder(StockedJob)


def evaluate_encoded(job: Buffer) -> bytes:
    """The encoded report for an encoded job that needs no stock."""
    return _evaluated(_decoder.decode(job), [], [])


def prepared(stock: Buffer) -> Callable[[Buffer], bytes]:
    """What turns an encoded job into an encoded report, once the outlines of the stock are decoded.

    Raises:
        StockDamaged: it is not what was written.
    """
    encoded = [part for segment in segments_read(stock) for part in segment.outlines()]
    try:
        known = [o.decode(part) for part in encoded]
    except msgspec.DecodeError as error:
        raise StockDamaged from error
    return lambda job: _evaluated(_decoder.decode(job), encoded, known)


def _evaluated(job: StockedJob, encoded: list[memoryview], known: list[o.Outline]) -> bytes:
    outlines: dict[str, o.Outline] = {}
    used: set[int] = set()
    count = len(known)
    for path, number in job.files:
        if number < count and number not in used:
            outlines[path] = known[number]
        else:
            # The same blob at two paths gives two outlines, as it does without a stock.
            part = encoded[number] if number < count else job.outlines[number - count]
            outlines[path] = analysis.decoded_outline(part)
        used.add(number)
    return encode(analysis.evaluate_job(job.job, outlines))
