"""Whatever an address, a server or a name server says: nothing connects to a place that is not allowed.

The sink is a socket on this machine that counts who connects to it.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import pytest

from apps.repositories.git import errors
from apps.repositories.git.address import AddressPolicy, address_parse
from apps.repositories.git.command import Connection, GitCredential, GitLimits, run
from apps.repositories.git.mirror import Mirror, RemoteHead
from apps.repositories.git.remote import remote_head
from tests.apps.repositories.git.forge import HOST, POLICY, git, repository_make
from tests.apps.repositories.git.test_address import REFUSED

CREDENTIAL = GitCredential("reader", "canary-sink")
# Addresses of the sink, and commands that would leave a file, in every dress that a parser may be fooled by.
TO_THE_SINK = [
    "https://127.0.0.1:{port}/a",
    "https://localhost:{port}/a",
    "https://127.1:{port}/a",
    "https://0x7f000001:{port}/a",
    "https://0x7f.0.0.1:{port}/a",
    "https://0177.0.0.1:{port}/a",
    "https://2130706433:{port}/a",
    "https://0:{port}/a",
    "https://0.0.0.0:{port}/a",
    "https://127.0.0.1.:{port}/a",
    "https://[::1]:{port}/a",
    "https://[::]:{port}/a",
    "https://[::ffff:127.0.0.1]:{port}/a",
    "https://[::ffff:7f00:1]:{port}/a",
    "https://github.com@127.0.0.1:{port}/a",
    "https://github.com:443@127.0.0.1:{port}/a",
    "https://127.0.0.1:{port}@github.com/a",
    "https://github.com\\@127.0.0.1:{port}/a",
    "https://github.com#@127.0.0.1:{port}/a",
    "https://127\u30020.0.1:{port}/a",
    "https://\u2460\u2461\u2466.0.0.1:{port}/a",
    "http://127.0.0.1:{port}/a",
    "http://localhost:{port}/a",
    "git://127.0.0.1:{port}/a",
    "ssh://git@127.0.0.1:{port}/a",
    "ftp://127.0.0.1:{port}/a",
    "ftps://127.0.0.1:{port}/a",
    "gopher://127.0.0.1:{port}/a",
    "dict://127.0.0.1:{port}/a",
    "rsync://127.0.0.1:{port}/a",
    "ext::sh -c touch% {canary}",
    "ext::sh -c 'touch {canary}'",
    "ext::touch {canary}",
    "fd::3",
    "--upload-pack=touch {canary}",
    "--upload-pack=touch {canary};",
    "-u touch {canary}",
    "--exec=touch {canary}",
    "--config=core.sshCommand=touch {canary}",
    "-c core.gitProxy=touch {canary}",
    "ssh://-oProxyCommand=touch%20{canary}/a",
    "ssh://git@-oProxyCommand=touch%20{canary}/a",
    "-oProxyCommand=touch {canary}:a",
    "git@-oProxyCommand=touch:{canary}",
    "ssh://git@127.0.0.1:{port}/$(touch {canary})",
    "git@127.0.0.1:;touch {canary}",
    "file://$(touch {canary})",
    "`touch {canary}`",
    "transport::touch {canary}",
    "remote-ext::touch {canary}",
]


class Sink:
    """A place that nobody may reach."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port))
        self.port = self._socket.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@contextmanager
def sink_open(host: str = HOST, port: int = 0) -> Iterator[Sink]:
    sink = Sink(host, port)
    try:
        yield sink
    finally:
        sink.close()


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with sink_open() as sink:
        yield sink


@pytest.fixture(scope="module")
def plain(forge) -> str:
    return repository_make(forge.root / "plain.git", {"a": b"1"})


def test_the_sink_notices_who_connects():
    with sink_open() as sink:
        socket.create_connection((HOST, sink.port)).close()
        with pytest.raises(errors.GitError):
            remote_head(address_parse(f"http://{HOST}:{sink.port}/a", policy=POLICY), policy=POLICY)
        assert sink.visits >= 2


def test_no_address_of_the_corpus_reaches_the_sink(sink, monkeypatch):
    """Every name leads to the sink, and every port of it is allowed: only the address is in the way."""

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    hosts = ("github.com", "localhost", "evil.example", HOST)
    policy = AddressPolicy(ports=frozenset((host, sink.port) for host in hosts))
    given = [url for url, _ in REFUSED] + [url for url in TO_THE_SINK if "canary" not in url]
    for url in given:
        url = url.replace("{port}", str(sink.port))
        with pytest.raises(errors.GitError):
            remote_head(address_parse(url, policy=policy), policy=policy)
    assert sink.visits == 0


