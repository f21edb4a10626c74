"""What a worker finds out about its machine, and who hears of it."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.repositories.git import program
from apps.repositories.git.command import Finished
from apps.repositories.git.errors import TimedOut
from apps.scans.models import WorkerCheck
from apps.scans.services import worker_check, worker_check_note
from apps.scans.trouble import workers_trouble
from plumbline.sandbox import SandboxError, SelfTest

pytestmark = pytest.mark.django_db


def found(monkeypatch, *, allowed=(), measures=("limits",), trouble=""):
    result = SelfTest(frozenset(measures), {"read a file": "EACCES"}, tuple(allowed))
    monkeypatch.setattr(worker_check, "self_test", lambda: result)
    monkeypatch.setattr(worker_check, "program_trouble", lambda: trouble)


def test_what_the_real_sandbox_of_this_machine_denies_is_written_down():
    check = worker_check_note()
    # Root without capabilities, as in some containers, can be limited in everything but processes.
    assert set(check.allowed) <= {"start a process"}
    assert check.problem == ""
    assert WorkerCheck.objects.get() == check


@pytest.mark.django_db(transaction=True)
def test_a_sandbox_that_lets_something_through_is_on_the_health_page(client, monkeypatch, caplog):
    found(monkeypatch, allowed=["open a socket", "write a file"])
    worker_check_note(host="worker-7")
    page = client.get("/health/?format=json")
    assert (
        "worker-7: The sandbox lets a parser open a socket, write a file." in page.content.decode()
    )
    assert "not safe" in caplog.text
    found(monkeypatch)
    worker_check_note(host="worker-7")
    assert workers_trouble() is None
    assert "worker-7" not in client.get("/health/?format=json").content.decode()


def test_a_sandbox_that_does_not_start_is_trouble(monkeypatch):
    def broken():
        raise SandboxError("start_failed", "no child started")

    found(monkeypatch)
    monkeypatch.setattr(worker_check, "self_test", broken)
    assert not worker_check_note(host="a").is_in_order
    assert "no child started" in workers_trouble().text
    assert workers_trouble().remedy


def test_a_worker_that_is_gone_is_no_trouble_any_more(monkeypatch):
    found(monkeypatch, trouble="git is 2.20, older than 2.39.")
    worker_check_note(host="gone")
    assert "older than" in workers_trouble().text
    WorkerCheck.objects.update(checked_at=timezone.now() - timedelta(hours=4))
    assert workers_trouble() is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Finished(0, b"git version 2.39.5\n", ""), ""),
        (Finished(0, b"git version 3.1.0.windows.1\n", ""), ""),
        (Finished(0, b"git version 2.38.9\n", ""), "older than 2.39"),
        (Finished(0, b"git version 1.99.0\n", ""), "older than 2.39"),
        (Finished(127, b"", "git: not found"), "not installed"),
        (Finished(0, b"nonsense", ""), "not installed"),
        (TimedOut(), "too long"),
    ],
)
def test_a_git_that_would_not_keep_what_it_is_told_is_trouble(monkeypatch, answer, words):
    def run(*_args, **_options):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(program, "run", run)
    trouble = program.program_trouble()
    assert words in trouble
    assert bool(words) == bool(trouble)


def test_hosts_that_are_known_for_ssh_need_ssh(settings, monkeypatch):
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = "a"
    monkeypatch.setattr(program.shutil, "which", lambda *_args, **_options: None)
    assert "ssh is not installed" in program.program_trouble()
