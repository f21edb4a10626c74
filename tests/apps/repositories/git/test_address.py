import socket
from ipaddress import ip_address, ip_network

import pytest

from apps.repositories.git import errors
from apps.repositories.git.address import (
    Address,
    AddressPolicy,
    address_parse,
    address_resolve,
    is_public,
)

POLICY = AddressPolicy()

GOOD = {
    "https://github.com/a/b": "https://github.com/a/b",
    "https://github.com/a/b.git": "https://github.com/a/b.git",
    "  https://github.com/a/b.git/ ": "https://github.com/a/b.git",
    "HTTPS://GitHub.com/A/b": "https://github.com/A/b",
    "https://github.com:443/a/b": "https://github.com/a/b",
    "https://gitlab.com/group/sub/group/project.git": "https://gitlab.com/group/sub/group/project.git",
    "https://git.sr.ht/~user/project": "https://git.sr.ht/~user/project",
    "https://dev.azure.com/org/My%20Project/_git/repo": "https://dev.azure.com/org/My%20Project/_git/repo",
    "https://xn--bcher-kva.example/a": "https://xn--bcher-kva.example/a",
    "https://8.8.8.8/a": "https://8.8.8.8/a",
    "https://[2606:4700::1111]/a": "https://[2606:4700::1111]/a",
}

PRIVATE = [
    "https://127.0.0.1/a",
    "https://10.0.0.1/a",
    "https://172.16.0.1/a",
    "https://192.168.1.1/a",
    "https://169.254.169.254/latest",
    "https://100.64.0.1/a",
    "https://0.0.0.0/a",
    "https://255.255.255.255/a",
    "https://224.0.0.1/a",
    "https://240.0.0.1/a",
    "https://192.0.2.1/a",
    "https://198.18.0.1/a",
    "https://[::1]/a",
    "https://[::]/a",
    "https://[fe80::1]/a",
    "https://[fc00::1]/a",
    "https://[fd00:ec2::254]/a",
    "https://[::ffff:127.0.0.1]/a",
    "https://[::ffff:8.8.8.8]/a",
    "https://[::ffff:7f00:1]/a",
    "https://[::127.0.0.1]/a",
    "https://[64:ff9b::7f00:1]/a",
    "https://[64:ff9b:1::7f00:1]/a",
    "https://[2002:7f00:1::]/a",
    "https://[2001:0:7f00:1::]/a",
    "https://[2001:db8::1]/a",
    "https://[ff02::1]/a",
]

PROTOCOL = [
    "http://github.com/a/b",
    "HTTP://github.com/a/b",
    "git://github.com/a/b",
    "ssh://git@github.com/a/b",
    "ssh://-oProxyCommand=touch%20x/a",
    "git@github.com:a/b.git",
    "github.com:a/b",
    "ftp://github.com/a",
    "ftps://github.com/a",
    "ext::sh -c touch% /tmp/x",
    "ext::https://github.com/a",
    "fd::3",
    "transport::x",
    "gopher://github.com/a",
    "dict://github.com/a",
    "javascript:alert(1)",
    "data:text/plain,x",
    "rsync://github.com/a",
    "bundle:x",
    "https+evil://github.com/a",
    "git+https://github.com/a/b",
    "C:\\repositories\\a",
]

LOCAL = ["/etc", "/", "//github.com/a", "file:///etc", "file://localhost/etc", "/srv/../etc"]

CREDENTIALS = [
    "https://user:password@github.com/a/b",
    "https://user@github.com/a/b",
    "https://@github.com/a/b",
    "https://:@github.com/a/b",
    "https://github.com@evil.example/a",
    "https://github.com:443@evil.example/a",
    "https://a@b@github.com/a",
    "https://user:pa%40ss@github.com/a",
    "http://user:password@github.com/a",
]

PORT = ["https://github.com:80/a", "https://github.com:22/a", "https://github.com:8443/a"]

