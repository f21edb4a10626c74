"""Everything that a scan said and left in the database, without times, numbers of rows and identities of scans."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from apps.scans.models import Scan
    from plumbline.report import Report

# Not the standing: whether a repository leans depends on what it was like before. The report's own is compared.
_SCAN = (
    *("commit", "ruleset", "extractor", "engine", "score", "evaluated", "applicable"),
    *("files_read", "files_excluded", "facts", "valid_until", "empty", "empty_reason"),
)
_RESULT = (
    *("code", "level", "preview", "state", "subjects", "violations", "suppressed", "evidence"),
    "weight",
)
# Not the fingerprint: a finding that was moved keeps the identity that it had.
_FINDING = (
    *("code", "level", "preview", "path", "blob", "line", "column", "end_line", "symbol"),
    *("message", "fix", "state", "suppressed_reason"),
)
_SNAPSHOT = (
    *("score", "evaluated", "applicable", "must_open", "should_open"),
    *("tasks_to_plumb", "sections"),
)


def recorded(scan: Scan, report: Report) -> dict[str, Any]:
    """What a finished scan of the watched branch left, its report among it, as plain JSON values.

    Call it before the next scan of the repository: findings are those of the newest one. Left out are findings that
    earlier scans saw where this one could not look: in a file that cannot be read, or by a rule that failed.
    """
    from apps.findings.choices import PRESENT
    from apps.findings.models import Finding
    from apps.scans.models import LintReport, MigrationReport, RuleResult, UnreadableFile
    from apps.scorecards.models import Snapshot

    report.timings = {}
    migrations = MigrationReport.objects.select_related("lint").get(scan=scan)
    lint = LintReport.objects.get(scan=scan)
    findings = Finding.objects.filter(repository=scan.repository, state__in=PRESENT)
    said = {
        "report": msgspec.to_builtins(report),
        "scan": {name: getattr(scan, name) for name in _SCAN},
        "results": list(
            RuleResult.objects.filter(scan=scan).order_by("code").values_list(*_RESULT)
        ),
        "unreadable": sorted(
            UnreadableFile.objects.filter(scan=scan).values_list("path", "reason")
        ),
        "findings": sorted(map(list, findings.values_list(*_FINDING)), key=json.dumps),
        "lint": [lint.linter, lint.problem, lint.data],
        "migrations": [
            migrations.checker,
            migrations.state,
            migrations.reason,
            migrations.lint.data if migrations.lint else None,
        ],
        "snapshot": Snapshot.objects.filter(scan=scan).values(*_SNAPSHOT).get(),
    }
    plain: dict[str, Any] = json.loads(json.dumps(said, default=str))
    unread = {path for path, _ in plain["unreadable"]}
    failed = {rule.code for rule in report.rules if rule.state == "error"}
    path, code = _FINDING.index("path"), _FINDING.index("code")
    seen = [f for f in plain["findings"] if f[path] not in unread and f[code] not in failed]
    if len(seen) < len(plain["findings"]):
        plain["findings"] = seen
        del plain["snapshot"]["must_open"], plain["snapshot"]["should_open"]
    return plain


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where what two scans left differs, and how, in words."""
    counted = one["snapshot"].keys() & other["snapshot"].keys()
    one, other = (
        said | {"snapshot": {name: said["snapshot"][name] for name in counted}}
        for said in (one, other)
    )
    return list(_differences(one, other, ""))


def _differences(one: object, other: object, place: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from _differences(one.get(name), other.get(name), f"{place}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (ours, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _differences(ours, theirs, f"{place}[{number}]")
    elif one != other:
        yield f"{place}: {_short(one)} is not {_short(other)}"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 200 else f"{text[:200]}…"
