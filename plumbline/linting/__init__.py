"""Ruff as an analyser: how it is asked, what it says of a blob, and what that adds up to for a repository.

Pure like the rest of the engine: the process itself is run by ``plumbline.sandbox``. Its results stand beside the
guide's findings and never enter the score.
"""

from plumbline.linting.blobs import BlobLint, decode, encode
from plumbline.linting.names import rule_title
from plumbline.linting.places import Places
from plumbline.linting.profile import FAMILIES
from plumbline.linting.summary import (
    CodeCount,
    FamilyResult,
    FileCount,
    Lint,
    NotLinted,
    summarise,
)

__all__ = [
    "FAMILIES",
    "BlobLint",
    "CodeCount",
    "FamilyResult",
    "FileCount",
    "Lint",
    "NotLinted",
    "Places",
    "decode",
    "encode",
    "rule_title",
    "summarise",
]
