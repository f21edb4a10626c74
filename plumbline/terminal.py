"""Reports and rules as text for a terminal."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TextIO

import msgspec

from plumbline import scoring
from plumbline.guide import Coverage, Statement, coverage_counts
from plumbline.linting.profile import FAMILIES
from plumbline.linting.results import Lint
from plumbline.report import Finding, Patch, Report, RuleOutcome
from plumbline.rule import Rule

_BAR = 20
_SHOWN = 10
_CODES = 3
_FIXES = {"safe": " [fix]", "unsafe": " [unsafe fix]"}


class Palette(msgspec.Struct, frozen=True):
    """How emphasis is written: escape sequences on a terminal, nothing elsewhere."""

    bold: str = ""
    dim: str = ""
    red: str = ""
    yellow: str = ""
    green: str = ""
    off: str = ""

    @classmethod
    def of(cls, stream: TextIO) -> Palette:
        """Colours where ``stream`` is a terminal and ``NO_COLOR`` is not set."""
        if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return cls()
        return cls("\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[0m")


def _width() -> int:
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 110))


def bar(share: float) -> str:
    """A share from 0 to 1 as a bar of fixed width."""
    filled = int(share * _BAR)  # rounded down: only what is whole looks whole
    return "█" * filled + "░" * (_BAR - filled)


def safe(text: str) -> str:
    """Text of a scanned repository with control characters made visible: it must not steer the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def headline(report: Report, p: Palette) -> str:
    """Score with its denominator, and standing, in one line."""
    if report.score is None:
        if report.standing is None:
            return f"{p.yellow}not judged{p.off}: no Django in dependencies or imports"
        return f"{p.yellow}no score{p.off}: none of the rules that score applies here"
    colour = {"plumb": p.green, "leaning": p.yellow}.get(report.standing or "", p.red)
    partial = ", partial" if report.partial else ""
    return (
        f"{p.bold}{report.score:.1f}{p.off} · {colour}{report.standing}{p.off} · "
        f"{report.evaluated} of {report.applicable} rules evaluated{partial}"
    )


def scorecard_text(report: Report, rules: Mapping[str, Rule], p: Palette) -> str:
    """Headline, one line for each section of the guide, and the number of tasks to plumb."""
    lines = [headline(report, p)]
    if report.score is None:
        return lines[0]
    known = [outcome for outcome in report.rules if outcome.code in rules]
    sections = scoring.sections(known, lambda code: rules[code].section)
    for name, section in sections.items():
        verdict = (
            f"{section.failing} of {section.rules} failing"
            if section.failing
            else f"{section.rules} in order"
        )
        figures = f"{bar(section.value / 100)} {section.value:5.1f}"
        lines.append(f"  {_cut(name, 44):44} {figures}  {p.dim}{verdict}{p.off}")
    must = [
        outcome
        for outcome in report.rules
        if outcome.state == "fail" and outcome.level == "MUST" and not outcome.preview
    ]
    if must:
        codes = ", ".join(
            outcome.code for outcome in sorted(must, key=lambda outcome: outcome.violations)
        )
        lines.append(
            f"  {p.bold}{len(must)} {'task' if len(must) == 1 else 'tasks'} to plumb{p.off}, cheapest first: {codes}"
        )
    return "\n".join(lines)


