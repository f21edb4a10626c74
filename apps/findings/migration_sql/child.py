"""What the confined child runs: encoded scripts in, the SQL of each migration out.

The sandbox's own interpreter imports this module, and with it Django, before a child is confined. A child may open no
file, so whatever Django imports when it is first asked has to be asked for here.
"""

from __future__ import annotations

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

_scripts = msgspec.msgpack.Decoder(list[Script])
_made = msgspec.msgpack.Decoder(list[MigrationSql])


def encode_scripts(scripts: list[Script]) -> bytes:
    """Scripts as the child takes them, and the engine hands them out."""
    return msgspec.msgpack.encode(scripts)


def decode_made(encoded: bytes) -> list[MigrationSql]:
    """What the child gives; raises ``msgspec.DecodeError`` on anything else."""
    return _made.decode(encoded)


def evaluate_encoded(job: bytes) -> bytes:
    """The SQL of encoded scripts. The steps that it came from are left out."""
    made = list(sql_of(_scripts.decode(job)))
    for migration in made:
        migration.script.steps = []
    return msgspec.msgpack.encode(made)


evaluate_encoded(encode_scripts(REHEARSAL))
