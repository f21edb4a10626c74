"""Why findings come and go: told from what was judged before and what is judged now. Pure.

Whoever writes the repository is held to account for a finding only if nothing else can explain it. So, of several
explanations, the code comes last: a rule that changed in the same scan as the code takes the blame.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from apps.findings.choices import Cause, EventKind
from apps.rulebook.choices import RuleState
from plumbline.config import Config

ABSENT = "absent"
"""The state of a rule that applies to a repository which has nothing for it to judge."""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """Which version of a rule judged, and what state it reached; ``ABSENT`` beside the six."""

    version: str
    state: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a judgement beside its findings. Paths are spelt as findings spell them.

    Attributes:
        commit: What was judged.
        engine: Hash of what all rules share.
        rules: Every rule that there was.
        files: The paths that were read, each with its blob; None if that is not known.
        unread: Paths that should have been read and could not be.
        exclude: Path patterns that the repository leaves out.
        renames: Paths of the commit judged before to those of this one.
        forgetful: Codes of rules that leave unjudged what has become old.
        author: Who made the one commit that lies between, if it is one.
    """

    commit: str = ""
    engine: str = ""
    rules: Mapping[str, RuleFacts] = field(default_factory=dict)
    files: Mapping[str, str] | None = None
    unread: Collection[str] = ()
    exclude: Sequence[str] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    forgetful: Collection[str] = ()
    author: str = ""


type Told = tuple[EventKind, Cause]


@dataclass(frozen=True, slots=True)
class Change:
    """The step from one judgement of a repository to the next; ``before`` is None for the first one."""

    before: Circumstances | None
    now: Circumstances

    @property
    def is_same_commit(self) -> bool:
        """Whether nothing can have changed but the judge."""
        return self.before is not None and "" != self.now.commit == self.before.commit

    def judge_changed(self, code: str) -> Cause | None:
        """What of the judge changed between the two, as far as a rule is concerned."""
        if self.before is None:
            return None
        old, new = self.before.rules.get(code), self.now.rules.get(code)
        if old is None or new is None or old.version != new.version:
            return Cause.RULESET
        return Cause.ENGINE if self.before.engine != self.now.engine else None

    def of_coming(self, code: str, path: str) -> Told:
        """Why a finding is seen that was not there before; ``NEW`` also stands for one that returns."""
        if self.before is None:
            return EventKind.NEW, Cause.FIRST_SCAN
        changed = self.judge_changed(code)
        if changed is not None:
            return EventKind.APPEARED_BY_RULE, changed
        state = self.before.rules[code].state
        if state == RuleState.NOT_EVALUATED:
            return EventKind.APPEARED_BY_RULE, Cause.CONFIGURATION
        if state == RuleState.NOT_APPLICABLE:
            return EventKind.APPEARED_BY_RULE, Cause.APPLICABILITY
        if state == RuleState.ERROR or self.is_same_commit or path in self.before.unread:
            return EventKind.APPEARED_BY_RULE, Cause.ENGINE
        if _leaves_out(self.before, path):
            return EventKind.NEW, Cause.CONFIGURATION
        return EventKind.NEW, Cause.CODE

    def of_going(self, code: str, path: str, blob: str) -> Told | None:
        """Why a finding is not seen any more; None if that says nothing, because nobody could look.

        ``blob`` is the file's content as it was; blank for one that was reported on a file that was not there.
        """
        rule = self.now.rules.get(code)
        if rule is None:
            return EventKind.REMOVED_BY_RULE, Cause.RULESET
        if rule.state == RuleState.ERROR or path in self.now.unread:
            return None
        if rule.state == RuleState.NOT_EVALUATED:
            return EventKind.REMOVED_BY_RULE, Cause.CONFIGURATION
        if _leaves_out(self.now, path):
            return EventKind.REMOVED_WITH_FILE, Cause.CONFIGURATION
        present = None if self.now.files is None else self.now.files.get(path, "")
        if blob and present == "":
            cause = Cause.ENGINE if self.is_same_commit else Cause.CODE
            return EventKind.REMOVED_WITH_FILE, cause
        changed = self.judge_changed(code)
        if changed is not None or self.before is None:
            return EventKind.REMOVED_BY_RULE, changed or Cause.ENGINE
        is_forgotten = code in self.now.forgetful and blob == present
        if rule.state == RuleState.NOT_APPLICABLE or is_forgotten:
            return EventKind.REMOVED_BY_RULE, Cause.APPLICABILITY
        if self.is_same_commit:
            return EventKind.REMOVED_BY_RULE, Cause.ENGINE
        return EventKind.FIXED, Cause.CODE

    def of_staying(self, code: str) -> Cause:
        """Why a finding that is still there looks otherwise or is suppressed now."""
        changed = self.judge_changed(code)
        if changed is not None:
            return changed
        # A suppression may end by its date, without a new commit.
        return Cause.CONFIGURATION if self.is_same_commit else Cause.CODE


def _leaves_out(circumstances: Circumstances, path: str) -> bool:
    return Config(exclude=tuple(circumstances.exclude)).leaves_out(path)
