"""A secret that a scan uses is found nowhere: arguments, logs, errors, broker, cache, database, pages, files.

A real worker fetches over TLS from a real server, while everything is watched; that the watchers see
anything at all is shown by what is no secret.
"""

import base64
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from django.db import connection

from apps.accounts.models import TokenScope
from apps.accounts.services import token_create
from apps.repositories.models import Repository
from apps.repositories.services import credential_set, repository_register
from apps.scans.models import Scan
from apps.scans.services import scan_request
from tests.apps.factories import UserFactory
from tests.apps.repositories.git.authority import Authority
from tests.apps.repositories.git.forge import (
    HOST,
    SECRET,
    USERNAME,
    forge_running,
    processes_about,
    repository_make,
)
from tests.apps.source import SHOP
from tests.conftest import running_worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WRONG = "canary-wr0ng-7e44"


class Overhearing:
    """Every command that anyone sends to a Valkey server, as text."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=None)
        self._connection = self._client.connection_pool.get_connection()
        self._connection.send_command("MONITOR")
        assert self._connection.read_response() == b"OK"
        self._lines: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                self._lines.append(self._connection.read_response())
            except (OSError, ValueError, AttributeError, redis.RedisError):
                return

    def stop(self) -> str:
        """Hear no more; what was heard."""
        self._connection.disconnect()
        self._thread.join(5)
        self._client.close()
        return b"\n".join(self._lines).decode("utf-8", "backslashreplace")


def with_bodies(text: str) -> str:
    """What the broker was told, with the bodies of messages in clear, which are in base64."""
    bodies = re.findall(r'body[\\" :]+([A-Za-z0-9+/]+=*)', text)
    return "\n".join([text, *(base64.b64decode(body).decode("latin-1") for body in bodies)])


@contextmanager
def overhearing() -> Iterator[Overhearing]:
    listener = Overhearing(os.environ["REDIS_URL"])
    try:
        yield listener
    finally:
        listener.stop()


def database_text() -> str:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            rows += [row[0] for row in cursor.fetchall()]
    return "\n".join(rows)


def valkey_text() -> bytes:
    parts = []
    for url in (os.environ["REDIS_URL"], os.environ["CACHE_URL"]):
        with redis.Redis.from_url(url) as client:
            parts += [key + (client.dump(key) or b"") for key in client.scan_iter()]
    return b"\n".join(parts)


def files_text(*folders: Path) -> bytes:
    return b"".join(
        path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    )


def test_a_secret_is_found_nowhere_but_sealed(tmp_path, settings, client, eventually):
    root, scratch = tmp_path / "served", tmp_path / "scratch"
    root.mkdir()
    scratch.mkdir()
    authority = Authority(tmp_path)
    repository_make(root / "shop.git", {path: text.encode() for path, text in SHOP.items()})
    repository_make(root / "other.git", {"manage.py": b"x = 1\n"})
    with forge_running(root, authority.server("good")) as forge, overhearing() as broker:
        place = f"{HOST}:{forge.port}=127.0.0.0/8"
        settings.PLUMBLINE_ALLOWED_PRIVATE_HOSTS = [place]
        environment = {
            "PLUMBLINE_ALLOWED_PRIVATE_HOSTS": place,
            "PLUMBLINE_GIT_CA_FILE": str(authority.path),
            "TMPDIR": str(scratch),
            "LOG_LEVEL": "DEBUG",
        }
        with running_worker(tmp_path / "celery.log", **environment) as worker:
            user = UserFactory(is_superuser=True)
            good = repository_register(
                url=forge.url("private/shop.git"), username=USERNAME, secret=SECRET, actor=user
            )
            bad = repository_register(
                url=forge.url("private/other.git"), username=USERNAME, secret=WRONG, actor=user
            )
            eventually(
                lambda: Scan.objects.filter(finished_at__isnull=False).count() >= 2,
                seconds=90,
                what=worker.output(),
            )
            credential_set(repository=bad, username=USERNAME, secret=SECRET, actor=user)
            scan_request(repository=bad, trigger="manual")
            eventually(
                lambda: Scan.objects.filter(repository=bad, state="done").exists(),
                seconds=90,
                what=worker.output(),
            )
        log = worker.output()
        broker_text = with_bodies(broker.stop())
    assert {scan.error_code for scan in Scan.objects.filter(repository=good)} == {""}
    assert "auth_failed" in {scan.error_code for scan in Scan.objects.filter(repository=bad)}

    pages = pages_about(client, user, good, bad)
    seen = {
        "arguments of processes": "\n".join(forge.leaked + processes_about(SECRET)),
        "log of the worker": log,
        "commands of the broker": broker_text,
        "broker and cache": valkey_text().decode("latin-1"),
        "database": database_text(),
        "pages and API": pages,
        "files of the worker": files_text(Path(settings.PLUMBLINE_VAR), scratch).decode("latin-1"),
        "paths that were asked for": "\n".join(forge.requests),
    }
    assert {name for name, text in seen.items() if SECRET in text or WRONG in text} == set()
    # Each watcher saw what it should.
    assert any("private/shop.git" in path for path in forge.requests)
    assert "auth_failed" in log
    assert "scans.run" in broker_text
    assert re.search(r'\[\[\d+\], {}, {"callbacks"', broker_text), "no body was read"
    assert good.url in seen["database"]
    assert good.slug in pages
    assert "ref: refs/heads/" in seen["files of the worker"]


def pages_about(client, user, *repositories: Repository) -> str:
    client.force_login(user)
    _, token = token_create(user=user, name="all", scopes=TokenScope.values)
    texts = []
    for repository in repositories:
        paths = [f"/repositories/{repository.slug}/", f"/repositories/{repository.slug}/webhook/"]
        paths += ["/scans/", "/api/v1/repositories/", f"/api/v1/repositories/{repository.slug}/"]
        paths += [
            f"/scans/{scan.public_id}/" for scan in Scan.objects.filter(repository=repository)
        ]
        for path in paths:
            answer = client.get(path, headers={"authorization": f"Bearer {token}"})
            assert answer.status_code == 200, path
            texts.append(answer.content.decode())
    return "\n".join(texts)
