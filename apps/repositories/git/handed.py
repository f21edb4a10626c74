"""What one command is handed beside its arguments: environment, and files that are gone when it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from apps.repositories.git.configuration import Connection, CredentialKind
from apps.repositories.git.ssh import IDENTITY, KNOWN_HOSTS, SshHost, ssh_environment

_PROCESS = Path("/proc/self")
# These never change, so that a command which is killed leaves none behind.
_ASKPASS = Path(__file__).with_name("askpass")
_ANY_OWNER = Path(__file__).with_name("any-owner.gitconfig")


class Handed:
    """The files of one command; ``close`` them when it has ended."""

    def __init__(self) -> None:
        """Begin with none."""
        self._folder: Path | None = None
        self._descriptors: list[int] = []

    def environment(self, connection: Connection) -> dict[str, str]:
        """The part of the environment that belongs to a connection."""
        if connection.protocol == "file":
            return {"GIT_CONFIG_GLOBAL": str(_ANY_OWNER)}
        if connection.ssh is not None:
            return self._ssh(connection.ssh, connection)
        return _askpass(connection)

    def close(self) -> None:
        """Remove everything."""
        while self._descriptors:
            os.close(self._descriptors.pop())
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _ssh(self, host: SshHost, connection: Connection) -> dict[str, str]:
        files = {KNOWN_HOSTS: self._in_memory(KNOWN_HOSTS, host.known_hosts())}
        credential = connection.credential
        if credential is not None and credential.kind == CredentialKind.SSH_KEY:
            files[IDENTITY] = self._in_memory(IDENTITY, credential.secret)
        return ssh_environment(host, files)

    def _in_memory(self, name: str, text: str) -> Path:
        """A file that lies on no disk and ends with this process, where the system has such files."""
        if not hasattr(os, "memfd_create") or not _others_of_us_may_look():
            return self._in_folder(name, text)
        descriptor = os.memfd_create(name)
        self._descriptors.append(descriptor)
        os.fchmod(descriptor, 0o600)
        with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(text)
        return Path(f"/proc/{os.getpid()}/fd/{descriptor}")

    def _in_folder(self, name: str, text: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="plumbline-git-"))
        path = self._folder / name
        path.touch(0o600)
        path.write_text(text, encoding="utf-8")
        return path


def _askpass(connection: Connection) -> dict[str, str]:
    credential = connection.credential
    if credential is None:
        return {}
    return {
        "GIT_ASKPASS": str(_ASKPASS),
        "PLUMBLINE_GIT_USERNAME": credential.username or "git",
        "PLUMBLINE_GIT_SECRET": credential.secret,
    }


def _others_of_us_may_look() -> bool:
    """Whether processes of the same user may open this one's descriptors by their paths."""
    with contextlib.suppress(OSError):
        return _PROCESS.stat().st_uid == os.geteuid()
    return False
