"""The page on which a layer is drafted: its rules, what they would do, and what others did meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from django.conf import settings
from django.core.paginator import Page
from django.utils import timezone

from apps.accounts.models import User
from apps.rulebook.models import PolicyLayer, PolicyScope
from apps.rulebook.policies import Group
from apps.rulebook.selectors import (
    layer_find,
    layer_key,
    layer_with,
    policy_book,
    policy_may_draft,
    policy_may_publish,
    rule_list,
    section_list,
    versions_in_force,
)
from apps.rulebook.services import DraftOutdated, draft_discard, draft_save, policy_publish
from apps.scorecards.listing import page_of
from apps.scorecards.policy_pages.draft_form import DEFAULT, WAIVER_DAYS, DraftForm, base_text
from apps.scorecards.policy_pages.effects import EffectsView
from apps.scorecards.policy_pages.layers import layer_title
from apps.scorecards.policy_pages.query import DraftQuery
from apps.scorecards.policy_pages.rows import Lines
from core.addresses import whole_number
from core.exceptions import DomainError
from plumbline.policy import Policy
from plumbline.policy_changes import differences, rebased
from plumbline.rule import Basis, Level, Rule
from plumbline.scoring import WEIGHTS

RULES_PER_PAGE, DAYS = 30, 6


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else did to the draft while this person had it on screen."""

    theirs: list[str]
    mine: list[str]
    was_published: bool


