"""Every rule's examples are its tests, and its page."""

import re

import pytest

from plumbline import report as r
from plumbline.analysis import evaluate, evaluate_job
from plumbline.extract import outline_bytes, read_outline
from plumbline.patching import PatchJob
from plumbline.patching.engine import make_patches
from plumbline.registry import all_rules
from plumbline.rule import Example, Rule
from plumbline.source import kind_of

MARK = re.compile(r"(#|\{#) <-")
WHOLE_MARK = re.compile(r"[ \t]*(# <-|\{# <- #\})$", re.MULTILINE)
ROUNDS = 5
CASES = [(rule, example) for rule in all_rules().values() for example in rule.examples]


def outcome_of(rule: Rule, example: Example):
    outlines = {
        path: read_outline(kind_of(path) or "text", text.encode())
        for path, text in example.files.items()
    }
    rules = all_rules() if rule.comes_last else {rule.code: rule}
    report = evaluate(outlines, rules=rules, today="2026-01-01")
    report.findings = [finding for finding in report.findings if finding.code == rule.code]
    return next(outcome for outcome in report.rules if outcome.code == rule.code), report


@pytest.mark.parametrize(
    ("rule", "example"), CASES, ids=[f"{rule.code}: {example.title}" for rule, example in CASES]
)
def test_an_example_reports_exactly_its_marked_lines(rule, example):
    outcome, report = outcome_of(rule, example)
    marked = {
        (path, number)
        for path, text in example.files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MARK.search(line)
    }
    expected = marked | {(path, 1) for path in example.reports}
    assert {(finding.path, finding.line) for finding in report.findings} == expected, (
        outcome,
        report.findings,
    )
    assert outcome.state == (example.state or ("fail" if expected else "pass")), outcome


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule):
    for name in ("slug", "title", "section", "what", "why", "how", "applies_when", "absent"):
        assert getattr(rule, name).strip(), f"{rule.code} lacks {name}"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.slug)
    assert re.fullmatch(r"[A-Z0-9]{2,4}\d\d", rule.code)
    states = [outcome_of(rule, example)[0].state for example in rule.examples]
    assert "fail" in states, f"{rule.code} has no bad example"
    assert "pass" in states, f"{rule.code} has no good example"
    assert "not_applicable" in states or not rule.absent, (
        f"{rule.code} has no example to which it does not apply"
    )
    assert not rule.absent.endswith(".")


def test_no_two_rules_share_a_code_or_slug():
    rules = all_rules().values()
    assert len({rule.slug for rule in rules}) == len(rules)


def judged(files: dict[str, bytes]) -> tuple[r.Job, r.Report]:
    """What all rules say of files, fixes included."""
    outlines = []
    for path, content in files.items():
        kind = kind_of(path) or "text"
        outlines.append((path, kind, outline_bytes(kind, content)))
    job = r.Job("", None, outlines, include_fixes=True)
    return job, evaluate_job(job)


def fixable(report: r.Report, rule: Rule) -> list[str]:
    return [
        finding.fingerprint
        for finding in report.findings
        if finding.code == rule.code and finding.fix and finding.suppressed is None
    ]


def patched(rule: Rule, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files after every fix of a rule, each of which must be verified."""
    for _ in range(ROUNDS):
        job, report = judged(files)
        wanted = fixable(report, rule)
        if not wanted:
            break
        done = make_patches(PatchJob(r.encode(job), r.encode(report), files, wanted))
        for patch in done.patches:
            assert patch.is_verified or patch.is_postponed, patch.reason
            assert patch.diff
        files = files | done.contents
    assert not fixable(judged(files)[1], rule), "a fix remains after the last round"
    return files


@pytest.mark.parametrize(
    ("rule", "example"), CASES, ids=[f"{rule.code}: {example.title}" for rule, example in CASES]
)
def test_the_fixes_of_an_example_are_verified_and_leave_exactly_what_it_says(rule, example):
    files = {path: WHOLE_MARK.sub("", text).encode() for path, text in example.files.items()}
    after = patched(rule, files)
    changed = {path: text.decode() for path, text in after.items() if text != files[path]}
    assert changed == dict(example.fixed)
