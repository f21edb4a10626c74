"""Forms of the pages about campaigns."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import user_get_by_email
from apps.scorecards.services.campaigns import NAME_LIMIT, WHY_LIMIT
from core.exceptions import NotFound

_QUARTER = timedelta(days=84)


class CampaignForm(forms.Form):
    """What a campaign is called, what it is for, who answers for it, and until when."""

    name = forms.CharField(max_length=NAME_LIMIT, help_text="What people will call it.")
    why = forms.CharField(
        label="Why",
        required=False,
        max_length=WHY_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For those who shall do the work: what gets better when it is done.",
    )
    target_on = forms.DateField(
        label="Target",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The day on which nothing should be left.",
    )
    owner = forms.EmailField(
        required=False, help_text="Who answers for it, by e-mail address; by default you."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own signature
        """Propose twelve weeks."""
        super().__init__(*args, **kwargs)
        self.fields["target_on"].initial = timezone.localdate() + _QUARTER

    def clean_owner(self) -> User | None:
        """Find who answers for it."""
        email = self.cleaned_data["owner"]
        try:
            return user_get_by_email(email=email) if email else None
        except NotFound as error:
            raise forms.ValidationError(error.text) from error


class CloseForm(forms.Form):
    """How a campaign ends."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    stands = forms.BooleanField(required=False)
    enforced_from = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class VersionForm(forms.Form):
    """Which version somebody has looked at."""

    version = forms.IntegerField()
