import base64
import hmac
import socket
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from apps.repositories.exceptions import RefInvalid
from apps.repositories.git import errors
from apps.repositories.git.address import (
    Address,
    AddressPolicy,
    address_parse,
    address_resolve,
    is_public,
)
from apps.repositories.git.known_hosts import KnownHosts
from apps.repositories.refs import branch_valid

POLICY = AddressPolicy()

CORPUS = tomllib.loads((Path(__file__).parent / "addresses.toml").read_text())
REFUSED = [(url, code) for code, urls in CORPUS["refused"].items() for url in urls]


@pytest.mark.parametrize(("given", "url"), CORPUS["accepted"].items())
def test_an_honest_address_has_one_canonical_form(given, url):
    address = address_parse(given, policy=POLICY)
    assert address.url == url
    assert address_parse(url, policy=POLICY) == address
    assert not address.is_local
    assert address.scheme == "https"


@pytest.mark.parametrize(("given", "code"), REFUSED)
def test_a_hostile_address_is_refused_for_its_own_reason(given, code, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    with pytest.raises(errors.AddressRefused) as caught:
        address_parse(given, policy=POLICY)
    assert caught.value.code == code
    assert caught.value.text and caught.value.remedy
    assert "password@" not in caught.value.text + caught.value.remedy


def test_the_corpus_is_large_enough():
    assert len({url for url, _ in REFUSED}) >= 300
    assert len(CORPUS["branches"]["refused"]) >= 40


@pytest.mark.parametrize("name", CORPUS["branches"]["accepted"])
def test_a_name_that_git_accepts_is_accepted(name):
    assert branch_valid(name) == branch_valid(f"refs/heads/{name}") == name


@pytest.mark.parametrize("name", CORPUS["branches"]["refused"])
def test_a_name_that_is_no_branch_is_refused(name):
    with pytest.raises(RefInvalid):
        branch_valid(name)


def resolving_to(monkeypatch, *addresses: str) -> None:
    def resolve(host, port, **_):
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_every_address_of_a_host_must_be_public(monkeypatch):
    address = Address("https://git.example/a", "git.example")
    resolving_to(monkeypatch, "8.8.8.8", "2606:4700::1111", "8.8.8.8")
    assert address_resolve(address, POLICY) == ["8.8.8.8", "[2606:4700::1111]"]
    resolving_to(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(errors.PrivateAddress):
        address_resolve(address, POLICY)
    resolving_to(monkeypatch, "8.8.8.8", "::ffff:8.8.8.8")
    with pytest.raises(errors.PrivateAddress):
        address_resolve(address, POLICY)
    resolving_to(monkeypatch)
    with pytest.raises(errors.HostUnknown):
        address_resolve(address, POLICY)


def test_an_allowed_network_counts_for_its_own_host_only(monkeypatch):
    policy = AddressPolicy.from_entries(
        ["git.corp.example=10.1.0.0/16", "git.corp.example:8443=10.2.0.0/16"]
    )
    resolving_to(monkeypatch, "10.2.3.4", "10.1.0.1", "8.8.8.8")
    address = address_parse("https://git.corp.example:8443/a", policy=policy)
    assert address.url == "https://git.corp.example:8443/a"
    assert len(address_resolve(address, policy)) == 3
    with pytest.raises(errors.PrivateAddress):
        address_resolve(Address("https://evil.example/a", "evil.example"), policy)
    with pytest.raises(errors.PortRefused):
        address_parse("https://evil.example:8443/a", policy=policy)
    with pytest.raises(errors.ProtocolRefused):
        address_parse("http://git.corp.example/a", policy=policy)
    resolving_to(monkeypatch, "10.3.0.1")
    with pytest.raises(errors.PrivateAddress):
        address_resolve(address, policy)


@pytest.mark.parametrize("entry", ["git.example=10.0.0.0/33", "git.example:port", "git.example=x"])
def test_a_wrong_entry_of_the_allow_list_is_not_ignored(entry):
    with pytest.raises(ValueError):
        AddressPolicy.from_entries([entry])


def test_the_settings_are_the_default_policy(settings):
    settings.PLUMBLINE_ALLOWED_PRIVATE_HOSTS = ["10.0.0.1=10.0.0.0/8"]
    assert address_parse("https://10.0.0.1/a").host == "10.0.0.1"
    settings.PLUMBLINE_ALLOWED_PRIVATE_HOSTS = []
    with pytest.raises(errors.PrivateAddress):
        address_parse("https://10.0.0.1/a")


def test_a_local_path_is_taken_only_where_it_is_allowed(tmp_path):
    (tmp_path / "r.git/objects").mkdir(parents=True)
    (tmp_path / "r.git/HEAD").touch()
    for given in (
        f"{tmp_path}/r.git",
        f"file://{tmp_path}/r.git",
        f"{tmp_path}/../{tmp_path.name}/r.git",
    ):
        address = address_parse(given, allow_local=True, policy=POLICY)
        assert address == Address(str(tmp_path / "r.git"))
        assert address.is_local
        assert address.scheme == "file"
        assert address_resolve(address, POLICY) == []
        with pytest.raises(errors.LocalPathRefused):
            address_parse(given, policy=POLICY)
    for given in ("/nonexistent", "file://relative", str(tmp_path), f"{tmp_path}/r.git\n"):
        with pytest.raises(errors.LocalPathMissing):
            address_parse(given, allow_local=True, policy=POLICY)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_public(text):
    assert is_public(ip_address(text))
    assert ip_network(text)


ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7"


def knowing(*lines: str) -> AddressPolicy:
    return AddressPolicy(known_hosts=KnownHosts.from_text("\n".join(lines)))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("ssh://git@github.com/a/b.git", "ssh://git@github.com/a/b.git"),
        ("git@github.com:a/b.git", "ssh://git@github.com/a/b.git"),
        ("ssh://github.com/a/b/", "ssh://git@github.com/a/b"),
        ("SSH://deploy@GitHub.com:22/~user/b", "ssh://deploy@github.com/~user/b"),
        ("ssh://git@git.corp.example:2222/a", "ssh://git@git.corp.example:2222/a"),
        ("ssh://git@[2606:4700::1111]/a", "ssh://git@[2606:4700::1111]/a"),
    ],
)
def test_an_ssh_address_of_a_known_host_has_one_canonical_form(given, url):
    policy = knowing(
        "# a comment",
        f"github.com,140.82.121.4 {ED25519} and a comment",
        f"github.com {RSA}",
        f"[git.corp.example]:2222 {ED25519}",
        f"2606:4700::1111 {ED25519}",
    )
    address = address_parse(given, policy=policy)
    assert address.url == url
    assert address_parse(url, policy=policy) == address
    assert address.scheme == "ssh"


