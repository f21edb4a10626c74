"""Fetching over SSH: what ssh is told, what it is handed, and that nothing of it stays behind."""

import base64
import os
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from apps.repositories.git import configuration, errors
from apps.repositories.git.address import AddressPolicy, address_parse
from apps.repositories.git.causes import cause_of
from apps.repositories.git.command import Connection, Finished, GitCredential, GitLimits
from apps.repositories.git.configuration import CredentialKind
from apps.repositories.git.handed import Handed
from apps.repositories.git.known_hosts import KnownHosts
from apps.repositories.git.mirror import Mirror
from apps.repositories.git.remote import connection_open
from apps.repositories.git.ssh import SshHost, ssh_key_valid
from tests.apps.repositories.git.forge import HOST, POLICY, gone, repository_make

# Stands in for ssh: notes what it is told and given, and runs the command here.
FAKE_SSH = """#!/bin/sh
for argument in "$@"; do
    printf '%s\\n' "$argument" >>"$0.arguments"
    case "$argument" in
    IdentityFile=*) cat "${argument#IdentityFile=}" >"$0.identity"
        stat -L -c %a "${argument#IdentityFile=}" >"$0.mode" ;;
    UserKnownHostsFile=*) cat "${argument#UserKnownHostsFile=}" >"$0.known_hosts" ;;
    esac
done
env >"$0.environment"
eval "exec $argument"
"""
HOST_KEY = (
    Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
).decode()


def private_key(encryption=None, form=PrivateFormat.OpenSSH) -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def locked(key: str) -> str:
    """What a key looks like that needs a passphrase; nothing in it can be opened."""
    first, *body, last = key.splitlines()
    plain = base64.b64decode("".join(body))
    start = plain.index(b"\0\0\0\1\0\0\0\x33")  # one key, and its public half
    public = plain[start : start + 8 + 0x33]
    fields = (b"aes256-ctr", b"bcrypt", b"\0\0\0\x10" + bytes(16) + b"\0\0\0\x10")
    head = b"".join(len(field).to_bytes(4) + field for field in fields)
    content = b"openssh-key-v1\0" + head + public + (160).to_bytes(4) + bytes(160)
    return "\n".join([first, base64.b64encode(content).decode(), last])


