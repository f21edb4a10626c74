"""INI files: setup.cfg, tox.ini, mypy.ini and their like."""

from __future__ import annotations

import configparser

from plumbline.extract.errors import NotReadable, decoded
from plumbline.outline import IniOutline


def ini_outline(content: bytes) -> IniOutline:
    """The outline of an INI file, without interpolation; raises ``NotReadable`` on bad syntax."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # option names keep their case
    try:
        parser.read_string(decoded(content))
    except configparser.Error as error:
        raise NotReadable(f"not a valid INI file: {type(error).__name__}") from None
    sections = {
        name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()
    }
    return IniOutline(sections)
