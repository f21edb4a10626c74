"""Where the embedded servers listen: Unix sockets whose paths are known before they start."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# A socket's path has 108 bytes on Linux, 104 on macOS, with the terminating zero.
LONGEST_SOCKET_PATH = 100
POSTGRES_SOCKET = ".s.PGSQL.5432"
POSTGRES_USER = "postgres"


@dataclass(frozen=True)
class Addresses:
    """Folders and sockets of the two servers that belong to one data folder."""

    data: Path
    sockets: Path

    @classmethod
    def under(cls, folder: str | os.PathLike[str]) -> "Addresses":
        """Give the addresses for a data folder; sockets move to a short path if theirs is long."""
        data = Path(folder).resolve()
        sockets = data / "run"
        if len(os.fsencode(sockets / "postgres" / POSTGRES_SOCKET)) > LONGEST_SOCKET_PATH:
            digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
            sockets = Path(tempfile.gettempdir()) / f"plumbline-{os.getuid()}-{digest}"
        return cls(data=data, sockets=sockets)

    @property
    def postgres_data(self) -> Path:
        """The PostgreSQL cluster."""
        return self.data / "postgres"

    @property
    def postgres_sockets(self) -> Path:
        """The folder that holds PostgreSQL's socket; only its owner may enter."""
        return self.sockets / "postgres"

    @property
    def valkey_data(self) -> Path:
        """Valkey's append-only file."""
        return self.data / "valkey"

    @property
    def valkey_socket(self) -> Path:
        """Valkey's socket."""
        return self.sockets / "valkey" / "valkey.sock"

    def database_url(self, name: str) -> str:
        """Give the address of one PostgreSQL database."""
        host = quote(str(self.postgres_sockets), safe="")
        return f"postgresql://{POSTGRES_USER}@/{name}?host={host}"

    def redis_url(self, number: int) -> str:
        """Give the address of one Valkey database."""
        return f"unix://{self.valkey_socket}?db={number}"
