"""From what git says to what people are told.

Git's own words are matched, in the C locale. What they quote, of the peer or of the address, is taken
out first, so that nobody but git chooses the error.
"""

from __future__ import annotations

import logging
import re
import signal

from apps.repositories.git.command import Connection, Finished
from apps.repositories.git.errors import (
    AuthenticationFailed,
    AuthenticationRequired,
    BranchMissing,
    CertificateInvalid,
    CommitMissing,
    Corrupt,
    DiskFull,
    GitError,
    HistoryMissing,
    HostKeyWrong,
    HostUnknown,
    HostUnreachable,
    ProtocolRefused,
    Redirected,
    RepositoryNotFound,
    ServerFailed,
    TimedOut,
    TooLarge,
    TooMuchMemory,
    TransferCut,
)

logger = logging.getLogger(__name__)

_SAID_LIMIT = 2000

# The first that matches wins: what causes stands before what follows from it.
_CAUSES: tuple[tuple[type[GitError], re.Pattern[str]], ...] = tuple(
    (error, re.compile(pattern, re.IGNORECASE))
    for error, pattern in (
        (DiskFull, r"no space left on device|disk quota exceeded"),
        (
            TooLarge,
            r"file too large|exceeds maximum allowed size|file size limit|died of signal 25",
        ),
        (TooMuchMemory, r"out of memory|cannot allocate memory|mmap failed|unable to allocate"),
        (TooMuchMemory, r"large object limit|memory exhausted"),
        (ProtocolRefused, r"transport '' not allowed|unable to find remote helper"),
        (HostUnknown, r"could not resolve host"),
        (HostKeyWrong, r"host key verification failed|host key .*changed|no matching host key"),
        (Redirected, r"returned error: 30[12378]|update url base from redirection"),
        (AuthenticationRequired, r"authentication failed|could not read (username|password)"),
        (AuthenticationRequired, r"returned error: (401|403)|unable to get password"),
        (AuthenticationRequired, r"permission denied \(|too many authentication failures"),
        (CertificateInvalid, r"ssl certificate|certificate verif|unable to verify|ssl: "),
        (CertificateInvalid, r"gnutls_handshake|tls connect error|ssl_error|certificate subject"),
        (TimedOut, r"timed out|operation too slow|timeout was reached"),
        (HostUnreachable, r"failed to connect to|couldn't connect to server|no route to host"),
        (HostUnreachable, r"connection refused|network is unreachable|could not connect to"),
        (RepositoryNotFound, r"repository '' not found|returned error: (404|410)"),
        (RepositoryNotFound, r"does not appear to be a git repository|not valid: is this a git"),
        (RepositoryNotFound, r"dumb http transport|not a git repository|invalid gitfile"),
        (BranchMissing, r"couldn't find remote ref"),
        (
            HistoryMissing,
            r"no commits selected for shallow|error processing shallow info|not support --shallow-since",
        ),
        (CommitMissing, r"not our ref|unadvertised object"),
        (ServerFailed, r"returned error: (4|5)\d\d"),
        (Corrupt, r"mismatched algorithms|hash algorithm"),
        # What nobody says of a transfer that was merely cut.
        (Corrupt, r"fsck error|is a (blob|tree|commit|tag), not a|not all child objects|bogus"),
        (Corrupt, r"inflate(:| returned)|unknown object type|unresolved delta|is corrupted"),
        (
            Corrupt,
            r"(sha1|hash) mismatch|invalid (commit|blob object|tree object)|bad object at|not receive expected",
        ),
        (Corrupt, r"bad pack|pack (signature|version)|junk at the end|garbage at end"),
        (TransferCut, r"early eof|hung up|unexpected disconnect|rpc failed|transfer closed"),
        (TransferCut, r"expected (flush|packfile|shallow|wanted|response)|curl (18|52|55|56|92)"),
        (
            TransferCut,
            r"connection (reset|was closed|closed by|died)|empty reply|recv failure|bad line length",
        ),
        (TransferCut, r"protocol error|invalid index-pack output|truncated"),
        (Corrupt, r"bad (object|tree|pack|header)|corrupt|index-pack failed|not a tree"),
        (Corrupt, r"missing (blob|tree|commit|necessary)|could not parse|inflate|hash mismatch"),
        (Corrupt, r"pack (has|is)|object file|invalid (object|sha|tree|hash)|unable to read"),
    )
)


_QUOTED = re.compile(r"(?<!\w)'[^']*'")
_TOLD_BY_PEER = re.compile(r"remote error:|returned error: \d+|bad line length character:")
_NOT_OUR_REF = re.compile(r"remote error: upload-pack: not our ref [0-9a-f]{40,64}$")


def cause_of(finished: Finished, connection: Connection) -> GitError:
    """The error to raise for a command that failed."""
    if finished.status == 128 + signal.SIGXFSZ:
        return TooLarge()
    if finished.status == 128 + signal.SIGXCPU:
        return TimedOut()
    if finished.status == 127:
        return GitError("git is not installed.", remedy="Install git 2.39 or newer on the worker.")
    text = _words_of_git(finished.stderr)
    for error, pattern in _CAUSES:
        if pattern.search(text):
            if error is AuthenticationRequired and connection.credential is not None:
                return AuthenticationFailed()
            return error()
    return GitError()


def failure(finished: Finished, connection: Connection) -> GitError:
    """The error of a command that failed; git's own words go to the log."""
    error = cause_of(finished, connection)
    said = ascii(finished.stderr[-_SAID_LIMIT:])
    logger.warning("git failed: %s, status %d, %s", error.code, finished.status, said)
    return error


def _words_of_git(stderr: str) -> str:
    """What git said, without quotations."""
    lines = []
    for line in stderr.splitlines():
        if line.startswith("remote:"):
            continue
        if (told := _TOLD_BY_PEER.search(line)) and not _NOT_OUR_REF.search(line):
            line = line[: told.end()]
        lines.append(_QUOTED.sub("''", line))
    return "\n".join(lines)
