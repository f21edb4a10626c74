"""Whether fixes hold on real repositories: every fixable finding, patched by itself and judged again.

usage: python benchmarks/fixes.py FOLDER... [--unsafe]

Prints, for each repository and rule, how many findings have a fix, how many patches were verified, and why the others
were not. A patch counts only if the finding is gone, nothing new appears, and every file can still be read.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from plumbline.command.fixing import Wanted, patches_apart
from plumbline.command.judging import judge
from plumbline.command.trees import open_tree
from plumbline.report import Patch


def patches_of(folder: Path, wanted: Wanted) -> list[Patch]:
    """A patch for each fixable finding of a repository."""
    tree = open_tree(folder)
    return patches_apart(tree, judge(tree, include_fixes=True), wanted)


def main() -> None:
    """Patch each repository and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--unsafe", action="store_true", help="unsafe fixes too")
    options = parser.parse_args()
    total = verified = 0
    for folder in options.folders:
        started = time.perf_counter()
        patches = patches_of(folder, Wanted(include_unsafe=options.unsafe))
        print(f"{folder.name}: {len(patches)} fixes in {time.perf_counter() - started:.1f} s")
        made, held = (
            Counter(p.code for p in patches),
            Counter(p.code for p in patches if p.is_verified),
        )
        for code, number in sorted(made.items()):
            print(f"  {code}  {held[code]} of {number} verified")
        for patch in patches:
            if not patch.is_verified:
                print(f"  refused: {patch.code} {patch.path}:{patch.line}: {patch.reason}")
        total += len(patches)
        verified += sum(patch.is_verified for patch in patches)
    if total:
        print(f"{verified} of {total} verified: {100 * verified / total:.1f} %")


if __name__ == "__main__":
    main()