def report_text(
    report: Report, rules: Mapping[str, Rule], p: Palette, *, include_timings: bool = False
) -> str:
    """The whole report: findings by rule, what could not be read, and the scorecard last, where the eye ends."""
    outcomes = {outcome.code: outcome for outcome in report.rules}
    blocks: list[str] = []
    by_rule = sorted(
        report.findings,
        key=lambda finding: (list(outcomes).index(finding.code), finding.path, finding.line),
    )
    for code, group in groupby(by_rule, key=lambda finding: finding.code):
        blocks.append(_rule_block(outcomes[code], rules[code], list(group), p))
    errors = [outcome for outcome in report.rules if outcome.state == "error"]
    if errors:
        blocks.append(
            "\n".join(
                [
                    f"{p.bold}Not evaluated{p.off}",
                    *(f"  {e.code}  {safe(e.evidence)}" for e in errors),
                ]
            )
        )
    if report.files.unreadable:
        names = [f"  {safe(file.path)}: {safe(file.reason)}" for file in report.files.unreadable]
        blocks.append("\n".join([f"{p.bold}Unreadable{p.off}", *names]))
    if report.lint is not msgspec.UNSET:
        blocks.append(lint_text(report.lint, p))
    blocks.append(scorecard_text(report, rules, p))
    if fixable := _fixable(report):
        blocks.append(f"{p.dim}{fixable}{p.off}")
    if include_timings:
        blocks.append(_timings(report, p))
    return "\n\n".join(blocks)


def _rule_block(outcome: RuleOutcome, rule: Rule, findings: list[Finding], p: Palette) -> str:
    colour = p.red if outcome.level == "MUST" else p.yellow
    preview = f" {p.dim}preview{p.off}" if outcome.preview else ""
    facts = f"{p.dim}{outcome.level} · {outcome.evidence}{p.off}{preview}"
    head = f"{colour}{outcome.code}{p.off} {p.bold}{rule.title}{p.off} {facts}"
    lines = [head]
    for finding in findings:
        note = (
            f" {p.dim}(suppressed: {safe(finding.suppressed)}){p.off}" if finding.suppressed else ""
        )
        fix = _FIXES.get(finding.fix or "", "") if not finding.suppressed else ""
        lines.append(
            f"  {safe(finding.path)}:{finding.line}: {safe(finding.message)}{p.dim}{fix}{p.off}{note}"
        )
    return "\n".join(lines)


def _fixable(report: Report) -> str:
    """How many findings have a fix, and which options apply it; empty if none has."""
    kinds = Counter(finding.fix for finding in report.findings if finding.suppressed is None)
    parts = [
        f"{counted(kinds[kind], 'finding')} with {option}"
        for kind, option in (("safe", "--fix"), ("unsafe", "--fix --unsafe-fixes"))
        if kinds[kind]
    ]
    return f"can be fixed: {', '.join(parts)}" if parts else ""


