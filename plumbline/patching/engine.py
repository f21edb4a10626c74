"""Makes patches and proves them: applies fixes, extracts what changed, and judges the whole repository again.

It runs in the disposable child only. Everything that it needs is imported here, because a confined child can import
nothing.
"""

from __future__ import annotations

import time
from collections.abc import Buffer, Mapping, Sequence

from plumbline import report as r
from plumbline.analysis import decoded_outlines, evaluate_job
from plumbline.edits import Fix, NotAsExpected
from plumbline.edits.draft import Clash, Draft
from plumbline.edits.syntax import PythonFile
from plumbline.extract import read_outline
from plumbline.patching import Patched, PatchJob, decode_job, encode
from plumbline.patching.diff import unified_diff
from plumbline.patching.verdict import Objection, objections
from plumbline.source import kind_of

_LATE = "there was no time to verify it"


def evaluate_encoded(job: Buffer) -> bytes:
    """The encoded answer to an encoded ``PatchJob``: what the patching child runs."""
    return encode(make_patches(decode_job(job)))


def make_patches(job: PatchJob) -> Patched:
    """A patch for each finding that the job asks for, made apart or together."""
    workshop = _Workshop(job)
    return workshop.apart() if job.apart else workshop.together()


class _Workshop:
    """One job: its repository before any fix, and what has been tried."""

    def __init__(self, job: PatchJob) -> None:
        self.evaluation = r.decode_job(job.job)
        self.outlines = decoded_outlines(self.evaluation)
        self.kinds = {path: kind for path, kind, _ in self.evaluation.outlines}
        self.before = r.decode_report(job.report)
        self.contents = job.contents
        self.parsed: dict[str, PythonFile] = {}
        self.deadline = time.monotonic() + job.seconds
        self.fixes: dict[str, Fix] = self.before.fixes or {}
        wanted = dict.fromkeys(job.fingerprints)
        self.findings = [
            finding
            for finding in self.before.findings
            if finding.fingerprint in wanted and finding.fingerprint in self.fixes
        ]
        self.refused: dict[str, str] = {}
        self.postponed: set[str] = set()

    # ---- two ways ----

    def apart(self) -> Patched:
        """Each patch by itself."""
        patches: list[r.Patch] = []
        for finding in self.findings:
            draft, _ = self._draft([finding])
            changed = draft.changed()
            if finding.fingerprint not in self.refused:
                self._note([finding], self._tried(changed, [finding]))
            patches.append(self._patch(finding, changed))
        return Patched(patches, {})

    def together(self) -> Patched:
        """As many as fit and hold, in one go; the others one half at a time until the culprits are found."""
        accepted = self._solve([], self.findings)
        draft, _ = self._draft(accepted)
        patches = [self._patch(finding, self._alone(finding)) for finding in self.findings]
        return Patched(patches, draft.changed())

    def _solve(self, accepted: list[r.Finding], candidates: Sequence[r.Finding]) -> list[r.Finding]:
        """``accepted`` and those of ``candidates`` with which the repository is as promised."""
        draft, applied = self._draft([*accepted, *candidates])
        new = [finding for finding in applied if finding not in accepted]
        if not new:
            return accepted
        against = self._tried(draft.changed(), applied)
        if not against:
            return applied
        if len(new) == 1 or time.monotonic() > self.deadline:
            self._note(new, against)
            return accepted
        blamed = self._blamed(new, against)
        if not 0 < len(blamed) < len(new):
            blamed = new[len(new) // 2 :]
        rest = [finding for finding in new if finding not in blamed]
        return self._solve(self._solve(accepted, rest), blamed)

    def _blamed(self, new: list[r.Finding], against: list[Objection]) -> list[r.Finding]:
        fingerprints = {item.fingerprint for item in against}
        paths = {item.path for item in against} - {""}
        return [
            finding
            for finding in new
            if finding.fingerprint in fingerprints
            or not paths.isdisjoint(self.fixes[finding.fingerprint].paths)
        ]

    # ---- steps ----

    def _draft(self, findings: Sequence[r.Finding]) -> tuple[Draft, list[r.Finding]]:
        """The files with the fixes of ``findings``, and the findings whose fixes could be applied."""
        draft = Draft(self.contents, self.parsed)
        applied: list[r.Finding] = []
        for finding in findings:
            if finding.fingerprint in self.refused:
                continue
            try:
                draft.add(self.fixes[finding.fingerprint])
            except Clash:
                self.postponed.add(finding.fingerprint)
            except NotAsExpected as error:
                self.refused[finding.fingerprint] = str(error)
            else:
                self.postponed.discard(finding.fingerprint)
                applied.append(finding)
        return draft, applied

    def _tried(self, changed: Mapping[str, bytes], fixed: Sequence[r.Finding]) -> list[Objection]:
        """What speaks against the changed files."""
        if not changed:
            return [Objection("it changes nothing")]
        if time.monotonic() > self.deadline:
            return [Objection(_LATE)]
        outlines = dict(self.outlines)
        for path, content in changed.items():
            outlines[path] = read_outline(self.kinds.get(path) or kind_of(path) or "text", content)
        after = evaluate_job(self.evaluation, outlines)
        return objections(self.before, after, {finding.fingerprint for finding in fixed})

    def _note(self, findings: Sequence[r.Finding], against: Sequence[Objection]) -> None:
        for finding in findings:
            if against:
                self.refused[finding.fingerprint] = against[0].text

    def _alone(self, finding: r.Finding) -> Mapping[str, bytes]:
        if finding.fingerprint in self.refused:
            return {}
        draft = Draft(self.contents, self.parsed)
        draft.add(self.fixes[finding.fingerprint])
        return draft.changed()

    def _patch(self, finding: r.Finding, changed: Mapping[str, bytes]) -> r.Patch:
        reason = self.refused.get(finding.fingerprint, "")
        postponed = finding.fingerprint in self.postponed
        return r.Patch(
            finding.fingerprint,
            finding.code,
            finding.path,
            finding.line,
            finding.message,
            finding.fix or "unsafe",
            unified_diff(self.contents, changed),
            not reason and not postponed,
            postponed and not reason,
            reason or ("another fix changes the same place" if postponed else ""),
        )