@dataclass(slots=True)
class Editor:
    """A layer with its draft as somebody sees and changes it; ``problem`` stands where the act was.

    ``revision`` and the form's ``base`` are of the draft that this person has seen, however often the page is drawn
    anew in between: otherwise what somebody else saved meanwhile would be overwritten unseen.
    """

    user: User
    layer: PolicyLayer
    query: DraftQuery
    form: DraftForm
    drafted: Policy
    revision: int
    act: str = ""
    reason: str = ""
    problem: DomainError | None = None
    meanwhile: Meanwhile | None = None

    @classmethod
    def of(
        cls,
        *,
        user: User,
        layer: PolicyLayer,
        address: Mapping[str, str],
        typed: Mapping[str, str],
    ) -> "Editor":
        """Read a page's address, and what was sent with it."""
        form = DraftForm.of(typed, saved=_saved(layer))
        reason = typed.get("reason", "")
        query = DraftQuery.of(address, typed)
        revision = _revision(typed["revision"]) if "revision" in typed else layer.draft_revision
        editor = cls(user, layer, query, form, form.policy, revision, typed.get("act", ""), reason)
        editor.problem = form.problem
        return editor

    def do(self) -> bool:
        """Do what the form asks for; False if it could not be done, and why stands in the editor."""
        try:
            if self.form.problem is not None and self.act == "save":
                return False
            self._do()
        except DraftOutdated as problem:
            return self._look_again(problem)
        except DomainError as problem:
            self.problem = problem
            return False
        return True

    def _do(self) -> None:
        layer, revision, actor = self.layer, self.revision, self.user
        if self.act == "save":
            content = msgspec.to_builtins(self.drafted)
            self.layer = draft_save(layer=layer, content=content, revision=revision, actor=actor)
            self.form.base, self.revision = self.drafted, self.layer.draft_revision
        elif self.act == "publish":
            policy_publish(layer=layer, revision=revision, reason=self.reason, actor=actor)
        elif self.act == "discard":
            draft_discard(layer=layer, revision=revision, actor=actor)

    def _look_again(self, problem: DraftOutdated) -> bool:
        """Put one's own changes on what the other one saved; nothing to tell if both are the same."""
        base, mine = self.form.base, self.form.policy
        self.layer = layer_find(user=self.user, key=self.key)
        theirs = _saved(self.layer)
        if self.act == "save" and theirs == mine:
            return True
        self.problem = problem
        self.meanwhile = Meanwhile(
            theirs=differences(base, theirs),
            mine=differences(base, mine),
            was_published=self.layer.draft is None,
        )
        self.drafted = rebased(base, mine, theirs)
        self.form.base, self.revision = theirs, self.layer.draft_revision
        return False

    @property
    def key(self) -> str:
        """How the address names the layer."""
        return layer_key(self.layer)

    @property
    def title(self) -> str:
        """What people call the layer."""
        return layer_title(self.layer)

    @property
    def changes(self) -> list[str]:
        """What the draft says that is not in force, in sentences."""
        return differences(self.layer.policy, self.drafted)

    def context(self) -> dict[str, object]:
        """Everything that the page shows."""
        page, lines, changes = self._page(), self._lines(), self.changes
        effects = self._effects() if changes and self.form.problem is None else None
        return {
            "editor": self,
            "query": self.query,
            "page": page,
            "pages": self.query.around(page, "page"),
            "blocks": lines.blocks(list(page)),
            "pending": lines.pending(list(page)),
            "base": base_text(self.form.base),
            "changes": changes,
            "weights": self._weights(lines),
            "waiver_days": self._typed(WAIVER_DAYS, self.drafted.waiver_days),
            "usual_days": lines.below.waiver_days or settings.PLUMBLINE_WAIVER_DAYS,
            "sections": [(name, self._changed_in(name)) for name in section_list()],
            "unsaved": len(differences(self.form.base, self.drafted)) + len(self.form.wrong),
            "days": self._days(),
            "effects": effects,
            "movers": self.query.around(effects.movers, "movers") if effects else None,
            "version": versions_in_force().get(self.layer.pk),
            "may_draft": policy_may_draft(user=self.user, layer=self.layer),
            "may_publish": policy_may_publish(user=self.user),
        }

    def _page(self) -> Page[Rule]:
        rules = [
            rule for rule in rule_list() if self.query.shows(rule, self.drafted, self.form.base)
        ]
        return page_of(rules, self.query.page, size=RULES_PER_PAGE)

    def _lines(self) -> Lines:
        below, source = Policy(), "guide"
        if self.layer.scope != PolicyScope.FLEET:
            outer = self.layer.team.parent_id if self.layer.team else None
            below, source = policy_book().policy(Group(team_id=outer)), "fleet"
            source = "outer team" if outer else source
        return Lines(
            self.form.base, self.drafted, below, source, self.form.typed, frozenset(self.form.wrong)
        )

    def _weights(self, lines: Lines) -> list[tuple[Level, str, str]]:
        usual = {level: WEIGHTS[level, Basis.KEYWORD] for level in Level} | lines.below.weights
        return [
            (
                level,
                self._typed(f"{DEFAULT}-{level}", self.drafted.weights.get(level)),
                str(usual[level]),
            )
            for level in Level
        ]

    def _typed(self, name: str, value: int | None) -> str:
        if name in self.form.wrong:
            return self.form.typed[name][:20]
        return "" if value is None else str(value)

    def _days(self) -> list[tuple[date | None, str]]:
        """Today, and the days to come from which something is enforced, each with the address that shows it."""
        days = {said.enforced_from for said in self.drafted.rules.values() if said.enforced_from}
        later = sorted(day for day in days if day > timezone.localdate())[:DAYS]
        return [(day, replace(self.query, on=day, movers="").address) for day in (None, *later)]

    def _changed_in(self, section: str) -> int:
        return sum(
            rule.code in self.drafted.rules for rule in rule_list() if rule.section == section
        )

    def _effects(self) -> EffectsView:
        return EffectsView.of(
            user=self.user,
            draft=layer_with(layer=self.layer, policy=self.drafted),
            on=self.query.on,
            page=self.query.movers,
        )


def _saved(layer: PolicyLayer) -> Policy:
    drafted = layer.drafted
    return layer.policy if drafted is None else drafted


def _revision(text: str) -> int:
    """The revision that was on the page; none that there can be if it is no number."""
    number = whole_number(text, digits=9)
    return -1 if number is None else number
