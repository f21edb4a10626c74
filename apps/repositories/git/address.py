"""Where Plumbline may connect: the address of a repository, read by our own rules before git sees it.

Only https, only plain host names or literal addresses, no credentials, no odd ports. A name is resolved once; if
any of its addresses is not public, nothing connects, and git is pinned to what was resolved.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    HostUnknown,
    LocalPathMissing,
    LocalPathRefused,
    NameServerFailed,
    PortRefused,
    PrivateAddress,
    ProtocolRefused,
)

type Network = IPv4Network | IPv6Network

_LONGEST = 2000
_HTTPS_PORT = 443
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_ADDRESS = re.compile(
    r"(?P<scheme>(?i:https?))://"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/(?:[A-Za-z0-9._~!$'()*+,;=-]|%[2-9A-Fa-f][0-9A-Fa-f])+)+)/?",
    re.ASCII,
)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Forms that carry an IPv4 address inside an IPv6 one: what they reach is not what they look like.
_WRAPPED = tuple(
    ip_network(network)
    for network in (
        "::ffff:0:0/96",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
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
    """A repository's address in its one canonical form: https, or the path of a local repository."""

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
    """The policy of PLUMBLINE_ALLOWED_PRIVATE_HOSTS."""
    return AddressPolicy.from_entries(settings.PLUMBLINE_ALLOWED_PRIVATE_HOSTS)


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
    match = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
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
    if any(part in (".", "..") for part in match["path"].split("/")):
        raise AddressRefused
    literal = _literal(host)
    if literal is not None and not policy.allows(host.strip("[]"), literal):
        raise PrivateAddress
    place = host if port == default else f"{host}:{port}"
    return Address(f"{scheme}://{place}{match['path']}", host, port)


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
    return address.version == 4 or not any(address in network for network in _WRAPPED)


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
        looks_like_ssh = re.match(r"[\w.-]+@?[\w.-]*:", url)
        return ProtocolRefused() if scheme or looks_like_ssh else AddressRefused()
    if "@" in url[len(scheme[0]) :].lstrip("/").partition("/")[0]:
        return CredentialsInAddress()
    return AddressRefused()
