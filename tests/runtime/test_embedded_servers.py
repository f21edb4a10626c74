"""The embedded PostgreSQL and Valkey of `manage.py up`."""

import io
import os
import shutil
import signal
import stat

import psutil
import psycopg
import pytest
import redis

from core.runtime.addresses import LONGEST_SOCKET_PATH, POSTGRES_SOCKET, Addresses
from core.runtime.console import Console
from core.runtime.leftovers import server_processes
from core.runtime.postgres import Postgres
from core.runtime.supervisor import Supervisor
from core.runtime.valkey import Valkey


class Pair:
    """Both servers on one folder, under one supervisor."""

    def __init__(self, folder):
        self.addresses = Addresses.under(folder)
        self.postgres = Postgres(self.addresses)
        self.valkey = Valkey(self.addresses)
        self.supervisor = Supervisor(folder / "log", Console(io.StringIO()))

    def start(self):
        for server in (self.postgres, self.valkey):
            server.prepare()
            self.supervisor.start(server.program())
        for server in (self.postgres, self.valkey):
            self.supervisor.wait(server.ready, seconds=60, what="not ready")

    def stop(self):
        self.supervisor.stop(patience=5)

    def sql(self, statement):
        url = self.addresses.database_url("postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def kill(self):
        """Kill -9 both, as a crash of the machine or an impatient person would."""
        for name, folder in (
            ("postgres", self.addresses.postgres_data),
            ("valkey", self.addresses.valkey_data),
        ):
            for process in server_processes(name, folder):
                process.send_signal(signal.SIGKILL)

    @property
    def redis(self):
        return redis.Redis.from_url(self.addresses.redis_url(0))


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.stop()
    assert server_processes("postgres", made.addresses.postgres_data) == []
    assert server_processes("valkey", made.addresses.valkey_data) == []
    shutil.rmtree(made.addresses.sockets)


def test_a_second_start_finds_the_data_of_the_first(pair):
    pair.start()
    pair.sql("CREATE TABLE kept (n int)")
    pair.redis.set("kept", "yes")
    pair.stop()
    pair.start()
    assert pair.sql("SELECT count(*) FROM kept") == [(0,)]
    assert pair.redis.get("kept") == b"yes"


def test_a_start_survives_what_kill_9_left_behind(pair):
    pair.start()
    pair.sql("CREATE TABLE kept (n int)")
    pair.kill()
    pair.supervisor._children.clear()
    # The dead server's process id now belongs to somebody else who is alive: us.
    lock = pair.addresses.postgres_data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))
    pair.start()
    assert pair.sql("SELECT count(*) FROM kept") == [(0,)]
    assert pair.redis.ping()


def test_a_start_replaces_servers_whose_supervisor_was_killed(pair, tmp_path):
    pair.start()
    before = {p.pid for p in server_processes("postgres", pair.addresses.postgres_data)}
    second = Pair(tmp_path)
    for child in pair.supervisor._children:
        child.stopping = True
    second.start()
    after = {p.pid for p in server_processes("postgres", pair.addresses.postgres_data)}
    assert before.isdisjoint(after)
    assert second.sql("SELECT 1") == [(1,)]
    second.stop()


def test_an_initdb_that_was_cut_short_is_begun_again(pair):
    unfinished = pair.addresses.data / "postgres.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    pair.start()
    assert pair.sql("SELECT 1") == [(1,)]


def test_only_the_owner_can_reach_the_sockets(pair):
    pair.start()
    for folder in (pair.addresses.postgres_sockets, pair.addresses.valkey_socket.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    listening = [
        connection
        for child in pair.supervisor._children
        for connection in psutil.Process(child.process.pid).net_connections("inet")
    ]
    assert listening == []


def test_sockets_move_to_a_short_path_when_the_folder_is_too_deep(tmp_path):
    addresses = Addresses.under(tmp_path / ("deep" * 30))
    socket_path = addresses.postgres_sockets / POSTGRES_SOCKET
    assert len(os.fsencode(socket_path)) <= LONGEST_SOCKET_PATH
    assert addresses == Addresses.under(tmp_path / ("deep" * 30))
    assert addresses != Addresses.under(tmp_path / ("deeper" * 30))
