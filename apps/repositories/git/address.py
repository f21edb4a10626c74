"""Where Plumbline may connect: the address of a repository, read by our own rules before git sees it.

Only https, and ssh to hosts whose keys are known; only plain host names or literal addresses, no credentials, no odd
ports. A name is resolved once; if any of its addresses is not public, nothing connects, and git is pinned to what was
resolved.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from pathlib import Path
from typing import Self

from django.conf import settings

from apps.repositories.git.errors import (
    AddressRefused,
    CredentialsInAddress,
    HostKeyUnknown,
    HostUnknown,
    LocalPathMissing,
    LocalPathRefused,
    NameServerFailed,
    PortRefused,
    PrivateAddress,
    ProtocolRefused,
)
from apps.repositories.git.known_hosts import PORT as _SSH_PORT
from apps.repositories.git.known_hosts import KnownHosts

type Network = IPv4Network | IPv6Network

_LONGEST = 2000
_HTTPS_PORT = 443
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})"
_ADDRESS = re.compile(
    r"(?P<scheme>(?i:https?))://" + _HOST + r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$'()*+,;=-]|%[2-9A-Fa-f][0-9A-Fa-f])+)+)/?",
    re.ASCII,
)
# What follows the host goes through a shell at the other end: nothing there that needs quoting.
_SSH_USER = r"(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]{0,63})@"
_SSH_PATH = r"(?P<path>[A-Za-z0-9._~+][A-Za-z0-9._~+-]*(?:/[A-Za-z0-9._~+][A-Za-z0-9._~+-]*)*)/?"
_SSH = re.compile(
    rf"(?i:ssh)://(?:{_SSH_USER})?{_HOST}(?::(?P<port>[0-9]{{1,5}}))?/{_SSH_PATH}", re.ASCII
)
_SSH_SHORT = re.compile(rf"{_SSH_USER}{_HOST}:{_SSH_PATH}", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Where IPv6 has public addresses at all; outside lie, among others, those that carry an IPv4 address, which reach
# something else than they look like: ::ffff:a.b.c.d, ::a.b.c.d and 64:ff9b::a.b.c.d.
_PUBLIC_IPV6 = ip_network("2000::/3")
# Python's own tables do not know these as special, or know them as global.
_SPECIAL = tuple(
    ip_network(network)
    for network in (
        "192.88.99.0/24",  # relays for 6to4
        "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What an administrator allows beyond public https on port 443."""

    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    """Host and the networks that it may resolve to although they are not public."""
    ports: frozenset[tuple[str, int]] = frozenset()
    """Host and further port."""
    http_hosts: frozenset[str] = frozenset()
    """Hosts that may be reached without TLS. For tests: no setting leads here."""
    known_hosts: KnownHosts = field(default_factory=KnownHosts)
    """Hosts that may be reached over SSH, each on the port that goes with its key."""

    ca_file: str = ""
    """Certificates to trust in place of the system's."""

    @classmethod
    def from_entries(cls, entries: Iterable[str]) -> Self:
        """Read ``host``, ``host:port``, ``host=network`` or ``host:port=network``.

        A host with several networks has several entries.

        Raises:
            ValueError: an entry is none of these.
        """
        networks: dict[str, tuple[Network, ...]] = {}
        ports: set[tuple[str, int]] = set()
        for entry in entries:
            place, _, network = entry.strip().partition("=")
            host, _, port = place.lower().partition(":")
            if port:
                ports.add((host, int(port)))
            if network:
                networks[host] = (*networks.get(host, ()), ip_network(network))
        return cls(networks, frozenset(ports))

    def allows(self, host: str, address: IPv4Address | IPv6Address) -> bool:
        """Whether git may connect to this address of a host."""
        return is_public(address) or any(address in net for net in self.networks.get(host, ()))


@dataclass(frozen=True, slots=True)
class Address:
    """A repository's address in its one canonical form: https, ssh, or the path of a local repository."""

    url: str
    host: str = ""
    port: int = _HTTPS_PORT

    @property
    def is_local(self) -> bool:
        """Whether it is a path of this machine."""
        return not self.host

    @property
    def scheme(self) -> str:
        """What git calls the protocol."""
        return "file" if self.is_local else self.url.partition(":")[0]


def policy_configured() -> AddressPolicy:
    """The policy of PLUMBLINE_ALLOWED_PRIVATE_HOSTS, PLUMBLINE_SSH_KNOWN_HOSTS and PLUMBLINE_GIT_CA_FILE.

    Raises:
        ValueError: one of them cannot be read.
    """
    return replace(
        AddressPolicy.from_entries(settings.PLUMBLINE_ALLOWED_PRIVATE_HOSTS),
        known_hosts=KnownHosts.from_text(settings.PLUMBLINE_SSH_KNOWN_HOSTS),
        ca_file=settings.PLUMBLINE_GIT_CA_FILE,
    )


