"""How git calls ssh: no configuration but ours, a host whose key is known, an address that was checked."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apps.repositories.git.errors import SshKeyUnusable

KNOWN_HOSTS, IDENTITY = "known_hosts", "identity"


@dataclass(frozen=True, slots=True)
class SshHost:
    """The one host that a command may reach: its name, the address to connect to and its keys."""

    name: str
    address: str
    keys: tuple[str, ...]

    def known_hosts(self) -> str:
        """The content of the file that ssh compares with."""
        return "".join(f"{self.name} {key}\n" for key in self.keys)


def ssh_environment(host: SshHost, files: Mapping[str, Path]) -> dict[str, str]:
    """What tells git how to call ssh; ``files`` are the paths of ``KNOWN_HOSTS`` and perhaps ``IDENTITY``."""
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "HostName": host.address,
        "HostKeyAlias": host.name,
        "UserKnownHostsFile": str(files[KNOWN_HOSTS]),
        "GlobalKnownHostsFile": "/dev/null",
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "CanonicalizeHostname": "no",
        "ProxyCommand": "none",
        "ProxyJump": "none",
        "ControlMaster": "no",
        "ControlPath": "none",
        "PermitLocalCommand": "no",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "Tunnel": "no",
        "RequestTTY": "no",
        "AddKeysToAgent": "no",
        "IdentityAgent": "none",
        "IdentitiesOnly": "yes",
        "IdentityFile": str(files.get(IDENTITY, "none")),
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "2",
        "LogLevel": "ERROR",
    }
    line = ["ssh", "-F", "/dev/null"]
    for name, value in options.items():
        line += ["-o", f"{name}={value}"]
    return {"GIT_SSH_COMMAND": shlex.join(line), "GIT_SSH_VARIANT": "ssh"}


def ssh_key_valid(text: str) -> str:
    """Give a private key as ssh reads it from a file.

    Raises:
        SshKeyUnusable: it is none, or it needs a passphrase.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    content = "\n".join(text.strip().splitlines()) + "\n"
    load = load_ssh_private_key if "OPENSSH PRIVATE KEY" in content else load_pem_private_key
    try:
        load(content.encode(), password=None)
    except TypeError as error:
        raise SshKeyUnusable("The SSH key is protected by a passphrase.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SshKeyUnusable from error
    return content