@pytest.mark.parametrize(
    "given",
    [
        "ssh://git@gitlab.com/a",
        "ssh://git@github.com:2222/a",
        "ssh://git@git.corp.example/a",
        "git@git.corp.example:a",
        "ssh://git@evil.github.com/a",
    ],
)
def test_a_known_key_counts_for_its_own_host_and_port_only(given):
    policy = knowing(f"github.com {ED25519}", f"[git.corp.example]:2222 {ED25519}")
    with pytest.raises(errors.HostKeyUnknown):
        address_parse(given, policy=policy)


def test_a_known_key_does_not_make_a_private_address_public(monkeypatch):
    policy = knowing(f"10.0.0.1,git.corp.example {ED25519}")
    with pytest.raises(errors.PrivateAddress):
        address_parse("ssh://git@10.0.0.1/a", policy=policy)
    resolving_to(monkeypatch, "10.0.0.1")
    with pytest.raises(errors.PrivateAddress):
        address_resolve(address_parse("git@git.corp.example:a", policy=policy), policy)


def test_hidden_names_of_known_hosts_are_recognised():
    salt = base64.b64encode(b"12345678901234567890").decode()
    digest = hmac.digest(b"12345678901234567890", b"[git.corp.example]:2222", "sha1")
    hidden = f"|1|{salt}|{base64.b64encode(digest).decode()}"
    hosts = KnownHosts.from_text(f"{hidden} {ED25519}\n|1|nonsense|%% {ED25519}")
    assert hosts.keys("git.corp.example", 2222) == (ED25519,)
    assert hosts.keys("git.corp.example") == ()


@pytest.mark.parametrize(
    "line",
    [
        "github.com",
        "github.com ssh-ed25519",
        f"*.example.com {ED25519}",
        f"!a.example,b.example {ED25519}",
        f"@cert-authority example.com {ED25519}",
        "github.com ssh-ed25519 %%%%",
        "github.com ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7",
        "github.com ssh-dss AAAAB3NzaC1kc3MAAA==",
    ],
)
def test_a_line_of_known_hosts_that_is_not_understood_is_not_ignored(line):
    with pytest.raises(ValueError, match=r"not a line|not the key|not a key"):
        KnownHosts.from_text(line)


def test_known_hosts_come_from_the_settings(settings):
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = f"github.com {ED25519}\n"
    assert address_parse("git@github.com:a/b").scheme == "ssh"
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = ""
    with pytest.raises(errors.HostKeyUnknown):
        address_parse("git@github.com:a/b")
