"""Forms of the pages about repositories."""

from typing import Any

from django import forms
from django.conf import settings

from apps.repositories.models import LONGEST_HISTORY, Provider

URL_LIMIT, BRANCH_LIMIT, NAME_LIMIT, SECRET_LIMIT = 1000, 255, 200, 1000
SSH_KEY_LIMIT = 16_384
_FIELDS = {
    "ref_invalid": "branch",
    "ssh_key_invalid": "ssh_key",
    "credential_unfit": "secret",
    "months_invalid": "history_months",
}


class RegisterForm(forms.Form):
    """What somebody gives to have a repository followed; the service decides whether it will do."""

    url = forms.CharField(
        label="URL",
        max_length=URL_LIMIT,
        help_text="The https address to clone from, for instance "
        "https://github.com/organisation/repository",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    branch = forms.CharField(
        required=False,
        max_length=BRANCH_LIMIT,
        help_text="Leave it empty to follow the default branch.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        required=False,
        max_length=NAME_LIMIT,
        help_text="What to call it here; by default the last part of the URL.",
    )
    provider = forms.ChoiceField(
        label="Host",
        required=False,
        choices=[("", "Told from the URL"), *Provider.choices],
        help_text="Who announces pushes; choose it for a forge of your own.",
    )
    username = forms.CharField(
        label="User name for fetching",
        required=False,
        max_length=NAME_LIMIT,
        help_text="Only for a private repository.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label="Access token for fetching",
        required=False,
        max_length=SECRET_LIMIT,
        strip=False,
        help_text="Read-only is enough. It is kept encrypted and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    ssh_key = forms.CharField(
        label="SSH key for fetching",
        required=False,
        max_length=SSH_KEY_LIMIT,
        strip=False,
        help_text="The private half of a read-only deploy key, for an ssh address. It is kept "
        "encrypted and never shown again.",
        widget=forms.Textarea(
            attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false"},
        ),
    )

    history_months = forms.IntegerField(
        label="Months of history",
        required=False,
        min_value=0,
        max_value=LONGEST_HISTORY,
        help_text="How many months of its past are judged after the newest commit; 0 for none.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own signature
        """Begin with the first field in focus; offer SSH only where it can work."""
        super().__init__(*args, **kwargs)
        if not settings.PLUMBLINE_SSH_KNOWN_HOSTS.strip():
            del self.fields["ssh_key"]
        self.fields["history_months"].initial = settings.PLUMBLINE_BACKFILL_MONTHS
        self.fields["url"].widget.attrs["autofocus"] = True

    def field_of(self, code: str) -> str:
        """Name the field to which an error of the service belongs."""
        name = _FIELDS.get(code, "url")
        return name if name in self.fields else "url"
