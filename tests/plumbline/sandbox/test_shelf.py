import os
import signal

import pytest

from plumbline.sandbox import Engine, Limits, Sandbox, SandboxError, shelf
from tests.plumbline.sandbox import hostile_engine

ENGINE = Engine(hostile_engine.__name__, hostile_engine.__name__)


@pytest.fixture(autouse=True)
def _empty_shelf():
    shelf.nurseries_close()
    yield
    shelf.nurseries_close()


def lasting(**limits) -> Sandbox:
    return Sandbox(engine=ENGINE, limits=Limits(**limits), is_lasting=True)


def outlines(sandbox: Sandbox) -> list[tuple[int, bytes]]:
    return list(sandbox.extract([(1, "python", b"echo"), (2, "python", b"echo")]))


def test_the_next_sandbox_gets_the_process_of_the_last_one():
    with lasting() as first:
        pid, answers = first.pid, outlines(first)
    with lasting() as second:
        assert second.pid == pid
        assert outlines(second) == answers


def test_a_process_is_never_in_two_sandboxes_at_once():
    with lasting() as first, lasting() as second:
        assert first.pid != second.pid
        pids = {first.pid, second.pid}
    with lasting() as third:
        assert third.pid in pids
    assert len(shelf._waiting) == 1


def test_other_limits_get_another_process():
    with lasting() as first:
        pid = first.pid
    with lasting(extract_seconds=5) as second:
        assert second.pid != pid


def test_a_process_that_died_while_it_waited_is_replaced():
    with lasting() as first:
        pid = first.pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with lasting() as second:
        assert second.pid != pid
        assert len(outlines(second)) == 2


def test_a_process_whose_child_was_not_ended_does_not_wait_for_others():
    with lasting() as first:
        pid = first.pid
        first._running().spawn(1)
    with lasting() as second:
        assert second.pid != pid
    assert not os.path.exists(f"/proc/{pid}")


def test_it_outlives_an_error_of_a_file():
    with pytest.raises(SandboxError), lasting() as first:
        pid = first.pid
        first.evaluate(b"fail")
    with lasting() as second:
        assert second.pid == pid


def test_a_sandbox_that_does_not_last_leaves_no_process():
    with Sandbox(engine=ENGINE) as first:
        pid = first.pid
    assert not shelf._waiting
    assert not os.path.exists(f"/proc/{pid}")
