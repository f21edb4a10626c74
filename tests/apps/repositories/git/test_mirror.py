import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from apps.repositories.git import errors
from apps.repositories.git.address import AddressPolicy, address_parse
from apps.repositories.git.command import GitCredential, GitLimits
from apps.repositories.git.mirror import Mirror, RemoteHead
from tests.apps.repositories.git.forge import (
    HOST,
    POLICY,
    SECRET,
    USERNAME,
    git,
    gone,
    processes_about,
    repository_make,
)

CREDENTIAL = GitCredential(USERNAME, SECRET)


@pytest.fixture(scope="module")
def plain(forge) -> str:
    """The sha of the one commit of plain.git."""
    return repository_make(forge.root / "plain.git", {"manage.py": b"x = 1\n"})


def test_a_blank_branch_is_the_default_branch_of_the_remote(forge, mirror, plain):
    assert mirror.ls_remote(forge.address("git/plain.git")) == RemoteHead("main", plain)


def test_a_commit_is_fetched_alone_under_the_ref_of_its_scan(forge, mirror, plain):
    repository_make(forge.root / "plain.git", {"manage.py": b"x = 2\n"}, branch="other")
    address = forge.address("git/plain.git")
    head = mirror.ls_remote(address, "main")
    assert mirror.fetch(address, head, "scan-1") == plain
    refs = git("for-each-ref", "--format=%(refname) %(objectname)", folder=mirror.folder)
    assert refs.decode().splitlines() == [f"refs/plumbline/scan/scan-1 {plain}"]
    assert [entry.path for entry in mirror.tree(plain).entries()] == [b"manage.py"]


def test_the_newest_commit_is_fetched_without_asking_first(forge, mirror, plain):
    folder = forge.root / "moving.git"
    first = repository_make(folder, {"a": b"1"})
    address = forge.address("git/moving.git")
    assert not mirror.was_fetched
    assert mirror.fetch_newest(address, "main", "1") is None
    assert not mirror.folder.exists()
    mirror.fetch(address, mirror.ls_remote(address), "1")
    assert mirror.was_fetched
    assert mirror.fetch_newest(address, "", "1") == first
    second = repository_make(folder, {"a": b"2"})
    assert mirror.fetch_newest(address, "main", "2") == second
    other = repository_make(folder, {"a": b"3"}, branch="other")
    assert mirror.fetch_newest(address, "other", "3") == other
    assert mirror.fetch_newest(address, "", "4") == second
    assert [entry.path for entry in mirror.tree(second).entries()] == [b"a"]


def test_why_the_newest_commit_cannot_be_fetched_is_left_to_the_careful_way(forge, mirror, plain):
    address = forge.address("git/plain.git")
    mirror.fetch(address, mirror.ls_remote(address), "1")
    assert mirror.fetch_newest(address, "no-such-branch", "2") is None
    assert mirror.fetch_newest(forge.address("git/no-such.git"), "", "3") is None
    assert mirror.fetch(address, mirror.ls_remote(address), "4") == plain


def test_a_dropped_scan_leaves_no_ref_and_the_others_stay(forge, mirror, plain):
    address = forge.address("git/plain.git")
    for scan in ("1", "2", "3"):
        mirror.fetch(address, RemoteHead("main", plain), scan)
    mirror.drop("1")
    mirror.drop_others("3")
    refs = git("for-each-ref", "--format=%(refname)", folder=mirror.folder)
    assert refs.split() == [b"refs/plumbline/scan/3"]
    assert mirror.size() > 0
    mirror.clear()
    mirror.drop("3")
    assert not mirror.folder.exists()


def test_a_branch_that_becomes_a_folder_of_branches_is_no_obstacle(forge, mirror):
    folder = forge.root / "renamed.git"
    repository_make(folder, {"a": b"1"}, branch="topic")
    address = forge.address("git/renamed.git")
    mirror.fetch(address, mirror.ls_remote(address, "topic"), "1")
    git("update-ref", "-d", "refs/heads/topic", folder=folder)
    sha = repository_make(folder, {"a": b"2"}, branch="topic/one")
    assert mirror.fetch(address, mirror.ls_remote(address, "topic/one"), "2") == sha