INVALID = [
    "",
    " ",
    "a",
    "--upload-pack=touch /tmp/x",
    "-oProxyCommand=x",
    "../a",
    "./a",
    "~/a",
    "https",
    "https://",
    "https:///a",
    "https:/github.com/a",
    "https:github.com/a",
    "https:\\\\github.com\\a",
    "https://github.com",
    "https://github.com/",
    "https://github.com//a",
    "https://github.com/a//b",
    "https://github.com/a/../b",
    "https://github.com/..",
    "https://github.com/a/./b",
    "https://github.com/a?x=1",
    "https://github.com/a#x",
    "https://github.com/a b",
    "https://github.com/a\nb",
    "https://github.com/a\r\nHost: x",
    "https://github.com/a\0b",
    "https://github.com/a\tb",
    "https://github.com\\@evil.example/a",
    "https://github.com\\.evil.example/a",
    "https://github.com/a\\b",
    "https://github.com/%00",
    "https://github.com/%0a",
    "https://github.com/%zz",
    "https://github.com/%",
    "https://github.com:/a",
    "https://github.com:0/a",
    "https://github.com:65536/a",
    "https://github.com:99999/a",
    "https://github.com:-1/a",
    "https://github.com:443x/a",
    "https://github.com: 443/a",
    "https://github.com./a",
    "https://.github.com/a",
    "https://github..com/a",
    "https://-github.com/a",
    "https://github-.com/a",
    "https://git_hub.com/a",
    "https://git hub.com/a",
    "https://git%68ub.com/a",
    "https://b\u00fccher.example/a",
    "https://\u2139github.com/a",
    "https://127\u30020\u30020\u30021/a",
    "https://\u2460.example/a",
    "https://github.com\u200b/a",
    "https://github.com/\u202ea",
    "https://2130706433/a",
    "https://0x7f000001/a",
    "https://0x7f.0.0.1/a",
    "https://0x/a",
    "https://017700000001/a",
    "https://0177.0.0.1/a",
    "https://127.1/a",
    "https://127.0.1/a",
    "https://127.0.0.01/a",
    "https://1.2.3.4.5/a",
    "https://256.1.1.1/a",
    "https://1.2.3.4./a",
    "https://evil.example.0x7f/a",
    "https://[::1/a",
    "https://::1/a",
    "https://[]/a",
    "https://[::1%25eth0]/a",
    "https://[fe80::1%eth0]/a",
    "https://[::g]/a",
    "https://[127.0.0.1]x/a",
    "https://[v1.a]/a",
    "https://" + "a" * 254 + ".com/a",
    "https://" + "a" * 64 + ".com/a",
    "https://github.com/" + "a" * 2_000,
    "https://github.com/a,https://evil.example/b",
    "https://github.com/a https://evil.example/b",
    "https://github.com/<script>",
    'https://github.com/"a"',
    "https://github.com/`a`",
    "https://github.com/{a}",
    "https://github.com/a|b",
    "https://github.com/a^b",
]


@pytest.mark.parametrize(("given", "url"), GOOD.items())
def test_an_honest_address_has_one_canonical_form(given, url):
    address = address_parse(given, policy=POLICY)
    assert address.url == url
    assert address_parse(url, policy=POLICY) == address
    assert not address.is_local
    assert address.scheme == "https"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        *((url, errors.PrivateAddress) for url in PRIVATE),
        *((url, errors.ProtocolRefused) for url in PROTOCOL),
        *((url, errors.LocalPathRefused) for url in LOCAL),
        *((url, errors.CredentialsInAddress) for url in CREDENTIALS),
        *((url, errors.PortRefused) for url in PORT),
        *((url, errors.AddressRefused) for url in INVALID),
    ],
)
def test_a_hostile_address_is_refused_for_its_own_reason(given, error, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    with pytest.raises(errors.AddressRefused) as caught:
        address_parse(given, policy=POLICY)
    if error is not errors.AddressRefused:
        assert type(caught.value) is error
    if given.strip() and "password" in given:
        assert "password@" not in str(caught.value) + caught.value.remedy


def test_the_corpus_is_large_enough():
    assert len(PRIVATE + PROTOCOL + LOCAL + CREDENTIALS + PORT + INVALID) >= 150


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
