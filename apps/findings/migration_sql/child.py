"""What the confined child runs: encoded scripts in, the SQL of each migration out.

The sandbox's own interpreter imports this module, and with it Django, before a child is confined. A child may open no
file, so whatever Django imports when it is first asked has to be asked for here.
"""

from __future__ import annotations

from collections.abc import Buffer
from itertools import islice, pairwise

import msgspec

import django
from django.conf import settings

if not settings.configured:  # a bare interpreter, where nothing else is of Django
    settings.configure(
        USE_TZ=True, TIME_ZONE="UTC", INSTALLED_APPS=[], DATABASES={}, DEFAULT_CHARSET="utf-8"
    )
    django.setup()

from apps.findings.migration_sql.rehearsal import REHEARSAL
from apps.findings.migration_sql.scripts import MigrationSql, sql_of
from plumbline.project.rebuilding import Script


class SqlJob(msgspec.Struct, array_like=True):
    """Scripts in their order, and the bounds of the parts of which SQL is wanted; of those before the first none is."""

    bounds: list[int]
    scripts: list[Script]


class EncodedSqlJob(msgspec.Struct, array_like=True):
    """The same for whoever only passes scripts on."""

    bounds: list[int]
    scripts: list[msgspec.Raw]


_jobs = msgspec.msgpack.Decoder(SqlJob)
_made = msgspec.msgpack.Decoder(list[MigrationSql])


def encode_scripts(scripts: list[Script]) -> bytes:
    """Scripts as the engine hands them out."""
    return msgspec.msgpack.encode(scripts)


def decode_made(encoded: bytes) -> list[MigrationSql]:
    """What the child gives of a part; raises ``msgspec.DecodeError`` on anything else."""
    return _made.decode(encoded)


def evaluate_encoded(job: Buffer) -> bytes:
    """The SQL of an encoded job, as a list of encoded parts. The steps that it came from are left out."""
    given = _jobs.decode(job)
    made = sql_of(given.scripts[: given.bounds[-1]], given.bounds[0])
    parts = []
    for start, stop in pairwise(given.bounds):
        part = list(islice(made, stop - start))
        for migration in part:
            migration.script.steps = []
        parts.append(msgspec.msgpack.encode(part))
    return msgspec.msgpack.encode(parts)


evaluate_encoded(msgspec.msgpack.encode(SqlJob([0, len(REHEARSAL)], REHEARSAL)))