KEY = private_key()
POLICY_SSH = AddressPolicy(
    networks=dict.fromkeys(("forge.test", HOST), POLICY.networks[HOST]),
    known_hosts=KnownHosts.from_text(f"forge.test {HOST_KEY}\n[127.0.0.1]:22222 {HOST_KEY}"),
)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A program that git takes for ssh, and the name that resolves to this machine."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(FAKE_SSH)
    program.chmod(0o755)
    monkeypatch.setitem(
        configuration._ENVIRONMENT, "PATH", f"{program.parent}:{configuration.PATH}"
    )

    def resolve(_host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return program


def told(program: Path, what: str) -> str:
    return program.with_name(f"ssh.{what}").read_text()


def test_a_commit_is_fetched_with_a_key_that_lies_on_no_disk(fake, tmp_path):
    sha = repository_make(tmp_path / "r.git", {"a": b"1"})
    address = address_parse(f"ssh://git@forge.test{tmp_path}/r.git", policy=POLICY_SSH)
    mirror = Mirror(tmp_path / "m", limits=GitLimits(seconds=20), policy=POLICY_SSH)
    key = GitCredential("git", KEY, CredentialKind.SSH_KEY)
    head = mirror.ls_remote(address, "main", key)
    assert mirror.fetch(address, head, "1", key) == sha
    assert told(fake, "identity").startswith(KEY)
    assert set(told(fake, "mode").split()) == {"600"}
    assert set(told(fake, "known_hosts").splitlines()) == {f"forge.test {HOST_KEY}"}
    body = KEY.splitlines()[1]
    assert body not in told(fake, "arguments") + told(fake, "environment")
    written = b"".join(path.read_bytes() for path in mirror.folder.rglob("*") if path.is_file())
    assert body.encode() not in written
    identity = next(
        line.partition("=")[2]
        for line in told(fake, "arguments").splitlines()
        if line.startswith("IdentityFile=")
    )
    assert not Path(identity).exists()
    assert gone("ssh://git@forge.test")


def test_ssh_is_told_whom_to_reach_and_to_trust_nobody_else(fake, tmp_path):
    repository_make(tmp_path / "r.git", {"a": b"1"})
    address = address_parse(f"ssh://git@forge.test{tmp_path}/r.git", policy=POLICY_SSH)
    Mirror(tmp_path / "m", policy=POLICY_SSH).ls_remote(address)
    arguments = told(fake, "arguments").splitlines()
    assert arguments[:2] == ["-F", "/dev/null"]
    assert {
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f"HostName={HOST}",
        "HostKeyAlias=forge.test",
        "GlobalKnownHostsFile=/dev/null",
        "ProxyCommand=none",
        "PermitLocalCommand=no",
        "ForwardAgent=no",
        "IdentitiesOnly=yes",
        "IdentityFile=none",
    } <= set(arguments)
    environment = told(fake, "environment")
    assert not {"SSH_AUTH_SOCK", "HOME=/root"} & set(environment.replace("=", "\n").split())


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh here")
def test_the_real_ssh_understands_every_option():
    handed = Handed()
    try:
        connection = Connection(
            "ssh",
            (),
            GitCredential("git", KEY, CredentialKind.SSH_KEY),
            SshHost("forge.test", "192.0.2.1", (HOST_KEY,)),
        )
        command = shlex.split(handed.environment(connection)["GIT_SSH_COMMAND"])
        done = subprocess.run(
            [*command, "-G", "-p", "2222", "git@forge.test"],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        handed.close()
    assert done.stderr == ""
    options = dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    assert options["hostname"] == "192.0.2.1"
    assert options["hostkeyalias"] == "forge.test"
    assert options["stricthostkeychecking"] in ("true", "yes")
    assert options["batchmode"] == "yes"
    assert options["identityfile"].startswith("/proc/")
    assert options["userknownhostsfile"].startswith("/proc/")
    assert "proxycommand" not in options
    assert "proxyjump" not in options


def test_a_system_without_files_in_memory_has_private_ones(monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    handed = Handed()
    connection = Connection(
        "ssh",
        (),
        GitCredential("git", KEY, CredentialKind.SSH_KEY),
        SshHost("forge.test", "192.0.2.1", (HOST_KEY,)),
    )
    command = handed.environment(connection)["GIT_SSH_COMMAND"]
    (path,) = (
        Path(word.partition("=")[2])
        for word in shlex.split(command)
        if word.startswith("IdentityFile=")
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_text() == KEY
    handed.close()
    assert not path.parent.exists()


def test_a_key_is_not_shown_as_a_password_nor_a_password_used_as_a_key(monkeypatch):
    key = GitCredential("git", KEY, CredentialKind.SSH_KEY)
    token = GitCredential("git", "t0ken")
    web = address_parse("https://8.8.8.8/a")
    secure_shell = address_parse("ssh://git@127.0.0.1:22222/a", policy=POLICY_SSH)
    assert connection_open(web, key, POLICY_SSH).credential is None
    assert connection_open(web, token, POLICY_SSH).credential is token
    assert connection_open(secure_shell, token, POLICY_SSH).credential is None
    opened = connection_open(secure_shell, key, POLICY_SSH)
    assert opened.credential is key
    assert opened.ssh == SshHost("127.0.0.1", "127.0.0.1", (HOST_KEY,))
    with pytest.raises(errors.HostKeyUnknown):
        connection_open(secure_shell, key, AddressPolicy(networks=POLICY_SSH.networks))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Host key verification failed.\r\nfatal: Could not read", errors.HostKeyWrong),
        ("git@x: Permission denied (publickey).", errors.AuthenticationRequired),
        ("ssh: connect to host 192.0.2.1 port 22: Connection refused", errors.HostUnreachable),
        ("ssh: connect to host x port 22: Connection timed out", errors.TimedOut),
        ("kex_exchange_identification: Connection closed by remote host", errors.TransferCut),
        ("ssh: command not found", errors.GitError),
    ],
)
def test_each_of_sshs_complaints_has_one_cause(said, error):
    assert type(cause_of(Finished(128, b"", said), Connection("ssh"))) is error


@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
def test_a_private_key_is_kept_as_ssh_reads_it(form):
    key = private_key(form=form)
    assert ssh_key_valid(f"\r\n{key.replace(chr(10), chr(13) + chr(10))}  ") == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a private SSH key"),
        ("ssh-ed25519 AAAA", "not a private SSH key"),
        (HOST_KEY, "not a private SSH key"),
        (KEY[:-60], "not a private SSH key"),
        (locked(KEY), "passphrase"),
        (private_key(BestAvailableEncryption(b"word"), PrivateFormat.PKCS8), "passphrase"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.b64encode(b"x").decode(), "not a"),
    ],
    ids=["nothing", "half", "public", "cut", "locked", "locked PEM", "empty"],
)
def test_what_is_no_usable_key_is_refused_and_not_quoted(text, words):
    with pytest.raises(errors.SshKeyUnusable, match=words) as caught:
        ssh_key_valid(text)
    assert caught.value.remedy
    assert "AAAA" not in caught.value.text
