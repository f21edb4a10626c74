"""Reports as SARIF 2.1.0, the exchange format of static analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from plumbline.report import Finding, Report
from plumbline.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}


def log(report: Report, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The SARIF log of a report, as plain values."""
    shown = [rules[outcome.code] for outcome in report.rules if outcome.code in rules]
    indices = {rule.code: index for index, rule in enumerate(shown)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "Plumbline",
                "version": report.engine,
                "rules": [_descriptor(rule) for rule in shown],
            }
        },
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(finding, rules[finding.code], indices[finding.code])
            for finding in report.findings
        ],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"not read: {file.reason}"},
                        "locations": [_location(file.path, 1, 1, 1)],
                    }
                    for file in report.files.unreadable
                ],
            }
        ],
        "properties": {
            "score": report.score,
            "standing": report.standing,
            "ruleset": report.ruleset,
        },
    }
    if report.commit:
        run["versionControlProvenance"] = [
            {"repositoryUri": "about:blank", "revisionId": report.commit}
        ]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {"text": f"{rule.why}\n\n{rule.how}"},
        "defaultConfiguration": {"level": "note" if rule.preview else _LEVELS[rule.level]},
        "properties": {"tags": [rule.section, rule.level.value], "statement": rule.statement},
    }


def _result(finding: Finding, rule: Rule, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "note" if rule.preview else _LEVELS[rule.level],
        "message": {"text": finding.message},
        "locations": [_location(finding.path, finding.line, finding.column, finding.end_line)],
        "partialFingerprints": {"plumbline/v1": finding.fingerprint},
    }
    if finding.suppressed is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.suppressed}]
    return result


def _location(path: str, line: int, column: int, end_line: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": "SRCROOT"},
            "region": {"startLine": line, "startColumn": column, "endLine": end_line},
        }
    }
