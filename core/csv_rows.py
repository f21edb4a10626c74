"""Rows as CSV, sent while they are read, and safe to open in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence

from django.http import StreamingHttpResponse

from core.text import text_visible

# With one of these a cell would be taken for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """What the writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def csv_response(name: str, rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Rows as a file of this name; the first one is the heading."""
    writer = csv.writer(_Line())
    lines = (writer.writerow([csv_cell(cell) for cell in row]) for row in rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def csv_cell(value: object) -> str:
    """A value as text that no spreadsheet computes; numbers are as they are, also below zero."""
    if isinstance(value, int | float):
        return str(value)
    text = text_visible("" if value is None else str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
