"""Forms of the pages about teams."""

from typing import Any

from django import forms

from apps.accounts.models import MembershipRole, Team
from apps.accounts.selectors import Person, team_list

_FIELDS = {"team_exists": "name", "team_nested": "parent"}


class TeamForm(forms.Form):
    """What a team is made of; the service decides whether it will do."""

    name = forms.CharField(max_length=100)
    parent = forms.ModelChoiceField(
        label="Part of",
        queryset=Team.objects.none(),
        required=False,
        to_field_name="slug",
        empty_label="no other team",
        help_text="Teams have one level below them.",
    )
    handles = forms.CharField(
        required=False,
        max_length=2500,
        help_text="What forges and CODEOWNERS call it, such as shop/payments; one a line.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    description = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: Person, team: Team | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Offer the teams at the top; a team that is given fills the fields."""
        if team is not None:
            kwargs["initial"] = {
                "name": team.name,
                "parent": team.parent.slug if team.parent else None,
                "handles": "\n".join(team.handles),
                "description": team.description,
            }
        super().__init__(*args, **kwargs)
        tops = team_list(user=user).filter(parent=None)
        field = self.fields["parent"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = tops.exclude(pk=team.pk) if team is not None else tops

    def wanted(self) -> dict[str, Any]:
        """What the services take."""
        return {**self.cleaned_data, "handles": self.cleaned_data["handles"].split()}

    def field_of(self, code: str) -> str | None:
        """Name the field to which an error of the service belongs."""
        return _FIELDS.get(code)


class MemberForm(forms.Form):
    """Who shall be in a team, and as what."""

    email = forms.EmailField(
        label="E-mail address", help_text="Of somebody who signs in to Plumbline."
    )
    role = forms.ChoiceField(
        choices=[(value, str(label).capitalize()) for value, label in MembershipRole.choices],
        initial=MembershipRole.MEMBER,
        help_text="A lead may change the team, its repositories and their waivers.",
    )
