"""Whatever the files of a repository add up to, they are judged, in bounded time, without a rule that fails."""

from collections.abc import Iterator

import pytest

from plumbline.report import Job, Report, decode_report, encode
from plumbline.sandbox import Limits, Sandbox
from plumbline.source import kind_of
from tests.hostile.projects import PROJECTS, Files

# Processor time: a tenth of that is what the slowest takes on an idle machine.
LIMITS = Limits(evaluate_cpu=40)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2, LIMITS) as sandbox:
        yield sandbox


def judge(sandbox: Sandbox, files: Files) -> Report:
    kinds = {path: kind for path in sorted(files) if (kind := kind_of(path))}
    outlines = dict(sandbox.extract((path, kind, files[path]) for path, kind in kinds.items()))
    job = Job(
        path="",
        commit="1" * 40,
        outlines=[(path, kind, outlines[path]) for path, kind in kinds.items()],
        excluded=0,
        unreadable=[],
        today="2026-01-01",
        include_migrations=True,
    )
    return decode_report(sandbox.evaluate(encode(job)))


@pytest.mark.parametrize("name", PROJECTS)
def test_a_hostile_repository_is_judged_by_every_rule(name, sandbox):
    report = judge(sandbox, PROJECTS[name])
    failed = {rule.code: rule.evidence for rule in report.rules if "failed" in rule.evidence}
    assert failed == {}
    assert report.files.unreadable == []


def test_complaints_about_our_own_configuration_are_as_many_as_somebody_reads(sandbox):
    report = judge(sandbox, PROJECTS["our own configuration, hostile"])
    messages = [finding.message for finding in report.findings if "disable" in finding.message]
    assert len(messages) == 21
    assert "19,980 more" in " ".join(messages)
