"""The ``plumbline`` command: the only room of the engine that touches the disk or prints."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from plumbline import sarif, terminal
from plumbline.command import fixing
from plumbline.command.judging import Judged, compare, judge
from plumbline.command.trees import NotJudgeable, Tree, git_tree, open_tree
from plumbline.guide import statements
from plumbline.patching.diff import unified_diff
from plumbline.registry import all_rules
from plumbline.report import Patch, Report
from plumbline.sandbox import SandboxError
from plumbline.scoring import open_must

PASSED, VIOLATED, NOT_JUDGED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status: 0 no MUST violated, 1 some, 2 the path cannot be judged."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (NotJudgeable, SandboxError) as error:
        print(f"plumbline: {error}", file=sys.stderr)
        return NOT_JUDGED
    except BrokenPipeError:
        # The reader of our output went away; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_JUDGED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plumbline",
        description="Judge a Django repository by the style guide, without running its code.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="judge a repository", description=_check.__doc__)
    check.add_argument(
        "path",
        metavar="PATH",
        type=Path,
        help="a folder, a git work tree, or a bare git repository",
    )
    check.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    check.add_argument(
        "--select", metavar="CODES", help="only these codes or code prefixes, separated by commas"
    )
    check.add_argument(
        "--diff", metavar="BASE", help="report only what is not already in this git revision"
    )
    check.add_argument(
        "--timings", action="store_true", help="show where the time went and the ten slowest rules"
    )
    check.add_argument(
        "--ruff",
        action="store_true",
        help="add what the bundled ruff says by the guide's rule families; it does not score",
    )
    fixes = check.add_mutually_exclusive_group()
    fixes.add_argument(
        "--fix",
        action="store_true",
        help="write safe fixes that are proved right to the work tree, then report what is left",
    )
    fixes.add_argument(
        "--show-fixes",
        action="store_true",
        help="print what --fix would write as a diff; with --format json, a patch for each finding",
    )
    check.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with either, include fixes that a person should look at",
    )
    check.set_defaults(run=_check)
    rule = commands.add_parser(
        "rule", help="explain a rule, or list all", description=_rule.__doc__
    )
    rule.add_argument(
        "code", metavar="CODE", nargs="?", help="such as MOD08; without it all rules are listed"
    )
    rule.set_defaults(run=_rule)
    guide = commands.add_parser(
        "guide", help="list the guide's statements", description=_guide.__doc__
    )
    guide.add_argument("--format", choices=("text", "json"), default="text")
    guide.set_defaults(run=_guide)
    return parser


def _check(options: argparse.Namespace) -> int:
    """Judge the repository at PATH and report score, standing and findings."""
    select = _selected(options.select)
    tree = open_tree(options.path)
    if options.ruff and options.format == "sarif":
        raise NotJudgeable("--ruff prints text or JSON; ruff itself writes SARIF")
    if options.fix or options.show_fixes:
        return _fix(options, tree, select)
    if options.unsafe_fixes:
        raise NotJudgeable("--unsafe-fixes goes with --fix or --show-fixes")
    return _conclude(options, tree, select)


def _conclude(
    options: argparse.Namespace,
    tree: Tree,
    select: list[str] | None,
    known: Judged | None = None,
    patches: list[Patch] | None = None,
) -> int:
    """Report on a tree; the exit status that follows."""
    judged = judge(
        tree,
        select=select,
        include_timings=options.timings,
        include_lint=options.ruff,
        known=known,
    )
    report = judged.report
    if options.diff:
        base = judge(git_tree(options.path, options.diff), select=select, known=judged)
        report = compare(report, base.report)
    if patches is not None:
        report.patches = patches
    _print(report, options.format, include_timings=options.timings)
    return VIOLATED if open_must(report) else PASSED


def _fix(options: argparse.Namespace, tree: Tree, select: list[str] | None) -> int:
    """Write what can be fixed, or show it; then conclude as ever."""
    if options.show_fixes and options.format == "sarif":
        raise NotJudgeable("--show-fixes prints text or JSON")
    root = fixing.writable_root(options.path, tree) if options.fix else None
    judged = judge(tree, include_fixes=True)
    old: set[str] = set()
    if options.diff:
        base = judge(git_tree(options.path, options.diff), known=judged)
        old = {finding.fingerprint for finding in base.report.findings}
    wanted = fixing.Wanted(
        codes=tuple(select or ()), include_unsafe=options.unsafe_fixes, spared=frozenset(old)
    )
    if options.show_fixes and options.format == "json":
        patches = fixing.patches_apart(tree, judged, wanted)
        return _conclude(options, tree, select, judged, patches)
    overlay = fixing.Overlay(tree)
    result = fixing.fixed(overlay, judged, wanted)
    if root is not None:
        fixing.write(root, result.before, result.after)
    else:
        sys.stdout.write(unified_diff(result.before, result.after))
    palette = terminal.Palette.of(sys.stderr)
    told = terminal.fixes_text(
        result.made, result.failed, len(result.after), palette, is_written=options.fix
    )
    print(told, file=sys.stderr)
    if options.show_fixes:
        return VIOLATED if open_must(judged.report) else PASSED
    return _conclude(options, overlay, select, judged)


def _selected(text: str | None) -> list[str] | None:
    if text is None:
        return None
    codes = [code.strip().upper() for code in text.split(",") if code.strip()]
    unknown = [code for code in codes if not any(known.startswith(code) for known in all_rules())]
    if unknown or not codes:
        raise NotJudgeable(
            f"--select: no rule is called {', '.join(unknown) or 'nothing'}; `plumbline rule` lists them"
        )
    return codes


def _print(report: Report, form: str, *, include_timings: bool) -> None:
    if form == "json":
        text = msgspec.json.format(msgspec.json.encode(report), indent=1).decode()
    elif form == "sarif":
        text = msgspec.json.format(
            msgspec.json.encode(sarif.log(report, all_rules())), indent=1
        ).decode()
    else:
        text = terminal.report_text(
            report, all_rules(), terminal.Palette.of(sys.stdout), include_timings=include_timings
        )
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _guide(options: argparse.Namespace) -> int:
    """List every statement of the guide with what Plumbline does about it: covered, preview, not observable, policy."""
    found = statements()
    if options.format == "json":
        rows = [
            {
                "statement": item.key,
                "section": item.section,
                "level": item.level,
                "text": item.text,
                "coverage": item.coverage,
                "rule": item.rule.code if item.rule else None,
                "reason": item.reason or None,
            }
            for item in found
        ]
        text = msgspec.json.format(msgspec.json.encode(rows), indent=1).decode()
    else:
        text = terminal.guide_text(found, terminal.Palette.of(sys.stdout))
    sys.stdout.write(text + "\n")
    return PASSED


def _rule(options: argparse.Namespace) -> int:
    """Explain one rule: what it finds, why, how to fix it, with examples. Without a code, list all rules."""
    palette = terminal.Palette.of(sys.stdout)
    rules = all_rules()
    if options.code is None:
        sys.stdout.write(terminal.rules_text(rules, palette) + "\n")
        return PASSED
    rule = rules.get(options.code.upper().replace("-", ""))
    if rule is None:
        raise NotJudgeable(f"no rule is called {options.code}; `plumbline rule` lists them all")
    sys.stdout.write(terminal.rule_text(rule, palette) + "\n")
    return PASSED
