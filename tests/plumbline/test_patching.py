"""Proof by judging again: what is accepted as a patch, what is refused, and what happens to the rest."""

import re

import msgspec
import pytest

from plumbline import report as r
from plumbline.analysis import evaluate_job
from plumbline.command import fixing
from plumbline.command.judging import judge
from plumbline.command.trees import open_tree
from plumbline.edits import Fix, MoveMember, ReplaceText, SetKeyword
from plumbline.extract import outline_bytes
from plumbline.patching import ENGINE, PatchJob, decode_patched, encode
from plumbline.patching.engine import make_patches
from plumbline.sandbox import Engine, Sandbox
from plumbline.source import UnreadableFile, kind_of
from tests.plumbline import dying_bench

GOOD = """\
from django.db import models


class {name}(models.Model):
    number = models.IntegerField()

    def __str__(self):
        return ""

    class Meta:
        ordering = ["number"]
"""
FILES = {
    "shop/models.py": GOOD.format(name="Order").encode(),
    "stock/models.py": GOOD.format(name="Item").encode(),
}


def requested(fixes=None, files=FILES, unreadable=(), **options):
    """A job for the findings of MOD05, some with other fixes than the rule's own."""
    outlines = []
    for path, content in files.items():
        kind = kind_of(path) or "text"
        outlines.append((path, kind, outline_bytes(kind, content)))
    job = r.Job("", None, outlines, unreadable=list(unreadable), include_fixes=True)
    report = evaluate_job(job)
    findings = [finding for finding in report.findings if finding.code == "MOD05"]
    for finding in findings:
        if finding.path in (fixes or {}):
            report.fixes[finding.fingerprint] = fixes[finding.path]
    wanted = [finding.fingerprint for finding in findings]
    return PatchJob(r.encode(job), r.encode(report), dict(files), wanted, **options)


def test_good_fixes_are_made_together():
    done = make_patches(requested())
    assert [patch.is_verified for patch in done.patches] == [True, True]
    assert done.contents.keys() == FILES.keys()


def test_apart_each_patch_is_verified_by_itself():
    done = make_patches(requested(apart=True))
    assert [patch.is_verified for patch in done.patches] == [True, True]
    assert all(patch.diff.count("--- a/") == 1 for patch in done.patches)
    assert done.contents == {}


def test_what_could_not_be_read_before_is_not_held_against_a_patch():
    unreadable = [UnreadableFile("pyproject.toml", "too large"), UnreadableFile("a.py", "binary")]
    done = make_patches(requested(unreadable=unreadable))
    assert [patch.is_verified for patch in done.patches] == [True, True]


BAD = {
    "that leaves the finding where it is": (
        Fix([ReplaceText("shop/models.py", 8, '""', '"x"')]),
        "still there",
    ),
    "that breaks the file": (
        Fix([ReplaceText("shop/models.py", 10, "class Meta:", "class Meta")]),
        "can no longer be read",
    ),
    "that gives rise to another finding": (
        Fix(
            [
                MoveMember("shop/models.py", 10, 7),
                ReplaceText("shop/models.py", 5, "IntegerField()", "TextField(null=True)"),
            ]
        ),
        "another finding, RUF07",
    ),
    "at a place that is not as expected": (
        Fix([SetKeyword("shop/models.py", 1, 0, "f", "a", "1")]),
        "has no call",
    ),
    "for a file that is not there": (Fix([MoveMember("other.py", 10, 7)]), "is not there"),
    "that changes nothing": (
        Fix([ReplaceText("shop/models.py", 8, '""', '""')]),
        "still there|changes nothing",
    ),
}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("fix", "reason"), BAD.values(), ids=BAD)
def test_a_fix_is_refused(fix, reason, apart):
    done = make_patches(requested({"shop/models.py": fix}, apart=apart))
    first, second = done.patches
    assert (first.is_verified, second.is_verified) == (False, True)
    assert re.search(reason, first.reason)
    assert list(done.contents) == ([] if apart else ["stock/models.py"])


def test_what_there_is_no_time_for_is_not_verified():
    done = make_patches(requested(seconds=0))
    assert not any(patch.is_verified for patch in done.patches)
    assert {patch.reason for patch in done.patches} == {"there was no time to verify it"}


def test_a_confined_child_makes_the_same_patches():
    job = requested(apart=True)
    with Sandbox(engine=Engine(analysis=ENGINE)) as sandbox:
        done = decode_patched(sandbox.evaluate(encode(job)))
    assert msgspec.to_builtins(done) == msgspec.to_builtins(make_patches(job))


def test_a_finding_that_another_fix_renames_is_not_new():
    """A fix may change the text of another finding's subject, and with it the fingerprint."""
    views = (
        b"from django.urls import path\nfrom rest_framework.decorators import api_view\n\n\n"
        b'@api_view(["GET"])\ndef orders(r, pk):\n    return list(r.GET)\n'
    )
    files = {"shop/views.py": views}
    job = requested(files=files)
    report = r.decode_report(job.report)
    job.fingerprints = [item.fingerprint for item in report.findings if item.code == "VIEW01"]
    done = make_patches(job)
    assert [patch.is_verified for patch in done.patches] == [True]
    assert done.contents["shop/views.py"] == views.replace(b"(r,", b"(request,").replace(
        b"r.GET", b"request.GET"
    )


def test_a_file_of_which_the_child_dies_costs_its_own_patch_alone(tmp_path):
    for folder in ("blog", "deadly", "shop", "stock"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "models.py").write_text(GOOD.format(name="Order"))
    overlay = fixing.Overlay(open_tree(tmp_path))
    judged = judge(overlay, include_fixes=True)
    wanted = fixing.Wanted(codes=("MOD05",))
    with Sandbox(engine=Engine(analysis=dying_bench.__name__)) as tools, Sandbox() as sandbox:
        done = fixing.rounds(overlay, judged, wanted, tools, sandbox)
    assert done.after.keys() == {"blog/models.py", "shop/models.py", "stock/models.py"}
    assert [patch.path for patch in done.failed] == ["deadly/models.py"]
    assert "ended with status" in done.failed[0].reason
