"""Outlines in, report out: runs the rules, honours suppressions, gives findings their identity."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Buffer, Mapping, Sequence

import msgspec

from plumbline import outline as o
from plumbline import report as r
from plumbline import scoring
from plumbline.config import PATH, read_config
from plumbline.edits import Fix
from plumbline.project import Project
from plumbline.project.databases import runs_on_postgresql
from plumbline.project.rebuilding import scripts_of
from plumbline.registry import all_rules
from plumbline.rule import Rule, Verdict
from plumbline.source import UnreadableFile, kind_of
from plumbline.version import engine_version, ruleset

NO_DJANGO = "no Django in dependencies or imports"

# Read when this module is imported: the child that evaluates may open no file once it is confined.
_ENGINE = engine_version()
_RULESET = ruleset()
_RULES = all_rules()


def evaluate_encoded(job: Buffer) -> bytes:
    """The encoded report for an encoded job: what the evaluating child runs."""
    return r.encode(evaluate_job(r.decode_job(job)))


def evaluate_job(job: r.Job, outlines: Mapping[str, o.Outline] | None = None) -> r.Report:
    """The report for a job, or for what it would be with these outlines."""
    report = evaluate(
        decoded_outlines(job) if outlines is None else outlines,
        select=job.select,
        include_timings=job.include_timings,
        include_fixes=job.include_fixes,
        include_migrations=job.include_migrations,
        unreadable=job.unreadable,
        today=job.today,
    )
    report.path, report.commit = job.path, job.commit
    report.files.excluded += job.excluded
    return report


def decoded_outlines(job: r.Job) -> dict[str, o.Outline]:
    """Path to outline."""
    return {path: decoded_outline(encoded) for path, _, encoded in job.outlines}


def decoded_outline(encoded: Buffer) -> o.Outline:
    """An outline; one that cannot be decoded is an unreadable one."""
    try:
        return o.decode(encoded)
    except msgspec.DecodeError:
        return o.Unreadable("its cached outline is damaged")


def evaluate(
    outlines: Mapping[str, o.Outline],
    *,
    rules: Mapping[str, Rule] | None = None,
    select: Sequence[str] | None = None,
    include_timings: bool = False,
    include_fixes: bool = False,
    include_migrations: bool = False,
    unreadable: Sequence[UnreadableFile] = (),
    today: str = "",
) -> r.Report:
    """Judge a repository by its outlines.

    ``unreadable`` names files that were refused before they got an outline. ``select`` narrows to these codes or code
    prefixes. ``today`` (ISO 8601) ends suppressions. A rule that fails on an unforeseen shape of code says ``error``;
    it never stops the others.
    """
    judges = rules or _RULES
    codes = {*_RULES, *judges}
    config = read_config(outlines, codes)
    left_out = frozenset(filter(config.leaves_out, outlines) if config.exclude else ())
    missing = [
        file
        for file in (
            *unreadable,
            *(
                UnreadableFile(path, item.reason)
                for path, item in outlines.items()
                if isinstance(item, o.Unreadable)
            ),
        )
        if not config.leaves_out(file.path)
    ]
    readable = {
        path: item
        for path, item in outlines.items()
        if not isinstance(item, o.Unreadable) and path not in left_out
    }
    project = Project(
        readable,
        [file.path for file in missing],
        config=config,
        today=today,
        known_codes=codes,
    )
    kinds = {kind_of(file.path) or "" for file in missing}
    run = _Run(project, kinds, keeps_fixes=include_fixes)
    slowest: list[tuple[str, float]] = []
    for code, rule in judges.items():
        if select and not code.startswith(tuple(select)):
            continue
        started = time.perf_counter()
        run.judge(rule)
        slowest.append((code, time.perf_counter() - started))
    score = scoring.score(run.outcomes)
    return r.Report(
        schema=r.SCHEMA,
        engine=_ENGINE,
        ruleset=_RULESET,
        path="",
        commit=None,
        score=score.value if project.is_django else None,
        standing=scoring.standing(run.outcomes) if project.is_django else None,
        evaluated=score.evaluated,
        applicable=score.applicable,
        partial=bool(missing or run.failures),
        files=r.Files(
            len(readable),
            len(left_out),
            sorted(missing, key=lambda file: file.path),
        ),
        timings={},
        rules=run.outcomes,
        findings=sorted(
            run.findings,
            key=lambda finding: (finding.path, finding.line, finding.column, finding.code),
        ),
        facts=facts(project),
        exclude=config.exclude,
        valid_until=project.suppressions.next_end,
        slowest=sorted(slowest, key=lambda item: -item[1])[:10] if include_timings else [],
        fixes=run.fixes if include_fixes else msgspec.UNSET,
        migrations=_migrations(project) if include_migrations else msgspec.UNSET,
    )


def _migrations(project: Project) -> r.MigrationScripts:
    """The migrations as plain data; what goes wrong with them is no fault of the verdict."""
    try:
        if not (project.uses_postgresql or runs_on_postgresql(project)):
            return r.MigrationScripts(is_postgresql=False)
        scripts = list(scripts_of(project.migrations, project.classes, project.settings))
        return r.MigrationScripts(True, len(scripts), msgspec.msgpack.encode(scripts))
    except Exception as error:
        reason = f"the migrations could not be rebuilt ({type(error).__name__})"
        return r.MigrationScripts(True, problem=reason)


def facts(project: Project) -> dict[str, str]:
    """What is worth knowing of a repository beside its rules, as short texts."""
    django = project.dependencies.minimum("django")
    deployed = project.settings.deployed
    return {
        "django": str(django)
        if django
        else ("in use, version not stated" if project.is_django else "not in use"),
        "settings": ", ".join(module.name for module in deployed) or "none found",
        "apps": str(len(project.events.app_configs)),
        "models": str(len(project.models)),
        "routes": str(len(project.views.routes)),
        "tasks": str(len(project.events.tasks)),
        "receivers": str(len(project.events.receivers)),
        "templates": str(len(project.templates)),
        "python files": str(len(project.names.modules)),
        "python lines": str(sum(module.outline.lines for module in project.names)),
    }


class _Run:
    """One evaluation: collects outcomes, findings and, if somebody wants them, fixes."""

    def __init__(self, project: Project, unreadable_kinds: set[str], *, keeps_fixes: bool) -> None:
        self.project = project
        self.unreadable_kinds = unreadable_kinds
        self.keeps_fixes = keeps_fixes
        self.failures = 0
        self.outcomes: list[r.RuleOutcome] = []
        self.findings: list[r.Finding] = []
        self.fixes: dict[str, Fix] = {}

    def judge(self, rule: Rule) -> None:
        """Run one rule and add its outcome and findings."""
        outcome = r.RuleOutcome(
            rule.code,
            rule.statement,
            rule.level.value,
            rule.preview,
            "not_applicable",
            0,
            0,
            "",
            0,
            scoring.weight(rule),
        )
        self.outcomes.append(outcome)
        reason = self.project.config.disable.get(rule.code)
        if reason is not None:
            outcome.state, outcome.evidence = (
                "not_evaluated",
                f"disabled in {PATH}: {reason}",
            )
            return
        if not self.project.is_django:
            outcome.evidence = NO_DJANGO
            return
        before = len(self.findings)
        try:
            self._judge(rule, outcome)
        except RecursionError:
            self._give_up(outcome, before, "the code is nested too deeply for this rule")
        except Exception as error:
            self._give_up(outcome, before, f"the rule itself failed: {type(error).__name__}")

    def _give_up(self, outcome: r.RuleOutcome, before: int, evidence: str) -> None:
        """Take back what a rule said before it failed: half a verdict is none."""
        del self.findings[before:]
        outcome.subjects = outcome.violations = outcome.suppressed = 0
        outcome.state, outcome.evidence = "error", evidence
        self.failures += 1

    def _judge(self, rule: Rule, outcome: r.RuleOutcome) -> None:
        evidence = rule.not_applicable(self.project)
        if evidence is not None:
            outcome.evidence = evidence
            self.project.suppressions.judged.add(rule.code)
            return
        unknown: list[str] = []
        identities: Counter[str] = Counter()
        for verdict in rule.check(self.project):
            if verdict.outcome == "unknown":
                unknown.append(verdict.message)
                continue
            outcome.subjects += 1
            if verdict.outcome == "violation":
                finding = self._finding(rule, verdict, identities)
                self.findings.append(finding)
                outcome.suppressed += finding.suppressed is not None
                outcome.violations += finding.suppressed is None
        self._conclude(rule, outcome, unknown)
        if outcome.state != "error":
            self.project.suppressions.judged.add(rule.code)

    def _conclude(self, rule: Rule, outcome: r.RuleOutcome, unknown: list[str]) -> None:
        """The state that the counts amount to, and the evidence for it."""
        missing = self.unreadable_kinds.intersection(rule.needs)
        if outcome.violations:
            outcome.state = "fail"
            outcome.evidence = f"{outcome.violations} of {outcome.subjects} in violation"
        elif outcome.suppressed:
            outcome.state = "waived"
            outcome.evidence = (
                f"{outcome.suppressed} of {outcome.subjects} suppressed in code, the rest in order"
            )
        elif outcome.subjects:
            outcome.state = "pass"
            outcome.evidence = (
                f"{outcome.subjects} in order" if outcome.subjects > 1 else "in order"
            )
        elif unknown:
            outcome.state, outcome.evidence = (
                "error",
                f"cannot be told without running the code: {unknown[0]}",
            )
            return
        elif missing:
            outcome.state, outcome.evidence = (
                "error",
                f"a file that it needs could not be read ({', '.join(sorted(missing))})",
            )
            return
        else:
            outcome.evidence = rule.absent
        if unknown and outcome.subjects:
            outcome.evidence += f"; {len(unknown)} cannot be told without running the code"

    def _finding(self, rule: Rule, verdict: Verdict, identities: Counter[str]) -> r.Finding:
        subject = verdict.subject
        place = verdict.at or subject
        identity = f"{rule.code}\0{subject.symbol}\0{subject.text}"
        ordinal = identities[identity]
        identities[identity] += 1
        fingerprint = hashlib.sha256(
            f"{identity}\0{ordinal}".encode("utf-8", "replace")
        ).hexdigest()[:32]
        if verdict.fix is not None and self.keeps_fixes:
            self.fixes[fingerprint] = self.project.import_groups.placed(verdict.fix)
        return r.Finding(
            rule.code,
            place.path,
            place.line,
            place.column + 1,
            max(place.end_line, place.line),
            subject.symbol,
            verdict.message,
            verdict.fix.kind if verdict.fix is not None else None,
            fingerprint,
            self.project.suppressions.reason(rule.code, place.path, place.line),
            hashlib.sha256(subject.text.encode("utf-8", "replace")).hexdigest()[:16],
        )
