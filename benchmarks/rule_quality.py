"""How often each rule speaks on real code, and how often it was right where a person looked.

usage: python benchmarks/rule_quality.py FOLDER [FOLDER …] [--select CODE …] [--sample 15] [--seed 1] [--write FILE]

Each FOLDER is a checkout of a repository. Without ``--sample`` it prints, for each rule, subjects and violations by
repository. With ``--sample N`` it prints N random findings of each selected rule with the code around them, to
be read by hand; what was read is noted in ``benchmarks/verdicts/<section>.toml``:

    [MOD08]
    read_on = 2026-11-25
    read = 15
    right = 14
    wrong = ["netbox dcim/models/sites.py:12 the name is a role"]

``--write docs/rule-quality.md`` joins both into the page. Outlines are cached under ``var/quality`` by content.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

from plumbline import report as r
from plumbline.analysis import evaluate_job
from plumbline.command.trees import open_tree
from plumbline.registry import all_rules
from plumbline.rule import Rule
from plumbline.sandbox import Sandbox
from plumbline.source import select
from plumbline.version import extractor_version

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "var" / "quality"
VERDICTS = ROOT / "benchmarks" / "verdicts"


def commit_of(folder: Path) -> str:
    """The commit that is checked out in a folder."""
    done = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def job_of(folder: Path) -> r.Job:
    """The outlines of a checkout, from the cache if this extractor has seen them."""
    selection = select(open_tree(folder).entries())
    contents = [(file, content) for file, content in open_tree(folder).read(selection.files)]
    digest = hashlib.sha256(f"{extractor_version()}{folder.name}".encode())
    for file, content in contents:
        digest.update(file.path.encode() + b"\0" + content)
    cached = CACHE / f"{folder.name}-{digest.hexdigest()[:16]}"
    if cached.exists():
        return r.decode_job(cached.read_bytes())
    kinds = {file.path: file.kind for file, _ in contents}
    with Sandbox(2) as sandbox:
        outlines = [
            (path, kinds[path], encoded)
            for path, encoded in sandbox.extract(
                (file.path, file.kind, content) for file, content in contents
            )
        ]
    job = r.Job(str(folder), None, sorted(outlines), selection.excluded, selection.unreadable)
    CACHE.mkdir(parents=True, exist_ok=True)
    cached.write_bytes(r.encode(job))
    return job


def reports_of(folders: list[Path], codes: list[str]) -> dict[Path, r.Report]:
    """The report on each checkout."""
    reports: dict[Path, r.Report] = {}
    for folder in folders:
        job = job_of(folder)
        job.select = codes
        job.include_fixes = True
        reports[folder] = evaluate_job(job)
    return reports


def print_table(reports: dict[Path, r.Report]) -> None:
    """State, violations and subjects of each rule in each repository."""
    for code in [outcome.code for outcome in next(iter(reports.values())).rules]:
        cells = []
        for folder, report in reports.items():
            outcome = next(item for item in report.rules if item.code == code)
            if outcome.state not in ("not_applicable",):
                cells.append(
                    f"{folder.name} {outcome.violations}/{outcome.subjects}"
                    + (f" ({outcome.evidence})" if outcome.state == "error" else "")
                )
        print(f"{code}: {'; '.join(cells) or 'applies nowhere'}")


def print_sample(reports: dict[Path, r.Report], size: int, seed: int) -> None:
    """Random findings of each rule, with the code around them."""
    found = sorted(
        (
            (finding.code, folder, finding)
            for folder, report in reports.items()
            for finding in report.findings
        ),
        key=lambda item: (item[0], str(item[1]), item[2].path, item[2].line, item[2].message),
    )
    for code in dict.fromkeys(item[0] for item in found):
        own = [item for item in found if item[0] == code]
        chosen = random.Random(f"{seed}{code}").sample(own, min(size, len(own)))  # noqa: S311
        print(f"\n######## {code}: {len(chosen)} of {len(own)}")
        for _, folder, finding in chosen:
            print(
                f"\n=== {folder.name} {finding.path}:{finding.line} [{finding.fix}] {finding.message}"
            )
            try:
                lines = (folder / finding.path).read_text(errors="replace").splitlines()
            except OSError:
                continue
            first, last = max(0, finding.line - 4), min(len(lines), finding.line + 8)
            for number in range(first, last):
                mark = ">" if number + 1 == finding.line else " "
                print(f"{mark}{number + 1:5} {lines[number][:150]}")


def verdicts() -> dict[str, dict[str, object]]:
    """What people said of the findings that they read, by rule."""
    found: dict[str, dict[str, object]] = {}
    for path in sorted(VERDICTS.glob("*.toml")):
        for code, entry in tomllib.loads(path.read_text()).items():
            if code in found:
                sys.exit(f"{path.name} repeats {code}")
            found[code] = entry
    return found


def page(reports: dict[Path, r.Report]) -> str:
    """``docs/rule-quality.md``."""
    read = verdicts()
    subjects: Counter[str] = Counter()
    violations: Counter[str] = Counter()
    applies: Counter[str] = Counter()
    for report in reports.values():
        for outcome in report.rules:
            subjects[outcome.code] += outcome.subjects
            violations[outcome.code] += outcome.violations
            applies[outcome.code] += outcome.state in ("pass", "fail", "waived")
    lines = [
        "# How good the rules are on real code",
        "",
        "Made by `python benchmarks/rule_quality.py … --write docs/rule-quality.md` from the repositories below "
        "and from what a person said of a random sample of findings (`benchmarks/verdicts/`). A stable rule that was "
        "wrong more than once in ten is mended, or goes to preview.",
        "",
        "| repository | commit | files | findings |",
        "|---|---|---:|---:|",
    ]
    lines += [
        f"| {folder.name} | `{commit_of(folder)[:12]}` | {report.files.read:,} | {len(report.findings):,} |"
        for folder, report in reports.items()
    ]
    lines += [
        "",
        "*Applies* is the number of these repositories in which the rule had something to judge; *share* is the share "
        "of subjects in violation; *right* is of the findings read by hand, with the date.",
        "",
        "| rule | pattern | state | applies | subjects | violations | share | right | read on |",
        "|---|---|---|---:|---:|---:|---:|---:|---|",
    ]
    wrong: list[str] = []
    for code, rule in all_rules().items():
        entry = read.get(code, {})
        share = f"{violations[code] / subjects[code]:.0%}" if subjects[code] else ""
        right = f"{entry['right']} of {entry['read']}" if entry else ""
        lines.append(
            f"| {code} | {rule.slug} | {_state(rule)} | {applies[code]} | {subjects[code]:,} | {violations[code]:,} "
            f"| {share} | {right} | {entry.get('read_on', '')} |"
        )
        mistakes = entry.get("wrong", [])
        if isinstance(mistakes, list):
            wrong += [f"- {code}: {text}" for text in mistakes]
    return "\n".join(
        [*lines, "", "## Where a rule was wrong", "", *(wrong or ["Nowhere that was read."]), ""]
    )


def _state(rule: Rule) -> str:
    return "preview" if rule.preview else "stable"


def main() -> None:
    """Measure, print or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--select", nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    reports = reports_of(options.folders, options.select)
    if options.write:
        options.write.write_text(page(reports))
    elif options.sample:
        print_sample(reports, options.sample, options.seed)
    else:
        print_table(reports)
    broken = [
        f"{folder.name}: {outcome.code} {outcome.evidence}"
        for folder, report in reports.items()
        for outcome in report.rules
        if "the rule itself failed" in outcome.evidence
    ]
    if broken:
        sys.exit("\n".join(["rules that raised:", *broken]))


if __name__ == "__main__":
    main()
