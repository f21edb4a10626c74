import contextlib
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


@pytest.fixture
def base(tmp_path):
    """A function that gives an open file with this content."""
    with contextlib.ExitStack() as files:

        def opened(content: bytes) -> int:
            path = tmp_path / "base"
            path.write_bytes(content)
            return files.enter_context(path.open("rb")).fileno()

        yield opened


def test_a_child_gets_ready_with_a_file_before_it_has_its_job(sandbox, base):
    with sandbox.evaluation(base(b" and more")) as evaluation:
        assert list(sandbox.extract([(1, "python", b"echo")])) == [(1, b"python:echo")]
        evaluation.send(b"job")
        assert evaluation.result() == b"boj and more"


def test_two_children_may_get_ready_with_one_file(sandbox, base):
    file = base(b"!")
    with sandbox.evaluation(file) as one, sandbox.evaluation(file) as two:
        for evaluation, job in ((two, b"job"), (one, b"abc")):
            evaluation.send(job)
        assert (one.result(), two.result()) == (b"cba!", b"boj!")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"damaged", "unfit_base"), (b"memory", "out_of_memory")],
)
def test_a_file_that_is_of_no_use_is_a_typed_error(sandbox, base, content, code):
    with sandbox.evaluation(base(content)) as evaluation:
        evaluation.send(b"x" * (3 << 20))
        with pytest.raises(SandboxError) as caught:
            evaluation.result()
    assert caught.value.code == code
    assert sandbox.evaluate(b"job") == b"boj"


def test_an_empty_file_is_a_file(sandbox, base):
    with sandbox.evaluation(base(b"")) as evaluation:
        evaluation.send(b"job")
        assert evaluation.result() == b"boj"


def test_an_evaluation_that_gets_no_job_leaves_nothing_behind(sandbox, base):
    with sandbox.evaluation(base(b"more")):
        pass
    assert sandbox.evaluate(b"job") == b"boj"


def test_a_report_is_there_before_its_child_is_gone(sandbox):
    with sandbox.evaluation() as evaluation:
        evaluation.send(b"job")
        assert evaluation.result() == b"boj"
        assert not sandbox._running().is_idle
    assert sandbox._running().is_idle