def counted(number: int, noun: str) -> str:
    """A number with its noun: ``1 finding``, ``2 findings``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def fixes_text(
    made: Sequence[Patch], failed: Sequence[Patch], files: int, p: Palette, *, is_written: bool
) -> str:
    """What fixing came to: how many, and which could not be proved right and why."""
    verb = "fixed" if is_written else "would fix"
    lines = [f"{p.bold}{verb} {counted(len(made), 'finding')} in {counted(files, 'file')}{p.off}"]
    lines += (
        f"  not fixed: {patch.code} {safe(patch.path)}:{patch.line}: {safe(patch.reason)}"
        for patch in failed
    )
    return "\n".join(lines)


def lint_text(lint: Lint, p: Palette) -> str:
    """What ruff says: a line for each family with the commonest of its codes, then the worst files."""
    lines = [
        f"{p.bold}Ruff {lint.ruff}{p.off} {p.dim}by Plumbline's configuration; not part of the score{p.off}"
    ]
    width = len(str(lint.files))
    for family in lint.families:
        share = 100.0 if family.share is None else 100 * family.share
        codes = ", ".join(f"{code.code} {code.count}" for code in family.codes[:_CODES])
        more = ", …" if len(family.codes) > _CODES else ""
        lines.append(
            f"  {family.family:3} {FAMILIES[family.family]:21} {bar(share / 100)} {share:5.1f}"
            f"  {p.dim}{family.clean:{width}} of {family.files:{width}} files clean{p.off}"
            + (f"  {codes}{more}" if codes else "")
        )
    if lint.worst:
        worst = ", ".join(f"{safe(file.path)} {file.count}" for file in lint.worst[:_CODES])
        lines.append(f"  most violations: {worst}")
    if lint.unlinted:
        lines.append(f"  not linted: {counted(lint.unlinted, 'file')}")
        lines += [
            f"    {safe(file.path)}: {safe(file.reason)}" for file in lint.not_linted[:_SHOWN]
        ]
    return "\n".join(lines)


def _timings(report: Report, p: Palette) -> str:
    phases = "  ".join(f"{phase} {seconds:.2f} s" for phase, seconds in report.timings.items())
    slowest = "  ".join(
        f"{code} {1000 * seconds:.0f} ms" for code, seconds in report.slowest[:_SHOWN]
    )
    return f"{p.dim}{phases}\nslowest rules: {slowest}{p.off}"


def rules_text(rules: Mapping[str, Rule], p: Palette) -> str:
    """All rules, one line each, by section of the guide."""
    lines: list[str] = []
    for section, group in groupby(rules.values(), key=lambda rule: rule.section):
        lines.append(f"{p.bold}{section}{p.off}")
        for rule in group:
            preview = "  (preview)" if rule.preview else ""
            lines.append(f"  {rule.code}  {rule.level:6} {rule.title}{preview}")
    return "\n".join(lines)


def _cut(text: str, width: int) -> str:
    """A text that fits, with an ellipsis where it did not."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def guide_text(found: Sequence[Statement], p: Palette) -> str:
    """Every statement of the guide with what is done about it, and the sums."""
    colours = {Coverage.COVERED: p.green, Coverage.PREVIEW: p.yellow, Coverage.GAP: p.red}
    lines: list[str] = []
    for section, group in groupby(found, key=lambda item: item.section):
        lines.append(f"{p.bold}{section}{p.off}")
        for item in group:
            colour = colours.get(item.coverage, p.dim)
            lines.append(f"  {item.key:8} {colour}{item.coverage:14}{p.off} {item.text}")
            if item.reason:
                lines.append(f"  {'':8} {p.dim}{item.reason}{p.off}")
    sums = ", ".join(f"{count} {kind}" for kind, count in coverage_counts(found).items())
    return "\n".join([*lines, "", f"{len(found)} statements: {sums}"])


def rule_text(rule: Rule, p: Palette) -> str:
    """One rule as a page: prose, source, examples."""
    first, last = rule.guide_lines
    source = f" · guide lines {first} to {last}" if first else ""
    parts = [
        f"{p.bold}{rule.code} {rule.slug}{p.off}",
        f"{rule.title}.",
        f"{p.dim}{rule.level} · {rule.section}{source} · costs {rule.effort} each"
        + (" · some can be fixed by --fix" if rule.is_fixable else "")
        + (f" · preview{p.off}" if rule.preview else p.off),
    ]
    for heading, text in (
        ("What it finds", rule.what),
        ("Why", rule.why),
        ("How to fix it", rule.how),
        ("Applies when", rule.applies_when[:1].upper() + rule.applies_when[1:] + "."),
        ("On the guide", rule.errata),
    ):
        if text:
            parts.append(
                f"{p.bold}{heading}{p.off}\n"
                + textwrap.indent(textwrap.fill(text, _width() - 2), "  ")
            )
    parts += _examples(rule, p)
    return "\n\n".join(parts)


def _examples(rule: Rule, p: Palette) -> Iterable[str]:
    for example in rule.examples:
        reported = example.reports or any("# <-" in text for text in example.files.values())
        kind = f"{p.red}Reported{p.off}" if reported else f"{p.green}In order{p.off}"
        kind = f"{p.dim}Does not apply{p.off}" if example.state == "not_applicable" else kind
        block = [f"{kind}: {example.title}"]
        for path, text in example.files.items():
            block += [f"  {p.dim}{path}{p.off}", textwrap.indent(text.rstrip("\n"), "    ")]
        for path, text in example.fixed.items():
            heading = f"  {p.green}Fixed{p.off} {p.dim}{path}{p.off}"
            block += [heading, textwrap.indent(text.rstrip("\n"), "    ")]
        yield "\n".join(block)
