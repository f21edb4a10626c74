"""How values look on a page. Nothing here trusts a value: all of it goes through autoescape."""

import functools
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.text import Block, Line, Token, code_lines, prose_blocks, prose_spans, text_visible

register = template.Library()

type Number = Decimal | float | int

DASH = "\N{EN DASH}"
MINUTE, HOUR, DAY = 60, 3600, 86400
# Bars change their colour at these shares; the figure beside them says the same.
GOOD_SHARE, FAIR_SHARE = 0.9, 0.6
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 88.0, 22.0, 2.0


@register.filter
def visible(text: object) -> str:
    """Spell out control, zero-width and bidirectional characters."""
    return text_visible(str(text))


@register.filter
def points(value: Number | None) -> str:
    """Show a score with one decimal, never rounded up to a 100 that it is not."""
    if value is None:
        return DASH
    shown = f"{value:.1f}"
    return "99.9" if shown == "100.0" and value < 100 else shown


@register.filter
def percent(share: Number | None) -> str:
    """Show a share (0 to 1) in whole percent; only all is 100 %, only nothing is 0 %."""
    if share is None:
        return DASH
    whole = round(float(share) * 100)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        whole = 1
    return f"{whole}\N{NO-BREAK SPACE}%"


@register.filter
def whole(value: Number) -> str:
    """Show a count with thin spaces between thousands."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def commit(sha: str) -> str:
    """Shorten a commit's name."""
    return text_visible(sha[:10])


@register.filter
def seconds(value: Number | None) -> str:
    """Show a duration in the unit a person would choose."""
    if value is None:
        return DASH
    if value < 1:
        return f"{float(value) * 1000:.0f} ms"
    if value < MINUTE:
        return f"{float(value):.1f} s"
    return f"{int(value) // MINUTE} min {int(value) % MINUTE} s"


@register.filter
def blocks(prose: str) -> list[Block]:
    """Split rule documentation into paragraphs, lists and code."""
    return prose_blocks(prose)


@register.inclusion_tag("components/marks.html#line")
def line(text: str) -> dict[str, list[Token]]:
    """Show a line of documentation, with `code` between backticks."""
    return {"spans": prose_spans(text)}


@register.simple_tag
def delta(value: Number | None) -> SafeString:
    """Show a change of score, signed."""
    if value is None:
        return format_html('<span class="delta delta-flat">{}</span>', DASH)
    if round(value, 1) == 0:
        return format_html('<span class="delta delta-flat">{}</span>', "±0.0")
    if value > 0:
        return format_html('<span class="delta delta-up">+{}</span>', f"{value:.1f}")
    return format_html(
        '<span class="delta delta-down">\N{MINUS SIGN}{}</span>', f"{abs(value):.1f}"
    )


@register.simple_tag
def ago(moment: datetime | None, otherwise: str = "never") -> SafeString | str:
    """Show a moment relative to now, exact on hover."""
    if moment is None:
        return otherwise
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%-d %B %Y, %H:%M %Z"),
        _relative(moment, timezone.now()),
    )


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """Show a day, or the day of a moment; nothing where there is none."""
    if value is None:
        return ""
    return _day(value.date() if isinstance(value, datetime) else value)


@functools.lru_cache(maxsize=4096)
def _day(value: date) -> str:
    return value.strftime("%-d %b %Y")


def _relative(moment: datetime, now: datetime) -> str:
    age = (now - moment).total_seconds()
    if age < MINUTE:
        return "just now"
    for unit, name, until in ((MINUTE, "min", HOUR), (HOUR, "h", DAY), (DAY, "d", 14 * DAY)):
        if age < until:
            return f"{age // unit:.0f} {name} ago"
    return _day(timezone.localtime(moment).date())


@register.inclusion_tag("components/marks.html#icon")
def icon(name: str) -> dict[str, str]:
    """Draw a symbol of the sprite; it says nothing to a screen reader."""
    return {"name": name}


STANDINGS = {
    "plumb": ("plumb", "Plumb", "No open MUST violation"),
    "leaning": ("leaning", "Leaning", "Open MUST violations, none new"),
    "off": ("off", "Off", "Open MUST violations"),
}
STATES = {
    "pass": "Pass",
    "fail": "Fail",
    "not_applicable": "Not applicable",
    "waived": "Waived",
    "error": "Error",
    "not_evaluated": "Not evaluated",
    "queued": "Queued",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "dead": "Given up",
    "cancelled": "Cancelled",
    "superseded": "Superseded",
    "draft": "Draft",
    "closed": "Closed",
    "empty": "Empty",
    "stale": "Old",
}


@register.inclusion_tag("components/marks.html#chip")
def standing(value: str) -> dict[str, str]:
    """Show a standing as the line itself: true, leaning or off."""
    kind, word, title = STANDINGS.get(value, ("unknown", "Not known", "Nothing was judged yet"))
    return {"kind": kind, "word": word, "title": title}


