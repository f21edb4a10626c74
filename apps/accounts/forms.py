"""Forms of somebody's own page."""

from django import forms

from apps.accounts.models import TokenScope
from apps.accounts.services import PERSON_NAME_LIMIT

DAYS = ((7, "a week"), (30, "30 days"), (90, "90 days"), (180, "half a year"), (365, "a year"))


class NameForm(forms.Form):
    """What somebody is called."""

    first_name = forms.CharField(required=False, max_length=PERSON_NAME_LIMIT)
    last_name = forms.CharField(required=False, max_length=PERSON_NAME_LIMIT)


class TokenForm(forms.Form):
    """What a token is for, what it may do, and how long it lives."""

    name = forms.CharField(
        max_length=100,
        label="What for",
        help_text="What will use it, for instance “CI of payments-api”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(
        label="Lives for",
        choices=DAYS,
        coerce=int,
        initial=90,
        help_text="It can be revoked at any time.",
    )
    scopes = forms.MultipleChoiceField(
        label="May", choices=TokenScope.choices, widget=forms.CheckboxSelectMultiple
    )


class DigestForm(forms.Form):
    """Of which teams somebody wants the digest."""

    team = forms.TypedMultipleChoiceField(required=False, coerce=int)

    def __init__(self, *args: object, teams: dict[int, str], **kwargs: object) -> None:
        """Offer somebody's own teams only."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["team"].choices = list(teams.items())  # type: ignore[attr-defined]