def test_a_name_that_is_the_tail_of_another_ref_is_not_taken_for_it(forge, mirror):
    folder = forge.root / "tails.git"
    repository_make(folder, {"a": b"1"}, branch="x/refs/heads/main")
    with pytest.raises(errors.BranchMissing):
        mirror.ls_remote(forge.address("git/tails.git"), "main")


def test_a_local_repository_is_fetched_whoever_owns_it(mirror, tmp_path):
    sha = repository_make(tmp_path / "local.git", {"a": b"1"})
    address = address_parse(str(tmp_path / "local.git"), allow_local=True, policy=POLICY)
    assert mirror.fetch(address, mirror.ls_remote(address), "1") == sha


def test_a_repository_of_sha256_objects_is_read_like_any_other(mirror, tmp_path):
    folder = tmp_path / "wide.git"
    folder.mkdir()
    git("init", "--quiet", "--bare", "--object-format=sha256", "-b", "main", folder=folder)
    sha = repository_make(folder, {"a": b"1"})
    address = address_parse(str(folder), allow_local=True, policy=POLICY)
    assert len(sha) == 64
    assert mirror.fetch(address, mirror.ls_remote(address), "1") == sha
    tree = mirror.tree(sha)
    (entry,) = tree.entries()
    assert list(tree.read_blobs([entry.blob])) == [(entry.blob, b"1")]


def test_a_name_without_dns_is_reached_at_the_address_that_was_checked(
    forge, mirror, plain, monkeypatch
):
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    policy = AddressPolicy(
        networks={"forge.test": POLICY.networks[HOST]}, http_hosts=POLICY.http_hosts
    )
    pinned = Mirror(mirror.folder, limits=GitLimits(seconds=8), policy=policy)
    address = address_parse(forge.url("git/plain.git", "forge.test"), policy=policy)
    assert pinned.ls_remote(address).sha == plain
    assert asked == ["forge.test"]
    with pytest.raises(errors.PrivateAddress):
        mirror.ls_remote(address)


def test_the_environment_of_the_worker_does_not_reach_git(forge, mirror, plain, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "nonsense")
    assert mirror.ls_remote(forge.address("git/plain.git")).sha == plain
    sha = mirror.fetch(forge.address("git/plain.git"), RemoteHead("main", plain), "1")
    assert mirror.tree(sha).commit_facts().sha == plain


def test_a_private_repository_is_fetched_and_the_secret_is_seen_nowhere(
    forge, mirror, plain, caplog, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    address = forge.address("private/plain.git")
    sha = mirror.fetch(address, mirror.ls_remote(address, "", CREDENTIAL), "1", CREDENTIAL)
    assert sha == plain
    assert forge.leaked == []
    assert SECRET not in repr(CREDENTIAL) + caplog.text
    written = b"".join(path.read_bytes() for path in mirror.folder.rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert not list(tmp_path.glob("plumbline-git-*"))


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("private/plain.git", errors.AuthenticationRequired),
        ("forbidden/plain.git", errors.AuthenticationRequired),
        ("missing/plain.git", errors.RepositoryNotFound),
        ("git/no-such.git", errors.RepositoryNotFound),
        ("page/plain.git", errors.RepositoryNotFound),
        ("broken/plain.git", errors.ServerFailed),
        ("moved/plain.git", errors.Redirected),
        ("loud/plain.git", errors.GitError),
    ],
)
def test_what_a_server_refuses_has_a_typed_reason_in_our_words(forge, mirror, plain, place, error):
    seen = len(forge.requests)
    with pytest.raises(errors.GitError) as caught:
        mirror.ls_remote(forge.address(place))
    assert type(caught.value) is error
    assert caught.value.text and caught.value.remedy
    assert "canary" not in caught.value.text + caught.value.remedy
    assert not any(path.startswith("/git/plain") for path in forge.requests[seen:])


