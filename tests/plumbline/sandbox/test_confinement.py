import sys

import pytest

from plumbline.sandbox import Limits, confinement_report, self_test
from plumbline.sandbox.confinement import MEASURES, landlock_version

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux confines")


def test_a_confined_child_is_denied_everything_that_a_hijacked_parser_would_try():
    result = self_test()
    # Root without its capabilities, as in some containers, can neither become nobody nor be limited.
    excused = {"start a process"} if "no_processes" in result.missing else set()
    assert set(result.allowed) <= excused
    assert {"read a file", "write a file", "open a socket", "run a program"} <= set(result.denied)
    assert ("landlock" in result.missing) == (landlock_version() == 0)


def test_what_is_not_in_force_is_reported_and_not_silent():
    report = confinement_report()
    assert set(report) == {*MEASURES, "verdict"}
    assert report["no_files"] == "in force"
    assert (report["verdict"] == "holds") == (report["no_processes"] == "in force")


def test_a_limit_above_the_hard_limit_does_not_stop_the_child():
    assert self_test(Limits(extract_memory=1 << 50)).denied