@pytest.mark.parametrize("template", [url for url in TO_THE_SINK if not url.startswith("https:")])
def test_git_itself_refuses_what_should_never_have_reached_it(template, sink, tmp_path):
    canary = tmp_path / "canary"
    url = template.format(port=sink.port, canary=canary)
    for arguments in (["ls-remote", "--", url], ["fetch", "--depth=1", "--", url, "refs/heads/a"]):
        repository_make(tmp_path / "r.git")
        finished = run(
            arguments,
            git_dir=tmp_path / "r.git",
            connection=Connection("https", (), CREDENTIAL),
            limits=GitLimits(seconds=10),
        )
        assert finished.status
    assert sink.visits == 0
    assert not canary.exists()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("when", ["early", "late"])
def test_a_redirect_is_not_followed_and_no_secret_goes_with_it(
    forge, mirror, sink, plain, status, when
):
    forge.elsewhere = f"http://{HOST}:{sink.port}"
    address = forge.address(f"away/{status}/{when}/plain.git")
    with pytest.raises(errors.Redirected):
        mirror.fetch(address, mirror.ls_remote(address, "main", CREDENTIAL), "1", CREDENTIAL)
    assert sink.visits == 0


@pytest.mark.parametrize("place", ["file:///etc/", "ext::touch%20/tmp/x", "http://[::1]", "//x"])
def test_a_redirect_to_another_protocol_is_not_followed(forge, mirror, plain, place):
    forge.elsewhere = place
    with pytest.raises(errors.Redirected):
        mirror.ls_remote(forge.address("away/302/early/plain.git"))


def test_the_second_place_that_a_plain_web_server_names_is_not_asked(forge, mirror, sink, plain):
    git("update-server-info", folder=forge.root / "plain.git")
    forge.elsewhere = f"http://{HOST}:{sink.port}"
    seen = len(forge.requests)
    with pytest.raises(errors.RepositoryNotFound):
        mirror.fetch(forge.address("dumb/plain.git"), RemoteHead("main", plain), "1")
    assert len(forge.requests) > seen
    assert sink.visits == 0


def test_a_name_that_changes_its_address_reaches_only_what_was_checked(
    forge, mirror, plain, monkeypatch
):
    """Names that are bound anew between check and use: one answer counts for one command, and is checked."""
    answers = iter([HOST, "127.0.0.3"])

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    policy = AddressPolicy(
        networks={"forge.test": (ip_network("127.0.0.1/32"),)}, http_hosts=POLICY.http_hosts
    )
    rebound = Mirror(mirror.folder, limits=GitLimits(seconds=8), policy=policy)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with sink_open("127.0.0.3", forge.port) as sink:
        address = address_parse(forge.url("git/plain.git", "forge.test"), policy=policy)
        head = rebound.ls_remote(address)
        assert head.sha == plain
        with pytest.raises(errors.PrivateAddress):
            rebound.fetch(address, head, "1")
        assert sink.visits == 0


def test_git_goes_where_we_resolved_and_not_where_the_system_does(
    forge, mirror, plain, monkeypatch
):
    """The system resolves localhost to the sink; we found another address, which is pinned."""

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.9", port))]

    policy = AddressPolicy(
        networks={"localhost": (ip_network("127.0.0.9/32"),)}, http_hosts=frozenset({"localhost"})
    )
    pinned = Mirror(mirror.folder, limits=GitLimits(seconds=8), policy=policy)
    seen = len(forge.requests)
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        with pytest.raises(errors.HostUnreachable):
            pinned.ls_remote(address_parse(forge.url("git/plain.git", "localhost"), policy=policy))
    assert len(forge.requests) == seen


def test_a_name_that_does_not_resolve_is_not_left_to_git(forge, mirror, plain, monkeypatch):
    """A bypass that another product had: an error of the resolver skipped the pin."""

    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    policy = AddressPolicy(http_hosts=frozenset({"localhost"}))
    open_to_all = Mirror(mirror.folder, policy=policy)
    seen = len(forge.requests)
    with pytest.raises(errors.HostUnknown):
        open_to_all.ls_remote(address_parse(forge.url("git/plain.git", "localhost"), policy=policy))
    assert len(forge.requests) == seen


def test_an_address_allowed_for_one_host_is_pinned_and_closed_to_the_others(
    forge, mirror, plain, monkeypatch
):
    """A bypass that another product had: an allowed address switched the pins off, for everyone."""

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    policy = AddressPolicy(
        networks={"forge.test": (ip_network("127.0.0.0/8"),)},
        http_hosts=frozenset({"forge.test", "other.test"}),
    )
    allowed = Mirror(mirror.folder, limits=GitLimits(seconds=8), policy=policy)
    seen = len(forge.requests)
    with pytest.raises(errors.PrivateAddress):
        allowed.ls_remote(address_parse(forge.url("git/plain.git", "other.test"), policy=policy))
    assert len(forge.requests) == seen
    # The name has no DNS at all: only a pin leads there.
    address = address_parse(forge.url("git/plain.git", "forge.test"), policy=policy)
    assert allowed.ls_remote(address).sha == plain
