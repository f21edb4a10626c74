import os
import time
from collections.abc import Iterator

import pytest

from plumbline.sandbox import Engine, Limits, Sandbox, SandboxError
from tests.plumbline.sandbox import hostile_engine

ENGINE = Engine(hostile_engine.__name__, hostile_engine.__name__)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(engine=ENGINE) as sandbox:
        yield sandbox


def test_a_job_gives_its_report_in_a_child_of_its_own(sandbox):
    assert sandbox.evaluate(b"job") == b"boj"
    assert sandbox.evaluate(b"pid") != sandbox.evaluate(b"pid")


def test_a_large_job_and_a_large_report_pass_whole():
    job = os.urandom(1 << 20) * 30
    with Sandbox(engine=ENGINE) as sandbox:
        assert sandbox.evaluate(job) == job[::-1]


@pytest.mark.parametrize(
    ("job", "code", "text"),
    [
        (b"memory", "out_of_memory", "needs more than 4,096 MiB"),
        (b"crash", "crashed", "status -11"),
        (b"fail", "evaluation_failed", "KeyError in "),
    ],
)
def test_a_failed_evaluation_is_a_typed_error(sandbox, job, code, text):
    with pytest.raises(SandboxError, match=text) as caught:
        sandbox.evaluate(job)
    assert caught.value.code == code
    assert "judged repository" not in caught.value.text
    assert sandbox.evaluate(b"job") == b"boj"


def test_a_report_above_the_limit_is_refused():
    with (
        Sandbox(engine=ENGINE, limits=Limits(report_size=1_000)) as sandbox,
        pytest.raises(SandboxError, match="too large"),
    ):
        sandbox.evaluate(b"x" * 1_001)


def test_an_evaluation_may_run_while_files_are_extracted(sandbox):
    results = sandbox.extract((n, "python", b"a" * 10_000) for n in range(1_000))
    next(results)
    assert sandbox.evaluate(b"job") == b"boj"
    assert len(list(results)) == 999


def test_an_evaluation_that_never_ends_is_ended_in_time():
    started = time.monotonic()
    with (
        Sandbox(engine=ENGINE, limits=Limits(evaluate_seconds=0.5)) as sandbox,
        pytest.raises(SandboxError, match=r"longer than 0\.5 s") as caught,
    ):
        sandbox.evaluate(b"hang")
    assert caught.value.code == "timed_out"
    assert time.monotonic() - started < 20
