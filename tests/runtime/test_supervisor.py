"""The process supervisor."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.runtime.console import Console
from core.runtime.files import AlreadyRunning, locked
from core.runtime.program import Program
from core.runtime.supervisor import ChildDied, StartTimeout, Supervisor, describe_status
from tests.servers import ROOT

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("stubborn", flush=True)
time.sleep(600)
"""


@pytest.fixture
def output():
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path, output):
    made = Supervisor(tmp_path / "log", Console(output, quiet=frozenset({"quiet"})))
    yield made
    made.stop(patience=1)


def python(name, code, folder):
    return Program(name, [sys.executable, "-u", "-c", code], folder, dict(os.environ))


def said(output, text):
    return lambda: text in output.getvalue()


def test_lines_carry_the_name_of_their_program_and_are_kept(supervisor, output, tmp_path):
    supervisor.start(python("one", "print('hello'); import time; time.sleep(60)", tmp_path))
    supervisor.wait(said(output, "hello"), seconds=20, what="silent")
    assert "one     | hello\n" in output.getvalue()
    assert (tmp_path / "log" / "one.log").read_text() == "hello\n"


def test_a_quiet_program_writes_to_its_log_only(supervisor, output, tmp_path):
    log = tmp_path / "log" / "quiet.log"
    supervisor.start(python("quiet", "print('hello'); import time; time.sleep(60)", tmp_path))
    supervisor.wait(lambda: log.read_text() == "hello\n", seconds=20, what="silent")
    assert output.getvalue() == ""


def test_terminal_escapes_of_a_program_do_not_reach_the_terminal(supervisor, output, tmp_path):
    code = r"print('\x1b[2Jgone\x07'); import time; time.sleep(60)"
    supervisor.start(python("rude", code, tmp_path))
    supervisor.wait(said(output, "gone"), seconds=20, what="silent")
    assert "\x1b" not in output.getvalue()
    assert "\x07" not in output.getvalue()


def test_a_death_names_the_program_and_shows_its_last_lines(supervisor, tmp_path):
    supervisor.start(python("steady", "import time; time.sleep(60)", tmp_path))
    code = "import sys; [print('line', n) for n in range(50)]; sys.exit(3)"
    supervisor.start(python("frail", code, tmp_path))
    with pytest.raises(ChildDied) as caught:
        supervisor.wait(lambda: False, seconds=20, what="never")
    assert str(caught.value) == "frail ended with exit status 3"
    assert caught.value.lines[-1] == "line 49"
    assert len(caught.value.lines) == 20


def test_a_kill_is_told_by_its_signal():
    assert describe_status(-signal.SIGKILL) == "was killed by SIGKILL"


def test_waiting_too_long_says_for_what(supervisor, tmp_path):
    supervisor.start(python("slow", "import time; time.sleep(60)", tmp_path))
    with pytest.raises(StartTimeout, match="no answer"):
        supervisor.wait(lambda: False, seconds=0.3, what="no answer")


def test_whoever_ignores_the_request_is_killed_with_all_descendants(supervisor, output, tmp_path):
    supervisor.start(python("stubborn", STUBBORN, tmp_path))
    supervisor.wait(said(output, "stubborn"), seconds=20, what="silent")
    family = psutil.Process(supervisor._children[0].process.pid).children(recursive=True)
    assert len(family) == 2
    before = time.monotonic()
    supervisor.stop(patience=1)
    assert time.monotonic() - before < 5
    assert "stubborn did not stop in time and was killed" in output.getvalue()
    assert not [process for process in family if process.is_running()]


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    code = f"""
import io, os, sys
from pathlib import Path
from core.runtime.console import Console
from core.runtime.program import Program
from core.runtime.supervisor import Supervisor
supervisor = Supervisor(Path({str(tmp_path)!r}) / "log", Console(io.StringIO()))
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
supervisor.start(Program("child", sleep, Path("/"), dict(os.environ)))
print(supervisor._children[0].process.pid, flush=True)
supervisor.poll(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    child = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def test_a_lock_ends_with_its_process(tmp_path):
    lock = Path(tmp_path / "lock")
    with locked(lock, wait=False), pytest.raises(AlreadyRunning, match=str(os.getpid())):  # noqa: SIM117
        with locked(lock, wait=False):
            pass
    with locked(lock, wait=False):
        pass
