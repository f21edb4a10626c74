"""The code around findings, read from the commit that they were found in."""

import re
from collections import defaultdict
from collections.abc import Mapping

from apps.findings.services import SeenFinding
from apps.repositories.git.tree import Tree
from plumbline.report import Finding, Report
from plumbline.source import File

AROUND = 3
LONGEST = 16
_WIDEST = 400
_LINE_END = re.compile(r"\r\n|\r|\n")


def findings_with_code(
    *, tree: Tree, files: list[File], report: Report, known: Mapping[str, str]
) -> list[SeenFinding]:
    """Give each finding of a report with the code around it.

    Args:
        tree: The commit.
        files: The files that were read from it.
        report: What was found.
        known: Fingerprint to the blob from which its code was taken before; unless that has
            changed, the code is not read again.
    """
    blobs = {file.path: file.blob for file in files}
    rules = {rule.code: rule for rule in report.rules}
    wanted: dict[str, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        blob = blobs.get(finding.path, "")
        if blob and known.get(finding.fingerprint) != blob:
            wanted[blob].append(finding)
    code: dict[str, tuple[str, int]] = {}
    for blob, content in tree.read_blobs(wanted):
        lines = _LINE_END.split(content.decode("utf-8", "replace"))
        for finding in wanted[blob]:
            code[finding.fingerprint] = code_around(lines, finding.line, finding.end_line)
    seen = []
    for finding in report.findings:
        rule = rules[finding.code]
        text, start = code.get(finding.fingerprint, (None, 1))
        seen.append(
            SeenFinding(
                fingerprint=finding.fingerprint,
                code=finding.code,
                level=rule.level,
                preview=rule.preview,
                path=finding.path,
                blob=blobs.get(finding.path, ""),
                line=finding.line,
                column=finding.column,
                end_line=finding.end_line,
                symbol=finding.symbol,
                message=finding.message,
                fix=finding.fix or "",
                suppressed=finding.suppressed,
                snippet=text,
                snippet_start=start,
                content=finding.content,
            )
        )
    return seen


def code_around(lines: list[str], line: int, end_line: int) -> tuple[str, int]:
    """Give the lines from three before to three after, and the number of the first.

    A long class or function is cut; what a person would change is at its beginning.
    """
    first = max(line - AROUND, 1)
    last = min(min(end_line, line + LONGEST) + AROUND, len(lines))
    shown = lines[first - 1 : last]
    cut = [text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…" for text in shown]
    return "\n".join(cut), first
