import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.sandbox import Engine, Limits, Sandbox, SandboxError
from plumbline.sandbox.nursery import MEMORY
from tests.plumbline.sandbox import hostile_engine

ENGINE = Engine(hostile_engine.__name__, hostile_engine.__name__)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # Patient, since other tests may keep this machine's processors busy.
    with Sandbox(engine=ENGINE, limits=Limits(extract_seconds=30)) as sandbox:
        yield sandbox


@pytest.fixture
def impatient() -> Iterator[Sandbox]:
    limits = Limits(extract_seconds=1, extract_wall_seconds=1.5)
    with Sandbox(engine=ENGINE, limits=limits) as sandbox:
        yield sandbox


def outlines(sandbox: Sandbox, *contents: bytes) -> list[bytes]:
    """The outlines in order, which with one child is the order of the files."""
    results = list(
        sandbox.extract((number, "python", file) for number, file in enumerate(contents))
    )
    assert [number for number, _ in results] == list(range(len(contents)))
    return [outline for _, outline in results]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_outlines_come_back_in_the_order_of_the_files(sandbox):
    contents = [f"file {number}".encode() * (number % 50) for number in range(2_000)]
    assert outlines(sandbox, *contents) == [b"python:" + content for content in contents]
    assert sandbox.casualties == []


def test_no_file_gives_no_outline_and_no_child(sandbox):
    assert outlines(sandbox) == []
    assert children_of(sandbox.pid) == []


def test_several_children_share_the_files():
    with Sandbox(2, engine=ENGINE) as sandbox:
        files = [(number, "python", b"pid") for number in range(600)]
        results = dict(sandbox.extract(files))
    assert len(results) == 600
    assert len(set(results.values())) >= 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"crash", "the parser crashed (SIGSEGV)"),
        (b"exit", "the parser ended with status 3"),
        (b"memory", "the parser ran out of memory"),
        (b"take 2000", "the parser ran out of memory"),
        (b"recursion", "nested too deeply"),
        (b"system", "the parser failed: SystemError"),
        (b"interrupt", "the parser failed: KeyboardInterrupt"),
        (b"large", "outline too large"),
        (bytes((8 << 20) + 1), "too large: 8,388,609 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_file_is_unreadable_and_its_neighbours_are_not(sandbox, content, reason):
    before, bad, *after = outlines(sandbox, b"a", content, b"b", b"c")
    assert bad == hostile_engine.unreadable_bytes(reason)
    assert [before, *after] == [b"python:a", b"python:b", b"python:c"]


@pytest.mark.parametrize(("content", "seconds"), [(b"spin", "1"), (b"hang", "1.5")])
def test_a_file_that_never_ends_is_unreadable_in_time_and_its_neighbours_are_not(
    impatient, content, seconds
):
    started = time.monotonic()
    before, bad, after = outlines(impatient, b"a", content, b"b")
    assert 1 < time.monotonic() - started < 20
    assert bad in {
        hostile_engine.unreadable_bytes(f"took longer than {n} s") for n in (seconds, "1.5")
    }
    assert [before, after] == [b"python:a", b"python:b"]


def test_a_child_that_writes_nonsense_harms_no_file_after_it(sandbox):
    *_, bad, after = outlines(sandbox, b"a", b"lie", b"b")
    assert bad == hostile_engine.unreadable_bytes("the parser answered out of turn")
    assert after == b"python:b"


def test_a_repository_of_nothing_but_bad_files_is_read_to_its_end(sandbox):
    results = outlines(sandbox, *[b"crash", b"exit", b"memory", b"lie"] * 10)
    assert all(outline.startswith(b"unreadable") for outline in results)


def test_those_whose_child_died_are_named_so_that_nobody_caches_them(impatient):
    outlines(impatient, b"a", b"crash", b"memory", b"hang")
    assert [casualty.key for casualty in impatient.casualties] == [1, 3]


@pytest.mark.parametrize("content", [b"memory", b"recursion", b"system", b"balk", b"take 400"])
def test_a_child_that_may_be_spoiled_reads_no_other_file(sandbox, content):
    first, second, _, third = outlines(sandbox, b"pid", b"pid", content, b"pid")
    assert first == second != third


def test_a_syntax_error_does_not_cost_the_child(sandbox):
    first, _, second = outlines(sandbox, b"pid", b"syntax", b"pid")
    assert first == second


def test_a_child_retires_after_its_share_of_files():
    with Sandbox(engine=ENGINE, limits=Limits(files_per_child=10)) as sandbox:
        pids = outlines(sandbox, *[b"pid"] * 30)
    assert [len(list(group)) for _, group in itertools.groupby(pids)] == [10, 10, 10]


def test_a_child_killed_by_somebody_else_is_replaced_and_its_file_read_again(sandbox):
    def kill_soon() -> None:
        deadline = time.monotonic() + 5
        while not (children := children_of(sandbox.pid)) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(children[0], signal.SIGKILL)

    killer = threading.Thread(target=kill_soon)
    killer.start()
    results = outlines(sandbox, b"a", b"sleep 0.6", b"b")
    killer.join()
    assert results == [b"python:a", b"python:sleep 0.6", b"python:b"]
    assert sandbox.casualties == []


def test_a_child_that_is_always_killed_costs_only_its_file(sandbox):
    done = threading.Event()

    def kill_on() -> None:
        while not done.wait(0.5):
            for child in children_of(sandbox.pid):
                os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill_on)
    killer.start()
    try:
        (outline,) = outlines(sandbox, b"sleep 1.6")
    finally:
        done.set()
        killer.join()
    assert b"the parser was killed" in outline