def address_parse(
    url: str, *, allow_local: bool = False, policy: AddressPolicy | None = None
) -> Address:
    """Read an address as a person or a bot gave it. Nothing is resolved or contacted yet.

    Raises:
        AddressRefused: it is not an address that we would ever connect to; the class says why.
    """
    policy = policy or policy_configured()
    url = url.strip(" ")
    if url.startswith(("/", "file://")):
        if not allow_local:
            raise LocalPathRefused
        return _local(url)
    if len(url) > _LONGEST:
        raise AddressRefused
    ssh = _SSH.fullmatch(url) or _SSH_SHORT.fullmatch(url)
    if ssh is not None:
        return _ssh(ssh.groupdict(), policy)
    match = _ADDRESS.fullmatch(url)
    if match is None:
        raise _refusal(url)
    host = _host(match["host"])
    scheme = match["scheme"].lower()
    if scheme != "https" and host not in policy.http_hosts:
        raise ProtocolRefused
    default = _HTTPS_PORT if scheme == "https" else 80
    port = int(match["port"] or default)
    if port not in (0, default) and port <= 0xFFFF:
        if scheme == "https" and (host, port) not in policy.ports:
            raise PortRefused
    elif port != default:
        raise AddressRefused
    _path_check(match["path"])
    _literal_check(host, policy)
    place = host if port == default else f"{host}:{port}"
    return Address(f"{scheme}://{place}{match['path']}", host, port)


def _ssh(parts: Mapping[str, str | None], policy: AddressPolicy) -> Address:
    """Read ``ssh://user@host:port/path``, or ``user@host:path`` as forges print it."""
    host, path = _host(parts["host"] or ""), parts["path"] or ""
    port = int(parts.get("port") or _SSH_PORT)
    _path_check(path)
    if not policy.known_hosts.keys(host, port):
        raise HostKeyUnknown
    _literal_check(host, policy)
    place = host if port == _SSH_PORT else f"{host}:{port}"
    return Address(f"ssh://{parts['user'] or 'git'}@{place}/{path}", host, port)


def _path_check(path: str) -> None:
    parts = re.sub("%2e", ".", path, flags=re.IGNORECASE).split("/")
    if not {".", ".."}.isdisjoint(parts):
        raise AddressRefused


def _literal_check(host: str, policy: AddressPolicy) -> None:
    literal = _literal(host)
    if literal is not None and not policy.allows(host.strip("[]"), literal):
        raise PrivateAddress


def address_resolve(address: Address, policy: AddressPolicy) -> list[str]:
    """The addresses to which git is pinned, the host's name resolved now.

    Raises:
        HostUnknown: the name does not resolve.
        NameServerFailed: it cannot be told now whether it does.
        PrivateAddress: one of its addresses is neither public nor allowed for this host.
    """
    if address.is_local:
        return []
    literal = _literal(address.host)
    if literal is not None:
        found = [literal]
    else:
        try:
            answers = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            if getattr(error, "errno", None) == socket.EAI_AGAIN:
                raise NameServerFailed from error
            raise HostUnknown from error
        found = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found:
        raise HostUnknown
    if not all(policy.allows(address.host.strip("[]"), item) for item in found):
        raise PrivateAddress
    return list(dict.fromkeys(f"[{item}]" if item.version == 6 else str(item) for item in found))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public Internet, and in its plain form."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _PUBLIC_IPV6:
        return False
    return not any(address in network for network in _SPECIAL)


def _local(url: str) -> Address:
    path = Path(url.removeprefix("file://"))
    if not path.is_absolute() or any(not c.isprintable() for c in url) or not _is_repository(path):
        raise LocalPathMissing
    return Address(str(path.resolve()))


def _is_repository(path: Path) -> bool:
    try:
        folder = path / ".git" if (path / ".git").exists() else path
        return folder.is_file() or ((folder / "HEAD").is_file() and (folder / "objects").is_dir())
    except OSError:
        return False


def _host(text: str) -> str:
    """A host in lower case, if it means the same to everyone who reads it."""
    host = text.lower()
    if host.startswith("["):
        if _literal(host) is None:
            raise AddressRefused
        return host
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused
    # 127.1, 0x7f.1 and 2130706433 are addresses to some resolvers.
    if _NUMERIC_LABEL.fullmatch(labels[-1]) and _literal(host) is None:
        raise AddressRefused
    return host


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _refusal(url: str) -> AddressRefused:
    """Why something is not even an address, as closely as can be told."""
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() not in ("http", "https"):
        looks_like_ssh = re.match(r"[\w.-]+@?[\w.-]*:", url, re.ASCII)
        return ProtocolRefused() if scheme or looks_like_ssh else AddressRefused()
    if "@" in url[len(scheme[0]) :].lstrip("/").partition("/")[0]:
        return CredentialsInAddress()
    return AddressRefused()
