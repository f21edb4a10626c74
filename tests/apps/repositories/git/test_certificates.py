"""TLS to a server on the loopback: whom git trusts, and what it says of the others."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from apps.repositories.git import errors
from apps.repositories.git.address import AddressPolicy, address_parse
from apps.repositories.git.command import GitCredential, GitLimits
from apps.repositories.git.mirror import Mirror
from tests.apps.repositories.git.authority import Authority
from tests.apps.repositories.git.forge import (
    HOST,
    POLICY,
    SECRET,
    USERNAME,
    Forge,
    forge_running,
    repository_make,
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    repository_make(folder / "plain.git", {"a": b"1"})
    return folder


def policy_for(port: int, authority: Authority) -> AddressPolicy:
    return AddressPolicy(
        networks=POLICY.networks, ports=frozenset({(HOST, port)}), ca_file=str(authority.path)
    )


@contextmanager
def serving(root, authority: Authority, tls) -> Iterator[tuple[Forge, AddressPolicy]]:
    with forge_running(root, tls) as forge:
        yield forge, policy_for(forge.port, authority)


def ask(forge: Forge, policy: AddressPolicy, tmp_path, place="git/plain.git", credential=None):
    mirror = Mirror(tmp_path / "m", limits=GitLimits(seconds=8), policy=policy)
    address = address_parse(forge.url(place), policy=policy)
    head = mirror.ls_remote(address, "", credential)
    return head.sha, mirror.fetch(address, head, "1", credential)


def test_a_server_whose_authority_is_trusted_is_fetched_from(root, authority, tmp_path):
    with serving(root, authority, authority.server("good")) as (forge, policy):
        credential = GitCredential(USERNAME, SECRET)
        told, fetched = ask(forge, policy, tmp_path, "private/plain.git", credential)
    assert told == fetched
    assert forge.leaked == []


@pytest.mark.parametrize("fault", ["expired", "other name", "unknown authority"])
def test_a_certificate_that_is_not_in_order_is_refused_before_anything_is_sent(
    root, authority, tmp_path, fault
):
    tls = {
        "expired": lambda: authority.server("expired", expired=True),
        "other name": lambda: authority.server("other", host="other.example"),
        "unknown authority": lambda: authority.server("good"),
    }[fault]()
    with serving(root, authority, tls) as (forge, policy):
        if fault == "unknown authority":
            policy = replace(policy, ca_file="")
        with pytest.raises(errors.CertificateInvalid) as caught:
            ask(forge, policy, tmp_path, "private/plain.git", GitCredential(USERNAME, SECRET))
    assert forge.requests == []
    assert caught.value.remedy
    assert not caught.value.is_transient


def test_a_server_that_does_not_speak_tls_is_not_spoken_to_without(root, authority, tmp_path):
    with serving(root, authority, None) as (forge, policy):
        address = address_parse(
            forge.url("git/plain.git").replace("http:", "https:"), policy=policy
        )
        with pytest.raises(errors.GitError) as caught:
            Mirror(tmp_path / "m", limits=GitLimits(seconds=8), policy=policy).ls_remote(address)
    assert caught.value.code in {"certificate", "transfer_cut", "unreachable"}
    assert not any("plain.git" in path for path in forge.requests)


def test_a_handshake_that_never_ends_ends_in_time(authority, tmp_path):
    with socket.create_server((HOST, 0)) as silent:
        policy = policy_for(silent.getsockname()[1], authority)
        address = address_parse(f"https://{HOST}:{silent.getsockname()[1]}/a.git", policy=policy)
        with pytest.raises(errors.TimedOut):
            Mirror(tmp_path / "m", limits=GitLimits(seconds=1), policy=policy).ls_remote(address)
