"""Which rules of a draft the address asks for, and which part of its effects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from django.core.paginator import Page

from apps.rulebook.selectors import rule_mentions, section_list
from core.addresses import query_string, whole_number
from core.cleaning import clean_text
from plumbline.policy import Policy
from plumbline.rule import Rule

CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Around:
    """The addresses of the parts of a list before and after the one that is shown; blank where there is none."""

    previous: str
    following: str


@dataclass(frozen=True, slots=True)
class DraftQuery:
    """Search and filters of the page of a draft; what makes no sense is left out."""

    search: str = ""
    section: str = ""
    only: str = ""
    page: str = ""
    movers: str = ""
    on: date | None = None

    @classmethod
    def of(cls, address: Mapping[str, str], form: Mapping[str, str]) -> "DraftQuery":
        """Read an address, or the filters that are sent along with a form, which win."""
        given = {
            **address,
            **{name: form[name] for name in ("q", "section", "only") if name in form},
        }
        is_narrowed = any(name in form for name in ("q", "section", "only"))
        section = given.get("section", "")
        return cls(
            search=clean_text(given.get("q", "").strip(), limit=100),
            section=section if section in section_list() else "",
            only=CHANGED if given.get("only") == CHANGED else "",
            page="" if is_narrowed else _number(given.get("page", "")),
            movers=_number(given.get("movers", "")),
            on=_day(given.get("on", "")),
        )

    @property
    def address(self) -> str:
        """The query of the page that shows this."""
        named = {
            "q": self.search,
            "section": self.section,
            "only": self.only,
            "page": self.page,
            "movers": self.movers,
            "on": self.on.isoformat() if self.on else "",
        }
        return query_string(named)

    def around(self, page: Page[Any], name: Literal["page", "movers"]) -> Around:
        """Where the parts before and after one are; ``name`` is what the address calls its number."""
        return Around(
            self._at(name, page.number - 1) if page.has_previous() else "",
            self._at(name, page.number + 1) if page.has_next() else "",
        )

    def _at(self, name: Literal["page", "movers"], number: int) -> str:
        text = _number(str(number))
        there = replace(self, page=text) if name == "page" else replace(self, movers=text)
        return there.address or "?"

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves rules out."""
        return bool(self.search or self.section or self.only)

    def shows(self, rule: Rule, *policies: Policy) -> bool:
        """Whether a rule is asked for; those that differ from the guide do so in one of the policies."""
        if self.section and rule.section != self.section:
            return False
        if self.only and not any(rule.code in policy.rules for policy in policies):
            return False
        return rule_mentions(rule, self.search)


def _number(text: str) -> str:
    return "" if text == "1" or whole_number(text, digits=5) is None else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
