"""Locks between processes: shared, alone, and never on a file that is gone."""

import fcntl
import os
import threading
import time

import pytest

from core.file_locks import file_lock


def test_readers_share_and_a_writer_is_alone(tmp_path):
    path = tmp_path / "x"
    one, two = file_lock(path, fcntl.LOCK_SH), file_lock(path, fcntl.LOCK_SH)
    with pytest.raises(BlockingIOError):
        file_lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(one)
    os.close(two)
    alone = file_lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(BlockingIOError):
        file_lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.close(alone)


def test_who_waited_for_a_file_that_was_deleted_locks_the_new_one(tmp_path):
    path = tmp_path / "x"
    alone = file_lock(path, fcntl.LOCK_EX)
    taken: list[int] = []
    waiting = threading.Thread(target=lambda: taken.append(file_lock(path, fcntl.LOCK_EX)))
    waiting.start()
    time.sleep(0.2)
    path.unlink()
    os.close(alone)
    waiting.join(10)
    with pytest.raises(BlockingIOError):
        file_lock(path, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.close(taken[0])


def test_no_descriptor_is_left_by_one_that_was_not_had(tmp_path):
    path = tmp_path / "x"
    alone = file_lock(path, fcntl.LOCK_EX)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with pytest.raises(BlockingIOError):
            file_lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(alone)
