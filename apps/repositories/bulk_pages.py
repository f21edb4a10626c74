"""Registering several repositories as its page shows it: asked, shown beforehand, done part by part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.core.files.uploadedfile import UploadedFile

from apps.accounts.models import User
from apps.repositories.bulk import (
    Preview,
    Registration,
    entries_preview,
    repositories_register,
)
from apps.repositories.lists import (
    SIZE_LIMIT,
    Entry,
    entries_of_yaml,
    entries_parse,
    entries_text,
)
from core.addresses import whole_number
from core.exceptions import DomainError, Invalid

AT_ONCE = 100
"""How many are registered in one request; the others follow in the next."""
ROWS_SHOWN = 100
"""How many lines of a list a page shows."""


class ListForm(forms.Form):
    """A list of repositories, pasted or in a file."""

    text = forms.CharField(
        label="Addresses",
        required=False,
        max_length=SIZE_LIMIT,
        help_text="One a line, or columns: url,branch,name. A first line may name the columns: "
        "url, branch, name, team, tags.",
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        ),
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="CSV or YAML, up to 512 kB and 1,000 repositories. YAML is a list of addresses, or of "
        "url, branch, name, team and tags.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.yaml,.yml"}),
    )

    def clean(self) -> dict[str, Any]:
        """Read the list; it stands in ``entries``."""
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        try:
            cleaned["entries"] = _read(file) if file else entries_parse(cleaned.get("text", ""))
            if not cleaned["entries"]:
                raise Invalid("The list is empty.", remedy="Paste addresses, or choose a file.")
        except DomainError as error:
            self.add_error("file" if file else "text", error.advice)
        return cleaned


@dataclass(frozen=True, slots=True)
class Several:
    """Where somebody is who registers several: what would be done, or what was done and what is left."""

    previews: Sequence[Preview] = ()
    done: Sequence[Registration] = ()
    left: Sequence[Entry] = ()
    failed: Sequence[Entry] = ()
    registered: int = 0

    @classmethod
    def previewed(cls, entries: Sequence[Entry]) -> Self:
        """What registering these would do."""
        return cls(previews=entries_preview(entries=entries))

    @classmethod
    def acted(cls, entries: Sequence[Entry], *, user: User, before: Mapping[str, str]) -> Self:
        """Register the first of these that can be; ``before`` is what the parts before it came to.

        Raises:
            Invalid: What came before cannot be read.
        """
        seen = cls.previewed(entries)
        refused = [
            Registration(row.entry, None, row.error)
            for row in seen.previews
            if row.error is not None
        ]
        done = repositories_register(entries=seen.new[:AT_ONCE], actor=user)
        known = {row.entry.line for row in seen.previews if row.known is not None}
        failed = [
            row.entry for row in (*refused, *done) if row.error and row.entry.line not in known
        ]
        return cls(
            done=[*done, *refused],
            left=seen.new[AT_ONCE:],
            failed=[*entries_parse(before.get("failed", "")), *failed],
            registered=(whole_number(before.get("registered", ""), digits=4) or 0)
            + sum(row.repository is not None for row in done),
        )

    @property
    def new(self) -> list[Entry]:
        """What would be registered."""
        return [row.entry for row in self.previews if row.is_new]

    @property
    def known(self) -> int:
        """How many are followed already."""
        return sum(row.known is not None for row in self.previews)

    @property
    def refused(self) -> int:
        """How many cannot be registered for another reason."""
        return len(self.previews) - len(self.new) - self.known

    @property
    def shown(self) -> list[Preview]:
        """The lines that a page shows: of a long list first those that need a look."""
        if len(self.previews) <= ROWS_SHOWN:
            return list(self.previews)
        return sorted(self.previews, key=lambda row: (row.is_new, row.known is not None))[
            :ROWS_SHOWN
        ]

    @property
    def hidden(self) -> int:
        """How many lines the page leaves out."""
        return len(self.previews) - len(self.shown)

    @property
    def done_shown(self) -> Sequence[Registration]:
        """The results that a page shows."""
        return self.done[:ROWS_SHOWN]

    @property
    def text(self) -> str:
        """The whole list, for the form."""
        return entries_text(row.entry for row in self.previews)

    @property
    def left_text(self) -> str:
        """What is left, for the form."""
        return entries_text(self.left)

    @property
    def failed_text(self) -> str:
        """What could not be registered, to be corrected."""
        return entries_text(self.failed)


def _read(file: UploadedFile[bytes]) -> list[Entry]:
    if (file.size or 0) > SIZE_LIMIT:
        raise Invalid("The file is too large.", remedy="Give at most 512 kB at a time.")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("The file is no text in UTF-8.", remedy="Save it as UTF-8.") from error
    is_yaml = (file.name or "").lower().endswith((".yaml", ".yml"))
    return entries_of_yaml(text) if is_yaml else entries_parse(text)
