"""Whether fixes hold on real repositories: fixable findings are patched and judged again by all rules.

usage: python benchmarks/fixes.py FOLDER [FOLDER …] [--safe] [--select CODE …] [--limit 100] [--seed 1] [--show 40]

A patch counts as verified only if its finding is gone, no other finding appears, every file can still be read, and no
comment of a Python file is lost. Of a rule with more fixable findings than ``--limit`` in a repository, that many are
drawn at random. Printed for each repository and rule are
fixable findings, patches tried and verified, and why each of the others was refused; at the end the rates of safe and
unsafe fixes over all. ``--show N`` prints N random patches as diffs, to be read by a person.
"""

from __future__ import annotations

import argparse
import gc
import io
import itertools
import math
import random
import time
import tokenize
from collections import Counter, defaultdict
from pathlib import Path

from plumbline import report as r
from plumbline.command.fixing import Wanted
from plumbline.command.judging import Judged, judge
from plumbline.command.trees import Tree, open_tree
from plumbline.edits import Fix
from plumbline.patching import PatchJob
from plumbline.patching.engine import make_patches

_TOGETHER_AT_ONCE = 30
_APART_AT_ONCE = 10

type Tally = Counter[tuple[str, str, str]]
"""What happened how often: (code, ``safe`` or ``unsafe``, what)."""


def chosen(
    judged: Judged, wanted: Wanted, limit: int, seed: int
) -> tuple[list[r.Finding], list[r.Finding]]:
    """The fixable findings, and those of them to try: all of a rule, or as many as the limit allows."""
    by_rule: defaultdict[str, list[r.Finding]] = defaultdict(list)
    for finding in wanted.among(judged.report):
        by_rule[finding.code].append(finding)
    tried: list[r.Finding] = []
    for code, findings in sorted(by_rule.items()):
        findings.sort(key=lambda item: (item.path, item.line, item.fingerprint))
        size = min(limit, len(findings))
        tried += random.Random(f"{seed}{code}").sample(findings, size)  # noqa: S311
    return [finding for findings in by_rule.values() for finding in findings], tried


def patches_of(tree: Tree, judged: Judged, findings: list[r.Finding]) -> list[r.Patch]:
    """A patch for each of the findings, made in this process, which no clock stops.

    Patches of different files are judged together first; each of those that are refused then once more by itself.
    """
    fixes = judged.report.fixes or {}
    report = r.encode(judged.report)

    def made(part: list[r.Finding], *, apart: bool) -> list[r.Patch]:
        paths = {path for finding in part for path in fixes[finding.fingerprint].paths}
        contents = {file.path: content for file, content in tree.read(judged.files(paths))}
        fingerprints = [finding.fingerprint for finding in part]
        patches = make_patches(
            PatchJob(judged.job, report, contents, fingerprints, apart, math.inf)
        ).patches
        gc.collect()
        return patches

    patches: dict[str, r.Patch] = {}
    for part in _parts(findings, fixes):
        patches.update((patch.fingerprint, patch) for patch in made(part, apart=False))
    refused = [item for item in findings if not patches[item.fingerprint].is_verified]
    for few in itertools.batched(refused, _APART_AT_ONCE, strict=False):
        patches.update((patch.fingerprint, patch) for patch in made(list(few), apart=True))
    return [patches[item.fingerprint] for item in findings]


def _parts(findings: list[r.Finding], fixes: dict[str, Fix]) -> list[list[r.Finding]]:
    """The findings in parts in which no two fixes change the same file."""
    parts: list[tuple[list[r.Finding], set[str]]] = []
    for finding in findings:
        paths = set(fixes[finding.fingerprint].paths)
        for members, taken in parts:
            if len(members) < _TOGETHER_AT_ONCE and taken.isdisjoint(paths):
                members.append(finding)
                taken |= paths
                break
        else:
            parts.append(([finding], paths))
    return [members for members, _ in parts]


def lost_comments(folder: Path, patch: r.Patch) -> list[str]:
    """The comments of the lines that a patch takes away that are in none of those that it adds."""
    if not patch.path.endswith(".py"):
        return []
    taken: Counter[str] = Counter()
    for line in patch.diff.splitlines():
        if line.startswith(("-", "+")) and not line.startswith(("---", "+++")) and "#" in line:
            taken[line[line.index("#") :].strip()] += 1 if line[0] == "-" else -1
    candidates = {text for text, number in taken.items() if number > 0}
    if not candidates:
        return []
    source = io.StringIO((folder / patch.path).read_text(errors="replace"))
    comments = {
        token.string
        for token in tokenize.generate_tokens(source.readline)
        if token.type == tokenize.COMMENT
    }
    return sorted(candidates & comments)


def refusal(folder: Path, patch: r.Patch) -> str:
    """Why a patch does not hold; empty if it does."""
    if not patch.is_verified:
        return patch.reason
    lost = lost_comments(folder, patch)
    return f"it loses a comment: {lost[0]}" if lost else ""


def measured(folder: Path, options: argparse.Namespace) -> tuple[Tally, list[r.Patch]]:
    """Patch one repository, print what came of it, and return the counts and the patches."""
    started = time.perf_counter()
    tree = open_tree(folder)
    judged = judge(tree, include_fixes=True)
    wanted = Wanted(include_unsafe=not options.safe, codes=tuple(options.select))
    fixable, tried = chosen(judged, wanted, options.limit, options.seed)
    tally: Tally = Counter((finding.code, finding.fix or "", "fixable") for finding in fixable)
    patches = patches_of(tree, judged, tried)
    refused: list[str] = []
    for patch in patches:
        tally[patch.code, patch.fix, "tried"] += 1
        reason = refusal(folder, patch)
        if reason:
            refused.append(
                f"  refused: {patch.code} ({patch.fix}) {patch.path}:{patch.line}: {reason}"
            )
        else:
            tally[patch.code, patch.fix, "verified"] += 1
    seconds = time.perf_counter() - started
    print(
        f"\n{folder.name}: {len(fixable)} of {len(judged.report.findings)} findings fixable, "
        f"{len(patches)} patches tried in {seconds:.0f} s"
    )
    for code, fix in sorted({key[:2] for key in tally}):
        counts = [tally[code, fix, what] for what in ("fixable", "tried", "verified")]
        print(
            f"  {code:7} {fix:6}  fixable {counts[0]:4}  tried {counts[1]:4}  verified {counts[2]:4}"
        )
    print("\n".join(sorted(refused)), flush=True)
    return tally, patches


def main() -> None:
    """Patch each repository and print the rates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--safe", action="store_true", help="safe fixes only")
    parser.add_argument("--select", nargs="*", default=[])
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, metavar="N")
    options = parser.parse_args()
    gc.disable()  # as the child that evaluates does: what it makes holds no cycles
    total: Tally = Counter()
    made: list[tuple[str, r.Patch]] = []
    for folder in options.folders:
        tally, patches = measured(folder, options)
        total.update(tally)
        made += [(folder.name, patch) for patch in patches]
    for fix in ("safe", "unsafe"):
        tried, verified = (
            sum(number for (_, kind, what), number in total.items() if (kind, what) == (fix, name))
            for name in ("tried", "verified")
        )
        if tried:
            print(f"{fix}: {verified} of {tried} verified, {100 * verified / tried:.1f} %")
    for name, patch in random.Random(options.seed).sample(made, min(options.show, len(made))):  # noqa: S311
        print(f"\n=== {name} {patch.code} ({patch.fix}) {patch.message}\n{patch.diff}", end="")


if __name__ == "__main__":
    main()