def test_a_slow_reader_does_not_make_the_child_look_stuck(impatient):
    results = []
    for number, outline in impatient.extract((n, "python", bytes(20_000)) for n in range(300)):
        if number == 0:
            time.sleep(2)
        results.append(outline)
    assert len(results) == 300
    assert impatient.casualties == []


def test_files_are_taken_a_few_ahead_and_not_all_at_once(sandbox):
    taken = 0

    def files() -> Iterator[tuple[int, str, bytes]]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield number, "python", bytes(100_000)

    results = sandbox.extract(files())
    next(results)
    assert taken < 60
    results.close()
    assert children_of(sandbox.pid) == []


def test_an_error_of_the_files_own_iterator_ends_the_child(sandbox):
    def files() -> Iterator[tuple[int, str, bytes]]:
        yield 1, "python", b"a"
        raise OSError("the repository went away")

    with pytest.raises(OSError, match="went away"):
        list(sandbox.extract(files()))
    assert children_of(sandbox.pid) == []


def test_a_child_sees_no_environment_and_no_working_directory(sandbox, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")
    (seen,) = outlines(sandbox, b"look")
    environment, folder = eval(seen)  # noqa: S307  (our own engine's answer)
    assert "canary" not in str(environment)
    assert set(environment) <= {"LC_CTYPE", *MEMORY}
    assert folder == "/"


def test_an_engine_that_cannot_be_imported_is_one_clear_error():
    with (
        Sandbox(engine=Engine("no.such.engine", "no.such.engine")) as sandbox,
        pytest.raises(SandboxError, match="No module named 'no'") as caught,
    ):
        outlines(sandbox, b"a")
    assert caught.value.code == "start_failed"


def test_nothing_is_left_when_the_sandbox_closes():
    descriptors = set(os.listdir("/proc/self/fd"))
    with Sandbox(2, engine=ENGINE) as sandbox:
        pid = sandbox.pid
        half_read = sandbox.extract((n, "python", b"a") for n in range(2_000))
        next(half_read)
        list(sandbox.extract([(1, "python", b"crash")]))
        half_read.close()
        sandbox.evaluate(b"job")
    assert set(os.listdir("/proc/self/fd")) == descriptors
    assert not Path(f"/proc/{pid}").exists()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.evaluate(b"job")


def test_closing_in_the_middle_of_a_file_ends_its_child():
    with Sandbox(engine=ENGINE, limits=Limits(extract_seconds=30)) as sandbox:
        results = sandbox.extract([(1, "python", b"a"), (2, "python", b"hang")] * 3)
        next(results)
        (child,) = children_of(sandbox.pid)
    assert not Path(f"/proc/{child}").exists()
    results.close()


ABANDON = f"""
import os, signal
from plumbline.sandbox import Engine, Sandbox
sandbox = Sandbox(engine=Engine({ENGINE.extract!r}, {ENGINE.analysis!r}))
results = sandbox.extract([(1, "python", b"pid"), (2, "python", b"hang")])
print(next(results)[1].decode(), sandbox.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_children_die_with_the_process_that_wanted_them():
    root = Path(__file__).resolve().parents[3]
    abandoned = subprocess.run(
        [sys.executable, "-c", ABANDON], cwd=root, capture_output=True, check=False
    )
    pids = abandoned.stdout.split()
    assert len(pids) == 2, abandoned.stderr
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid.decode()}").exists() for pid in pids):
        assert time.monotonic() < deadline, "the sandbox outlived its parent"
        time.sleep(0.02)
