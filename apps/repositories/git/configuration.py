"""What git is given in place of the worker's environment and the repository's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.db.models import TextChoices

from apps.repositories.git.ssh import SshHost

MIB = 1 << 20
PATH = "/usr/local/bin:/usr/bin:/bin"

_ENVIRONMENT = {
    "PATH": PATH,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/true",
    "SSH_ASKPASS": "/bin/true",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_CEILING_DIRECTORIES": "/",
}

_CONFIGURATION = {
    "protocol.allow": "never",
    "http.followRedirects": "false",
    "http.sslVerify": "true",
    "http.lowSpeedLimit": "1000",
    "credential.helper": "",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.bigFileThreshold": "1m",
    "core.deltaBaseCacheLimit": "32m",
    # The whole of a large pack would not fit into the memory that a command may have.
    "core.packedGitWindowSize": "32m",
    "core.packedGitLimit": "256m",
    "core.quotePath": "false",
    "pack.threads": "1",
    "fetch.unpackLimit": "1",
    "transfer.fsckObjects": "true",
    # Honest old repositories have these three.
    "fetch.fsck.zeroPaddedFilemode": "ignore",
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "transfer.bundleURI": "false",
    "fetch.uriProtocols": "",
    "transfer.credentialsInUrl": "die",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.bareRepository": "explicit",
    "advice.detachedHead": "false",
}


class CredentialKind(TextChoices):
    """What a secret is, and so over which protocol it may be used."""

    TOKEN = "token", "access token"
    SSH_KEY = "ssh_key", "SSH key"


@dataclass(frozen=True, slots=True)
class GitCredential:
    """Who fetches. Shown to nobody.

    A token goes to git's askpass by the environment of one process, a key to ssh by a file in memory.
    """

    username: str
    secret: str = field(repr=False)
    kind: str = CredentialKind.TOKEN

    def __post_init__(self) -> None:
        """Refuse what would end the line that askpass answers with."""
        line = self.username + (self.secret if self.kind == CredentialKind.TOKEN else "")
        if not set("\0\r\n").isdisjoint(line):
            raise ValueError("A credential has no line breaks.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLimits:
    """Bounds of one git command; sizes in bytes, times in seconds."""

    seconds: float = 300.0
    memory: int = 1024 * MIB
    file_size: int = 1024 * MIB
    cpu: int = 600
    output: int = 64 * MIB
    stall: int = 20
    """Seconds after which a server that sends less than 1,000 bytes in each is given up."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a command that talks to a remote may do: nothing by default."""

    protocol: str = ""
    pins: tuple[str, ...] = ()
    """Values of http.curloptResolve, ``host:port:address``."""
    credential: GitCredential | None = None
    ssh: SshHost | None = None
    """The host of a connection over SSH."""
    ca_file: str = ""
    """Certificates to trust in place of the system's."""


OFFLINE = Connection()


def command_line(git_dir: Path | None, connection: Connection) -> list[str]:
    """``git``, the folder and our configuration, which beats any that lies in a repository."""
    settings = dict(_CONFIGURATION)
    if connection.protocol:
        settings[f"protocol.{connection.protocol}.allow"] = "always"
    line = ["git"]
    if git_dir is not None:
        line.append(f"--git-dir={git_dir}")
    for name, value in settings.items():
        line += ["-c", f"{name}={value}"]
    if connection.ca_file:
        line += ["-c", f"http.sslCAInfo={connection.ca_file}"]
    for pin in connection.pins:
        line += ["-c", f"http.curloptResolve={pin}"]
    return line


def command_environment(connection: Connection = OFFLINE) -> dict[str, str]:
    """The whole environment of a command, except for credentials."""
    return {**_ENVIRONMENT, "GIT_ALLOW_PROTOCOL": connection.protocol or "none"}
