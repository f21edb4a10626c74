"""Folders of confined programs, and what killed processes leave of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from plumbline.sandbox.folders import fastest_place, private_folder
from tests.servers import ROOT

PREFIX = f"plumbline-test-{os.getpid()}-"
OWNER = f"""
import time
from plumbline.sandbox.folders import private_folder
with private_folder({PREFIX!r}) as folder:
    folder.write("inner/file", b"x")
    print(folder.path, flush=True)
    time.sleep(60)
"""


def _owner_of_a_folder() -> tuple[subprocess.Popen, Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return process, Path(process.stdout.readline().strip())


def _age(path: Path) -> None:
    os.utime(path, (1, 1))


def test_a_folder_is_gone_afterwards():
    with private_folder(PREFIX) as folder:
        folder.write("a/b", b"x")
        assert Path(folder.path, "a", "b").read_bytes() == b"x"
    assert not Path(folder.path).exists()


def test_what_a_killed_process_left_is_removed_by_the_next():
    process, left = _owner_of_a_folder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (left / "inner" / "file").exists()
    _age(left)
    with private_folder(PREFIX):
        assert not left.exists()


def test_a_folder_in_use_stays_however_old_it_is():
    process, used = _owner_of_a_folder()
    _age(used)
    try:
        with private_folder(PREFIX):
            assert used.exists()
    finally:
        process.kill()
        process.wait()
        _age(used)
        with private_folder(PREFIX):
            assert not used.exists()


def test_a_folder_that_is_just_being_made_stays():
    young = Path(fastest_place() or "/tmp", f"{PREFIX}young")
    young.mkdir()
    try:
        with private_folder(PREFIX):
            assert young.exists()
    finally:
        young.rmdir()
