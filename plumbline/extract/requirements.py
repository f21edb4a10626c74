"""Requirements files."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from plumbline.extract.errors import decoded
from plumbline.outline import Requirement, RequirementsOutline

_REQUIREMENT = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]{0,100})\s{0,10}(?:\[([A-Za-z0-9_,. -]{0,200})\])?\s{0,10}([^;#]{0,500})"
)
_INCLUDE = re.compile(r"^(?:-r|-c|--requirement|--constraint)[\s=]{1,5}(\S{1,300})")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]{0,100})")


def requirement(text: str, line: int) -> Requirement | None:
    """The requirement that a line of text states, or None if it states none."""
    egg = _EGG.search(text)
    if egg:
        return Requirement(str(canonicalize_name(egg[1])), [], "", line)
    match = _REQUIREMENT.match(text)
    if match is None or "://" in match[1]:
        return None
    extras = [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]
    specifier = match[3].strip()
    return Requirement(
        str(canonicalize_name(match[1])), extras, specifier.split(" --")[0].strip(" ()\\"), line
    )


def requirements_outline(content: bytes) -> RequirementsOutline:
    """The requirements that a file lists, and the files that it includes."""
    requirements: list[Requirement] = []
    includes: list[str] = []
    for number, raw in enumerate(decoded(content).splitlines(), 1):
        text = raw.strip()
        if include := _INCLUDE.match(text):
            includes.append(include[1])
        elif text and not text.startswith("#") and (found := requirement(text, number)) is not None:
            requirements.append(found)
    return RequirementsOutline(requirements, includes)
