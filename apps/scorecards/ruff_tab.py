"""What the tab about ruff shows: how clean the files are by rule family, beside the guide and without a score."""

from dataclasses import dataclass
from operator import attrgetter

from apps.scans.models import LintReport
from plumbline.linting.names import rule_title
from plumbline.linting.profile import FAMILIES
from plumbline.linting.results import FamilyResult, FileCount, Lint, NotLinted

CODES = 25


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """A family of rules: the share of its files that is clean."""

    family: str
    title: str
    files: int
    unclean: int
    share: float | None

    @classmethod
    def of(cls, result: FamilyResult) -> "FamilyRow":
        """Show a family."""
        title = FAMILIES.get(result.family, "")
        unclean = result.files - result.clean
        return cls(result.family, title, result.files, unclean, result.share)


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A rule of ruff: how often it is violated and in how many files."""

    code: str
    title: str
    count: int
    files: int


@dataclass(frozen=True, slots=True)
class RuffView:
    """What ruff says of a commit, of one family or of all; `hidden` is how many rules are not listed."""

    version: str
    problem: str
    files: int
    families: list[FamilyRow]
    chosen: FamilyRow | None
    codes: list[CodeRow]
    hidden: int
    worst: list[FileCount]
    unlinted: int
    not_linted: list[NotLinted]

    @classmethod
    def of(cls, report: LintReport, family: str) -> "RuffView":
        """Show a report, or the part of it that is about one family."""
        lint = report.result or Lint("", 0, [], [], 0, [])
        rows = {result.family: FamilyRow.of(result) for result in lint.families}
        results = [
            result for result in lint.families if family not in rows or result.family == family
        ]
        codes = sorted(
            (code for result in results for code in result.codes), key=attrgetter("code")
        )
        codes.sort(key=attrgetter("count"), reverse=True)
        shown = codes if family in rows else codes[:CODES]
        return cls(
            version=lint.ruff,
            problem=report.problem,
            files=lint.files,
            families=list(rows.values()),
            chosen=rows.get(family),
            codes=[CodeRow(row.code, rule_title(row.code), row.count, row.files) for row in shown],
            hidden=len(codes) - len(shown),
            worst=results[0].worst if family in rows else lint.worst,
            unlinted=lint.unlinted,
            not_linted=lint.not_linted,
        )