def test_an_address_without_its_suffix_is_found_where_the_server_wants_one(forge, mirror, plain):
    address = forge.address("suffixed/plain")
    assert mirror.fetch(address, mirror.ls_remote(address), "1") == plain


def test_wrong_credentials_are_told_apart_from_none(forge, mirror, plain):
    with pytest.raises(errors.AuthenticationFailed) as caught:
        mirror.ls_remote(forge.address("private/plain.git"), "", GitCredential("x", "wrong-secret"))
    assert "wrong-secret" not in str(caught.value)


def test_an_empty_repository_and_a_missing_branch_are_told_apart(forge, mirror, plain):
    repository_make(forge.root / "empty.git")
    with pytest.raises(errors.RepositoryEmpty):
        mirror.ls_remote(forge.address("git/empty.git"))
    with pytest.raises(errors.RepositoryEmpty):
        mirror.ls_remote(forge.address("git/empty.git"), "main")
    with pytest.raises(errors.BranchMissing, match="no branch nope"):
        mirror.ls_remote(forge.address("git/plain.git"), "nope")


def test_a_default_branch_that_does_not_exist_is_said_so(forge, mirror):
    folder = forge.root / "headless.git"
    repository_make(folder, {"a": b"1"}, branch="trunk")
    git("symbolic-ref", "HEAD", "refs/heads/gone", folder=folder)
    with pytest.raises(errors.BranchMissing, match="no default branch"):
        mirror.ls_remote(forge.address("git/headless.git"))


def test_a_commit_that_is_gone_is_said_so(forge, mirror, plain):
    with pytest.raises(errors.CommitMissing):
        mirror.fetch(forge.address("git/plain.git"), RemoteHead("", "1" * 40), "1")


@pytest.mark.parametrize("place", ["hang", "drip"])
def test_a_server_that_does_not_finish_ends_in_time_and_leaves_no_process(forge, tmp_path, place):
    mirror = Mirror(tmp_path / "m", limits=GitLimits(seconds=1), policy=POLICY)
    started = time.monotonic()
    with pytest.raises(errors.TimedOut):
        mirror.ls_remote(forge.address(f"{place}/plain.git"))
    assert time.monotonic() - started < 5
    assert gone(f":{forge.port}/{place}/")


WAIT = """
import sys
from apps.repositories.git.mirror import remote_head
from tests.apps.repositories.git.forge import POLICY
from apps.repositories.git.address import address_parse
remote_head(address_parse(sys.argv[1], policy=POLICY), policy=POLICY)
"""


