import signal

import pytest

from apps.repositories.git import errors
from apps.repositories.git.causes import cause_of
from apps.repositories.git.command import OFFLINE, Connection, Finished, GitCredential

SAID = [
    ("fatal: write error: No space left on device", errors.DiskFull),
    ("fatal: unable to write file: Disk quota exceeded", errors.DiskFull),
    (
        "fatal: sha1 file '/x' write error: File too large\nfatal: index-pack failed",
        errors.TooLarge,
    ),
    ("fatal: Out of memory, realloc failed", errors.TooMuchMemory),
    ("fatal: transport 'ext' not allowed", errors.ProtocolRefused),
    (
        "fatal: unable to access 'https://x/': Could not resolve host: x",
        errors.HostUnknown,
    ),
    (
        "fatal: unable to access 'https://x/': The requested URL returned error: 301",
        errors.Redirected,
    ),
    (
        "fatal: could not read Username for 'https://x': terminal prompts disabled",
        errors.AuthenticationRequired,
    ),
    ("fatal: Authentication failed for 'https://x/'", errors.AuthenticationRequired),
    (
        "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none",
        errors.CertificateInvalid,
    ),
    (
        "fatal: unable to access 'https://x/': SSL certificate problem: certificate has expired",
        errors.CertificateInvalid,
    ),
    (
        "fatal: unable to access 'https://x/': Operation too slow. Less than 1000 bytes/sec",
        errors.TimedOut,
    ),
    (
        "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection timed out",
        errors.TimedOut,
    ),
    (
        "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused",
        errors.HostUnreachable,
    ),
    ("fatal: repository 'https://x/a.git/' not found", errors.RepositoryNotFound),
    ("fatal: couldn't find remote ref refs/heads/x", errors.BranchMissing),
    (
        "error: Server does not allow request for unadvertised object 1111",
        errors.CommitMissing,
    ),
    (f"fatal: remote error: upload-pack: not our ref {40 * '1'}", errors.CommitMissing),
    (
        "fatal: unable to access 'https://x/': The requested URL returned error: 503",
        errors.ServerFailed,
    ),
    (
        "fatal: unable to access 'https://x/': The requested URL returned error: 429",
        errors.ServerFailed,
    ),
    ("error: RPC failed; curl 18 transfer closed\nfatal: early EOF", errors.TransferCut),
    (
        "error: object 1: hasDotgit: contains '.git'\nfatal: fsck error in packed object",
        errors.Corrupt,
    ),
    ("fatal: something nobody has seen", errors.GitError),
    ("remote: No space left on device\nfatal: something else", errors.GitError),
    ("fatal: remote error: No space left on device", errors.GitError),
    ("fatal: unable to access 'https://x/': returned error: 503 timed out", errors.ServerFailed),
    ("fatal: cannot use 'https://x/corrupt-early-eof.git'", errors.GitError),
]


@pytest.mark.parametrize(("said", "error"), SAID)
def test_each_of_gits_complaints_has_one_cause(said, error):
    assert type(cause_of(Finished(128, b"", said), OFFLINE)) is error


def test_refused_credentials_are_not_missing_ones():
    connection = Connection("https", (), GitCredential("a", "b"))
    finished = Finished(128, b"", "fatal: Authentication failed for 'https://x/'")
    assert type(cause_of(finished, connection)) is errors.AuthenticationFailed


def test_a_limit_that_ends_git_is_told_by_its_signal():
    assert type(cause_of(Finished(128 + signal.SIGXFSZ, b"", ""), OFFLINE)) is errors.TooLarge
    assert type(cause_of(Finished(128 + signal.SIGXCPU, b"", ""), OFFLINE)) is errors.TimedOut


def test_a_worker_without_git_is_told_what_to_install():
    error = cause_of(Finished(127, b"", "git: 2: git: not found"), OFFLINE)
    assert "Install git" in error.remedy


def test_every_error_has_a_code_a_text_and_a_remedy():
    kinds = {
        errors.GitError,
        *errors.GitError.__subclasses__(),
        *errors.AddressRefused.__subclasses__(),
    }
    for kind in kinds:
        assert kind.code.replace("_", "").isalnum()
        assert kind.text.endswith(".")
        assert kind.remedy.endswith(".")
    assert len({kind.code for kind in kinds}) >= len(kinds) - 1


@pytest.mark.parametrize(
    ("kind", "is_transient"),
    [
        (errors.TimedOut, True),
        (errors.ServerFailed, True),
        (errors.TransferCut, True),
        (errors.HostUnreachable, True),
        (errors.NameServerFailed, True),
        (errors.CommitMissing, True),
        (errors.DiskFull, True),
        (errors.GitError, False),
        (errors.HostUnknown, False),
        (errors.AuthenticationRequired, False),
        (errors.Redirected, False),
        (errors.PrivateAddress, False),
        (errors.TooLarge, False),
        (errors.Corrupt, False),
    ],
)
def test_only_what_may_pass_by_itself_is_worth_another_try(kind, is_transient):
    assert kind.is_transient is is_transient


def test_a_credential_cannot_smuggle_a_second_line():
    with pytest.raises(ValueError, match="line breaks"):
        GitCredential("a", "b\nc")
