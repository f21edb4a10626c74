"""Whether a patched repository is what the fixes promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from plumbline.report import Finding, Report


class Objection(NamedTuple):
    """Something that speaks against a patch: the finding or the file to blame, where one can be named, and why."""

    text: str
    fingerprint: str = ""
    path: str = ""


def objections(before: Report, after: Report, fixed: Collection[str]) -> list[Objection]:
    """What went wrong between two reports, if the findings with the ``fixed`` fingerprints should be gone.

    A fix may change the words that other findings are known by, so that a finding is new only where there are more
    of its rule in its file than there were.
    """
    found = [
        Objection(f"{file.path} can no longer be read: {file.reason}", path=file.path)
        for file in after.files.unreadable
        if file not in before.files.unreadable
    ]
    known = {finding.fingerprint for finding in before.findings}
    expected = Counter(map(_kind, before.findings))
    expected.subtract(_kind(finding) for finding in before.findings if finding.fingerprint in fixed)
    now = Counter(map(_kind, after.findings))
    for finding in after.findings:
        if now[_kind(finding)] <= expected[_kind(finding)]:
            continue
        if finding.fingerprint in fixed:
            found.append(Objection("the finding is still there", finding.fingerprint))
        elif finding.fingerprint not in known:
            text = f"it gives rise to another finding, {finding.code}: {finding.message}"
            found.append(Objection(text, path=finding.path))
    failed = {outcome.code for outcome in before.rules if outcome.state == "error"}
    found += (
        Objection(f"{outcome.code} can no longer be evaluated: {outcome.evidence}")
        for outcome in after.rules
        if outcome.state == "error" and outcome.code not in failed
    )
    return found


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.path
