"""What the tab about migrations shows: Squawk's findings in their SQL, beside the guide and without a score."""

from dataclasses import dataclass
from itertools import groupby

from apps.findings.migration_results import (
    FileCount,
    MigrationFinding,
    MigrationSummary,
    RuleCount,
    Unlinted,
)
from apps.scans.models import MigrationReport, MigrationState

SHOWN = 5
_HARMS = {
    "adding-field-with-default": "A new column with a default that rewrites the table",
    "adding-foreign-key-constraint": "A foreign key is checked while both tables are locked",
    "adding-not-nullable-field": "A column becomes NOT NULL while all rows are checked",
    "adding-primary-key-constraint": "A primary key is built while the table is locked",
    "adding-required-field": "A column that old code does not fill",
    "adding-serial-primary-key-field": "A primary key is filled while the table is locked",
    "ban-alter-domain-with-add-constraint": "A domain gets a constraint that locks its tables",
    "ban-concurrent-index-creation-in-transaction": "An index is made concurrently in a transaction",
    "ban-drop-column": "A column goes that old code may still read",
    "ban-drop-constraint": "A constraint goes",
    "ban-drop-default": "A default goes",
    "ban-drop-not-null": "A column may be NULL that clients take for filled",
    "ban-drop-table": "A table goes that old code may still read",
    "ban-truncate-cascade": "Tables are emptied with all that refer to them",
    "changing-column-type": "The type of a column changes",
    "constraint-missing-not-valid": "A constraint is checked while the table is locked",
    "disallowed-unique-constraint": "A unique constraint is built while the table is locked",
    "prefer-robust-statements": "A statement that fails when it runs again",
    "renaming-column": "A column is renamed under old code",
    "renaming-table": "A table is renamed under old code",
    "require-concurrent-index-creation": "An index is made while writes wait",
    "require-concurrent-index-deletion": "An index goes while reads and writes wait",
    "syntax-error": "SQL that cannot be read",
    "transaction-nesting": "A transaction inside a transaction",
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of Squawk: how often it is violated; `share` is that beside the most frequent."""

    rule: str
    title: str
    count: int
    migrations: int
    share: float

    @classmethod
    def of(cls, row: RuleCount, peak: int) -> "RuleRow":
        """Show a rule."""
        return cls(row.rule, rule_title(row.rule), row.count, row.migrations, row.count / peak)


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """Findings of a rule; `message` is said of all of them, `hidden` is how many are not shown."""

    row: RuleRow
    findings: list[MigrationFinding]
    hidden: int
    kept: int

    @property
    def message(self) -> str:
        """What Squawk says of the first of them, and mostly of all."""
        return self.findings[0].message


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Why no SQL was made of some operations."""

    reason: str
    kinds: str
    count: int


@dataclass(frozen=True, slots=True)
class MigrationsView:
    """What is known of the migrations of a commit, with the findings of one rule or the newest of each."""

    state: str
    problem: str
    summary: MigrationSummary | None
    rules: list[RuleRow]
    chosen: RuleRow | None
    groups: list[RuleFindings]
    worst: list[FileCount]
    reasons: list[ReasonRow]
    not_linted: list[Unlinted]

    @classmethod
    def of(cls, report: MigrationReport, rule: str) -> "MigrationsView":
        """Show a report, or the part of it that is about one rule."""
        found = report.result
        state = report.state
        if found is None:
            return cls(state, report.reason, None, [], None, [], [], [], [])
        peak = max((row.count for row in found.rules), default=1)
        rows = {row.rule: RuleRow.of(row, peak) for row in found.rules}
        chosen = rows.get(rule)
        by_rule = {
            name: list(items)
            for name, items in groupby(found.findings, key=lambda finding: finding.rule)
        }
        return cls(
            state=MigrationState.LINTED,
            problem="",
            summary=found,
            rules=list(rows.values()),
            chosen=chosen,
            groups=[
                _group(row, by_rule[row.rule], is_chosen=chosen is not None)
                for row in ([chosen] if chosen else rows.values())
                if row.rule in by_rule
            ],
            worst=found.worst,
            reasons=[
                ReasonRow(_sentence(row.reason), ", ".join(row.kinds), row.count)
                for row in found.reasons
            ],
            not_linted=found.not_linted,
        )


def rule_title(rule: str) -> str:
    """What a rule of Squawk is about, in words; of one that is not known, its name."""
    return _HARMS.get(rule) or _sentence(rule.replace("-", " "))


def _group(row: RuleRow, findings: list[MigrationFinding], *, is_chosen: bool) -> RuleFindings:
    shown = findings if is_chosen else findings[:SHOWN]
    return RuleFindings(row, shown, row.count - len(shown), len(findings))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
