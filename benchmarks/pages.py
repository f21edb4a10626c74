"""What each page costs on a large fleet: queries, time on the server, size.

usage: python -m benchmarks.pages FOLDER [--runs 20] [--only TEXT] [--busy] [--plans]

FOLDER is one that ``python -m benchmarks.seed_fleet`` made; its servers are started for the time. Every page, with its
main filters, orders and tabs, is asked for by somebody signed in through Django's test client, once to warm up and then
so many times. A page fails that asks more than 12 queries, whose 95th percentile is above 100 ms, or whose HTML is
above 150 kB. With ``--busy``, for a machine that does other things meanwhile, the mean processor time of this process
and of its database connection is judged instead. ``--plans`` prints the slowest query of each page that fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil

from benchmarks.installation import settings_load
from benchmarks.seed_fleet import EMAIL

if TYPE_CHECKING:
    from django.test import Client

QUERIES, MILLISECONDS, KILOBYTES = 12, 100.0, 150.0


@dataclass(frozen=True)
class Cost:
    """What a page cost."""

    path: str
    queries: int
    middle: float
    high: float
    busy: float
    kilobytes: float
    slowest: str
    is_page: bool

    def failures(self, *, by_processor: bool) -> list[str]:
        """What is too much. A download may take as long as its length asks for."""
        if not self.is_page:
            return []
        spent = self.busy if by_processor else self.high
        found = []
        if self.queries > QUERIES:
            found.append("queries")
        if spent > MILLISECONDS:
            found.append("time")
        if self.kilobytes > KILOBYTES:
            found.append("size")
        return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default="", help="Only paths with this text.")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--plans", action="store_true")
    given = parser.parse_args()
    folder = given.folder.resolve()
    os.environ["DATABASE_POOL_SIZE"] = "0"
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    settings_load(folder)
    from django.core.management import call_command

    from config.memory import views_keep
    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    failed = 0
    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(folder), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        views_keep()  # as a web process does
        print("queries   p50 ms   p95 ms  busy ms     kB  page", flush=True)
        for cost in _costs(given.runs, given.only):
            failures = cost.failures(by_processor=given.busy)
            failed += bool(failures)
            print(
                f"{cost.queries:7} {cost.middle:8.1f} {cost.high:8.1f} {cost.busy:8.1f} {cost.kilobytes:6.1f}"
                f"  {cost.path}{'  ← ' + ', '.join(failures) if failures else ''}",
                flush=True,
            )
            if failures and given.plans:
                print(f"        {cost.slowest}", flush=True)
    print(
        f"{failed} too slow, too large or with too many questions"
        if failed
        else "all within bounds"
    )
    return 1 if failed else 0


def _costs(runs: int, only: str) -> Iterator[Cost]:
    from django.test import Client

    from apps.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(email=EMAIL), "django.contrib.auth.backends.ModelBackend")
    for path in _paths():
        if only in path:
            yield _cost(client, path, runs)


def _cost(client: Client, path: str, runs: int) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    status, _content = _asked(client, path)
    if status not in {200, 302}:
        raise SystemExit(f"{path} answers {status}")
    with CaptureQueriesContext(connection) as asked:
        _asked(client, path)
    # Whatever is asked next forgets these.
    queries = len(asked)
    slowest = max(asked.captured_queries, key=lambda one: float(one["time"]), default=None)
    backend = psutil.Process(connection.connection.info.backend_pid)
    walls = []
    content = b""
    before = time.process_time() + sum(backend.cpu_times()[:2])
    for _ in range(runs):
        began = time.perf_counter()
        _status, content = _asked(client, path)
        walls.append(1000 * (time.perf_counter() - began))
    busy = time.process_time() + sum(backend.cpu_times()[:2]) - before
    return Cost(
        path=path,
        queries=queries,
        middle=median(walls),
        high=quantiles(walls, n=20)[-1],
        busy=1000 * busy / runs,
        kilobytes=len(content) / 1000,
        slowest=f"{slowest['time']} s: {slowest['sql'][:1500]}" if slowest else "",
        is_page=".csv" not in path and not path.startswith("/api/"),
    )


def _asked(client: Client, path: str) -> tuple[int, bytes]:
    response = client.get(path)
    content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    return response.status_code, content


def _paths() -> Iterator[str]:
    """Every page with its main states: of a large and of a small repository, of a team, of a busy rule."""
    from django.db.models import Count

    from apps.accounts.models import Team
    from apps.findings.models import Finding, Waiver
    from apps.scans.models import Scan
    from apps.scorecards.models import Campaign, Headline

    yield from ("/", "/?period=30", "/?period=1095")
    yield from ("/repositories/", "/repositories/?page=7", "/repositories/?q=ledger&sort=-score")
    yield from ("/repositories/?standing=off&sort=-must", "/repositories/?score=40-50&sort=-delta")
    yield from ("/repositories/?tag=legacy&sort=-new", "/repositories.csv")
    yield from ("/repositories/?view=matrix", "/repositories/?view=matrix&sort=section:Models")
    team = Team.objects.filter(parent=None).annotate(n=Count("children")).order_by("-n")[0].slug
    yield from ("/teams/", f"/teams/{team}/", f"/teams/{team}/edit/")
    for tab in ("repositories", "tasks", "trend&period=1095", "members"):
        yield f"/teams/{team}/?tab={tab}"
    rule = Finding.objects.values_list("code").annotate(n=Count("pk")).order_by("-n")[0][0]
    yield from ("/trends/", "/trends/?period=1095&step=day", f"/trends/?rule={rule}&period=1095")
    yield from ("/trends/?section=Models&period=365", "/trends/?level=MUST&period=1095")
    yield from (f"/trends/?team={team}&rule={rule}&period=1095", "/trends.csv?period=1095")
    yield from (
        "/rules/",
        "/rules/?q=name",
        f"/rules/{rule}/",
        "/guide/",
        "/guide/?coverage=covered",
    )
    yield from (
        "/scans/",
        "/scans/?state=done",
        "/scans/?state=failed",
        "/audit/",
        "/policy/",
        "/policy/fleet/",
    )
    yield from ("/waivers/", "/waivers/?state=approved", "/campaigns/", "/campaigns/new/")
    yield from (
        f"/campaigns/{slug}/" for slug in Campaign.objects.values_list("slug", flat=True)[:1]
    )
    yield from (f"/waivers/{pk}/" for pk in Waiver.objects.values_list("pk", flat=True)[:1])
    rows = Headline.objects.order_by("-must_open").values_list("repository_id", "repository__slug")
    for pk, slug in (rows[0], rows[500 if len(rows) > 500 else len(rows) - 1]):
        base = f"/repositories/{slug}/"
        yield from (
            base,
            f"{base}?tab=findings&level=MUST&page=3",
            f"{base}?tab=findings&code={rule}",
        )
        yield from (f"{base}?tab=findings&state=fixed", f"{base}?tab=findings&q=module7")
        yield from (f"{base}?tab=findings&group=new", f"{base}findings.csv")
        for tab in ("rules", "trend", "facts", "scans", "waivers", "ruff", "migrations"):
            yield f"{base}?tab={tab}"
        yield from (f"{base}history/", f"{base}webhook/", f"{base}waivers/new/")
        yield f"/trends/?repository={slug}&rule={rule}&period=1095"
        finding = Finding.objects.filter(repository=pk, state="open").order_by("-pk")[0]
        yield f"{base}findings/{finding.pk}/"
    scan = Scan.objects.order_by("-pk")[0]
    yield f"/scans/{scan.public_id}/"
    yield from ("/search/?q=led", "/profile/", "/repositories/register/")
    yield from ("/api/v1/scorecards/", f"/api/v1/repositories/{slug}/scorecard/", "/api/v1/rules/")


if __name__ == "__main__":
    sys.exit(main())