@register.inclusion_tag("components/marks.html#chip")
def state(value: str) -> dict[str, str]:
    """Show the state of a rule or of a scan."""
    return {"kind": value if value in STATES else "unknown", "word": STATES.get(value, value)}


@register.inclusion_tag("components/marks.html#level")
def level(value: str) -> dict[str, str]:
    """Show MUST, SHOULD or MAY."""
    return {"word": value, "kind": value.lower()}


@register.inclusion_tag("components/marks.html#bar")
def bar(share: Number | None, tone: str = "", of: float = 1) -> dict[str, Any]:
    """Draw a part `of` a whole as a bar, hidden from readers: its figure belongs beside it."""
    value = min(max(float(share or 0) / of, 0.0), 1.0)
    return {"width": f"{value * 100:.2f}", "tone": tone or share_tone(value)}


@register.inclusion_tag("components/marks.html#parts")
def parts(of: Number, **counts: Number) -> dict[str, Any]:
    """Draw counts as parts `of` a whole, each in the tone that it is named for (plumb, leaning, off, quiet, accent).

    Hidden from readers: the words beside it have the numbers.
    """
    start, drawn = 0.0, []
    for tone, count in counts.items():
        width = min(float(count or 0) / float(of) * 100 if of else 0.0, 100 - start)
        drawn.append({"tone": tone, "x": f"{start:.2f}", "width": f"{width:.2f}"})
        start += width
    return {"parts": drawn}


@register.filter
def share_tone(share: Number | None) -> str:
    """Name the colour of a share."""
    if share is None:
        return "quiet"
    if share >= GOOD_SHARE:
        return "plumb"
    return "leaning" if share >= FAIR_SHARE else "off"


@register.filter
def scale_at(score: Number) -> str:
    """Place a score on the scale of `components/scale.html`, which is 200 units long."""
    return f"{float(score) * 2:.1f}"


@register.inclusion_tag("components/marks.html#spark")
def spark(values: Sequence[Number], label: str = "") -> dict[str, Any]:
    """Draw a series of scores as a small line; its scale is its own, at least ten points high."""
    numbers = [float(value) for value in values]
    if not numbers:
        return {"line": ""}
    low, high = min(numbers), max(numbers)
    middle, height = (low + high) / 2, max(high - low, 10.0)
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(len(numbers) - 1, 1)
    inner = SPARK_HEIGHT - 2 * SPARK_EDGE
    dots = [
        (SPARK_EDGE + step * index, SPARK_HEIGHT / 2 - (value - middle) / height * inner)
        for index, value in enumerate(numbers)
    ]
    return {
        "line": " ".join(f"{x:.1f},{y:.1f}" for x, y in dots),
        "end": {"x": f"{dots[-1][0]:.1f}", "y": f"{dots[-1][1]:.1f}"},
        "label": label or f"from {numbers[0]:.1f} to {numbers[-1]:.1f}",
    }


@register.inclusion_tag("components/code.html")
def code(
    text: str, start: int = 1, line: int = 0, end_line: int = 0, name: str = ""
) -> dict[str, Any]:
    """Show code with its line numbers, the lines from `line` to `end_line` highlighted."""
    marked = range(line, max(line, end_line) + 1) if line else range(0)
    return {"lines": code_lines(text, start=start, marked=marked), "name": name}


@register.inclusion_tag("components/diff.html")
def diff(text: str, name: str = "") -> dict[str, Any]:
    """Show a unified diff; `name` becomes the id of the element that holds its text."""
    rows = []
    for row in text.removesuffix("\n").split("\n"):
        kind = _DIFF_KINDS.get(row[:1], "")
        if row.startswith(("+++ ", "--- ")):
            kind = "file"
        rows.append((kind, text_visible(row, keep="\t")))
    return {"rows": rows, "name": name}


_DIFF_KINDS = {"+": "plus", "-": "minus", "@": "hunk", "\\": "hunk"}


@register.inclusion_tag("components/code.html")
def example(text: str, name: str = "") -> dict[str, Any]:
    """Show a rule's example; lines that end in `# <-` are highlighted and lose the arrow."""
    rows = text.removesuffix("\n").split("\n")
    marked = frozenset(number for number, row in enumerate(rows, 1) if _arrow(row))
    plain = "\n".join(
        row[: -len(arrow)].rstrip() if (arrow := _arrow(row)) else row for row in rows
    )
    lines: list[Line] = code_lines(plain, marked=marked)
    return {"lines": lines, "name": name}


def _arrow(row: str) -> str:
    """Give the mark at the end of an example's line, blank if it has none."""
    for arrow in ("# <-", "{# <- #}", "<!-- <- -->"):
        if row.rstrip().endswith(arrow):
            return row[row.rindex(arrow) :]
    return ""
