"""Forms of the pages about waivers."""

from datetime import date
from typing import Any

from django import forms

from apps.findings.exceptions import WaiverPathUnfit, WaiverReasonMissing, WaiverTooLong
from core.exceptions import DomainError

REASON_LIMIT, PATTERN_LIMIT = 4000, 400
_FIELD_OF: dict[type[DomainError], str] = {
    WaiverReasonMissing: "reason",
    WaiverPathUnfit: "path_pattern",
    WaiverTooLong: "until",
}


class _Day(forms.DateInput):
    """A day as the browser asks for it."""

    input_type = "date"

    def __init__(self, *, last: date, today: date) -> None:
        super().__init__(
            format="%Y-%m-%d", attrs={"min": today.isoformat(), "max": last.isoformat()}
        )


class _Refusable(forms.Form):
    """A form that shows what a service says against it."""

    def refuse(self, error: DomainError) -> None:
        """Put a refusal of the service where it belongs."""
        name = _FIELD_OF.get(type(error))
        self.add_error(name if name in self.fields else None, error.advice)


class WaiverForm(_Refusable):
    """What somebody says who asks for a waiver; the service decides whether it will do."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        help_text="Why the rule cannot be kept here yet. Whoever decides reads it, and everybody who sees the score.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    until = forms.DateField(label="Until")
    path_pattern = forms.CharField(
        label="Only under this path",
        required=False,
        max_length=PATTERN_LIMIT,
        help_text="A folder such as apps/orders, or a glob such as apps/*/models.py; blank for the whole repository.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - Django's own signature
        last: date,
        today: date,
        has_path: bool,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Bound the day by what is allowed; ask for a path only where the waiver is for a rule."""
        super().__init__(*args, **kwargs)
        day = self.fields["until"]
        day.widget = _Day(last=last, today=today)
        day.help_text = f"At most {last:%-d %B %Y}. It ends by itself after that day."
        day.initial = last
        self.fields["reason"].widget.attrs["autofocus"] = True
        if not has_path:
            del self.fields["path_pattern"]


class DecisionForm(_Refusable):
    """What somebody says who decides."""

    note = forms.CharField(
        required=False,
        max_length=REASON_LIMIT,
        label="Note",
        help_text="For whoever asked, and for the record.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    until = forms.DateField(label="Until", required=False)

    def __init__(self, *args: Any, last: date, today: date, **kwargs: Any) -> None:  # noqa: ANN401
        """Bound the day by what is allowed."""
        super().__init__(*args, **kwargs)
        self.fields["until"].widget = _Day(last=last, today=today)
        self.fields["until"].help_text = f"Shorten or lengthen it, to {last:%-d %B %Y} at most."
