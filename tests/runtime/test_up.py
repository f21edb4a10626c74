"""`manage.py up`, from nothing to a scorecard, and its end."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from core.runtime.addresses import Addresses
from tests.servers import ROOT

START_SECONDS = 150
STOP_SECONDS = 10
FILES = {
    "manage.py": "import django\n",
    "pyproject.toml": '[project]\nname = "tiny"\nversion = "1"\ndependencies = ["django>=6"]\n',
    "shop/__init__.py": "",
    "shop/models.py": (
        "from django.db import models\n\n\n"
        "class Order(models.Model):\n"
        "    user = models.ForeignKey('auth.User', on_delete=models.CASCADE)\n"
    ),
}


@pytest.fixture
def repository(tmp_path):
    """A tiny Django project with one commit."""
    folder = tmp_path / "tiny"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=Begin"], check=True)
    return folder


@pytest.fixture
def port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Up:
    """A running `manage.py up`."""

    def __init__(self, var, log, *arguments):
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(var.parent),
                    "PLUMBLINE_VAR": str(var),
                },
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_for(self, text):
        deadline = time.monotonic() + START_SECONDS
        while text not in self.output():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{text!r} never came:\n{self.output()}")
            time.sleep(0.1)

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words):
        """The direct child with these words in its command line."""
        for process in psutil.Process(self.process.pid).children():
            if all(word in " ".join(process.cmdline()) for word in words):
                return process
        raise LookupError(words)

    def end(self, *, seconds):
        """Wait for the end and give the exit status."""
        return self.process.wait(seconds)


@pytest.fixture
def up(tmp_path):
    """A function that starts `up` on one data folder; what still runs is killed afterwards."""
    started = []

    def start(*arguments):
        made = Up(tmp_path / "var", tmp_path / f"up-{len(started)}.log", *arguments)
        started.append(made)
        return made

    yield start
    for made in started:
        if made.process.poll() is None:
            family = made.family()
            made.process.kill()
            for process in family:
                if process.is_running():
                    process.kill()
            made.process.wait()
    shutil.rmtree(Addresses.under(tmp_path / "var").sockets, ignore_errors=True)


def status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": "localhost"})
    return connection.getresponse().status


def test_up_scans_serves_and_leaves_nothing_behind(up, repository, port, tmp_path):
    first = up(str(repository), "--port", str(port))
    first.wait_for(f"Plumbline serves http://localhost:{port}")
    output = first.output()
    assert re.search(r"password  \S{20}\n", output)
    assert re.search(r"^tiny at [0-9a-f]{12}\n\d+\.\d · (plumb|leaning|off) · ", output, re.M), (
        output
    )
    assert status(port, "/health/") == 200
    assert status(port, "/accounts/login/") == 200
    assert {path.name for path in (tmp_path / "var" / "log").iterdir()} >= {
        "postgres.log", "valkey.log", "worker.log", "beat.log", "web.log",
    }  # fmt: skip
    for secret in (tmp_path / "var" / "secrets").iterdir():
        assert secret.stat().st_mode & 0o077 == 0 or secret.name == "lock"

    family = first.family()
    assert len(family) > 10
    before = time.monotonic()
    first.process.send_signal(signal.SIGTERM)
    assert first.end(seconds=STOP_SECONDS + 5) == 0
    assert time.monotonic() - before < STOP_SECONDS
    assert [process for process in family if process.is_running()] == []

    second = up(str(repository), "--port", str(port))
    second.wait_for("Plumbline serves")
    assert "password" not in second.output()
    assert "tiny at" in second.output()
    refused = up(str(repository), "--port", str(port + 1))
    assert refused.end(seconds=60) != 0
    assert f"runs here already (process {second.process.pid})" in refused.output()

    family = second.family()
    second.child("celery", "worker").kill()
    assert second.end(seconds=STOP_SECONDS + 5) != 0
    assert "worker was killed by SIGKILL; its last lines:" in second.output()
    assert [process for process in family if process.is_running()] == []


def test_up_says_which_port_is_taken(up, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        made = up("--port", str(port))
        assert made.end(seconds=60) != 0
    assert f"Port {port} cannot be used" in made.output()
    assert "PORT=8001" in made.output()