def test_git_ends_with_the_worker_that_started_it(forge):
    url = forge.url("hang/orphan.git")
    root = Path(__file__).resolve().parents[4]
    with subprocess.Popen([sys.executable, "-c", WAIT, url], cwd=root) as worker:
        deadline = time.monotonic() + 20
        while not processes_about(f"remote-http\0{url}"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        worker.kill()
    assert gone(url)


def test_endless_references_end_in_time_and_leave_no_process(forge, tmp_path):
    limits = GitLimits(seconds=5, memory=256 << 20)
    mirror = Mirror(tmp_path / "m", limits=limits, policy=POLICY)
    with pytest.raises((errors.TooManyRefs, errors.TimedOut)):
        mirror.ls_remote(forge.address("endless/plain.git"))
    assert gone(f":{forge.port}/endless/")


def test_nobody_listening_is_unreachable(mirror):
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        url = f"http://{HOST}:{unused.getsockname()[1]}/a.git"
        with pytest.raises(errors.HostUnreachable):
            mirror.ls_remote(address_parse(url, policy=POLICY))


def test_a_name_that_nobody_knows_is_said_so(mirror, monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "canary")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(errors.HostUnknown):
        mirror.ls_remote(address_parse("https://no.such.example/a.git", policy=POLICY))


def test_a_name_server_that_does_not_answer_is_not_an_unknown_name(mirror, monkeypatch):
    def resolve(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "canary")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(errors.NameServerFailed):
        mirror.ls_remote(address_parse("https://no.such.example/a.git", policy=POLICY))


@pytest.fixture(scope="module")
def bulky(forge) -> str:
    """A repository whose pack does not compress to nothing."""
    noise = b"".join(bytes([byte * 7 % 256, byte * 13 % 251]) for byte in range(100_000))
    files = {f"{number}.bin": noise[number:] + bytes([number]) for number in range(3)}
    import random

    files["noise"] = random.Random(1).randbytes(3_000_000)
    return repository_make(forge.root / "bulky.git", files)


def test_a_transfer_cut_in_the_middle_is_said_so_and_leaves_nothing(forge, mirror, bulky):
    with pytest.raises(errors.TransferCut):
        mirror.fetch(forge.address("cut/bulky.git"), RemoteHead("main", bulky), "1")
    assert not list(mirror.folder.glob("objects/pack/*"))
    assert gone(f":{forge.port}/cut/")
    sha = mirror.fetch(forge.address("git/bulky.git"), RemoteHead("main", bulky), "1")
    assert sha == bulky


def test_a_pack_above_the_quota_is_refused_and_leaves_nothing(forge, tmp_path, bulky):
    mirror = Mirror(tmp_path / "m", limits=GitLimits(seconds=8, file_size=1 << 20), policy=POLICY)
    with pytest.raises(errors.TooLarge):
        mirror.fetch(forge.address("git/bulky.git"), RemoteHead("main", bulky), "1")
    assert mirror.size() < 1 << 20
    assert gone(f":{forge.port}/git/bulky")


def test_leftovers_of_a_killed_fetch_do_not_stop_the_next(forge, mirror, plain):
    address = forge.address("git/plain.git")
    mirror.fetch(address, RemoteHead("main", plain), "1")
    (mirror.folder / "shallow.lock").touch()
    (mirror.folder / "objects/pack").mkdir(exist_ok=True)
    (mirror.folder / "objects/pack/tmp_pack_abc").write_bytes(b"half")
    assert mirror.fetch(address, RemoteHead("main", plain), "2") == plain
    assert not (mirror.folder / "objects/pack/tmp_pack_abc").exists()


def test_a_tree_that_fsck_refuses_is_corrupt(forge, mirror):
    folder = forge.root / "evil.git"
    repository_make(folder, {"a": b"1"})
    blob = git("hash-object", "-w", "--stdin", folder=folder, stdin=b"evil").strip()
    raw = b"100644 .git\0" + bytes.fromhex(blob.decode())
    tree = git(
        "hash-object", "-w", "--literally", "-t", "tree", "--stdin", folder=folder, stdin=raw
    )
    commit = git(
        "hash-object", "-w", "-t", "commit", "--stdin", folder=folder,
        stdin=b"tree %s\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n" % tree.strip(),
    )  # fmt: skip
    sha = commit.decode().strip()
    git("update-ref", "refs/heads/main", sha, folder=folder)
    with pytest.raises(errors.Corrupt):
        mirror.fetch(forge.address("git/evil.git"), RemoteHead("main", sha), "1")


@pytest.mark.parametrize("name", ["-x", "a b", "a..b", "a~1", "@{u}", "refs/heads/", "*"])
def test_a_name_that_no_branch_can_have_never_reaches_git(forge, mirror, plain, name):
    seen = len(forge.requests)
    with pytest.raises(errors.BranchMissing):
        mirror.ls_remote(forge.address("git/plain.git"), name)
    assert len(forge.requests) == seen


@pytest.mark.parametrize(
    ("sha", "scan"), [("main", "1"), ("-x", "1"), ("1" * 40, "../x"), ("1" * 40, "")]
)
def test_only_whole_shas_and_plain_scan_ids_are_fetched(forge, mirror, sha, scan):
    with pytest.raises(ValueError, match="not a scan or commit id"):
        mirror.fetch(forge.address("git/plain.git"), RemoteHead("main", sha), scan)


def test_a_disk_without_room_is_said_so(forge, plain, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    mirror = Mirror(blocked / "mirror", limits=GitLimits(seconds=8), policy=POLICY)
    with pytest.raises(errors.GitError, match="cannot be written"):
        mirror.fetch(forge.address("git/plain.git"), RemoteHead("main", plain), "1")
