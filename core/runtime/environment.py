"""The environment of `manage.py up`: addresses of its own servers, secrets made once."""

import base64
import os
import secrets
from collections.abc import Callable, MutableMapping
from pathlib import Path

from core.runtime.addresses import Addresses
from core.runtime.files import locked, private_folder, write_private

PROJECT = Path(__file__).resolve().parent.parent.parent
DATABASE = "plumbline"
LOCAL_REPOSITORIES = "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES"


def _random_text() -> str:
    return secrets.token_urlsafe(64)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": _random_text,
    "JWT_SIGNING_KEY": _random_text,
    "FIELD_ENCRYPTION_KEYS": _fernet_key,
}


def var_folder(environ: MutableMapping[str, str]) -> Path:
    """Give the folder that holds all that a local installation keeps."""
    return Path(environ.get("PLUMBLINE_VAR") or PROJECT / "var").resolve()


def installed(environ: MutableMapping[str, str]) -> bool:
    """Say whether `up` ran here before and nothing else says where the database is."""
    elsewhere = "DATABASE_URL" in environ or (PROJECT / ".env").exists()
    tested = environ.get("DJANGO_SETTINGS_MODULE", "").endswith(".test")
    return not elsewhere and not tested and (var_folder(environ) / "secrets").is_dir()


def prepare(environ: MutableMapping[str, str], *, local_repositories: bool) -> None:
    """Complete the environment so that the settings load and point at the embedded servers.

    The sockets' paths are known before the servers start, so this may run before Django does.
    """
    var = var_folder(environ)
    addresses = Addresses.under(var)
    environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "DEBUG": "0",
            "PLUMBLINE_VAR": str(var),
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "CSRF_TRUSTED_ORIGINS": "",
            "EMAIL_URL": "consolemail://",
            "DATABASE_URL": addresses.database_url(DATABASE),
            "REDIS_URL": addresses.redis_url(0),
            "CACHE_URL": addresses.redis_url(1),
            # This process starts others by fork, where a pool's threads would be in the way.
            "DATABASE_POOL_SIZE": "0",
            LOCAL_REPOSITORIES: "1" if local_repositories else "0",
        }
    )
    environ.update(secrets_ensure(private_folder(var / "secrets"), environ))


def secrets_ensure(folder: Path, environ: MutableMapping[str, str]) -> dict[str, str]:
    """Give each secret from the environment or its file, which is written on first use."""
    found = {}
    with locked(folder / "lock", wait=True):
        for name, make in SECRETS.items():
            path = folder / name.lower()
            if not environ.get(name) and not path.exists():
                write_private(path, make())
            found[name] = environ.get(name) or path.read_text(encoding="utf-8")
    return found


def child_environment(*, port: int) -> dict[str, str]:
    """Give the environment of a process that serves, works or schedules; none takes local paths."""
    return {
        **os.environ,
        "SITE_URL": f"http://localhost:{port}",
        "DATABASE_POOL_SIZE": "8",
        "PYTHONUNBUFFERED": "1",
        LOCAL_REPOSITORIES: "0",
    }
