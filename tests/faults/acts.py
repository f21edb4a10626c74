"""What the fault tests do and compare: follow a repository, push to it, read what was recorded."""

import hashlib
import hmac
import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from apps.accounts.models import User
from apps.findings.models import Finding
from apps.repositories.models import Repository
from apps.repositories.selectors import endpoint_secret
from apps.repositories.services import repository_register
from apps.scans.models import LintedBlob, LintReport, Outline, RuleResult, Scan, UnreadableFile
from apps.scans.services import scan_request
from apps.scorecards.models import Snapshot
from tests.apps.source import Source
from tests.faults.installation import Web, wait_for

_MODELS = '''"""Part {number}, edition {edition}."""

from django.db import models


class Maker{number}(models.Model):
    name = models.CharField(max_length={width}, null=True)

    def __str__(self):
        return self.name


class Thing{number}(models.Model):
    maker = models.ForeignKey(Maker{number}, on_delete=models.CASCADE)
    colour = models.CharField(max_length=20)

    def price(self):
        total = 0
        for part in Thing{number}.objects.filter(maker=self.maker):
            total += part.maker.pk + {edition}
        return total
'''


def edition(number: int, files: int) -> dict[str, str]:
    """So many modules that no scan has seen, with something wrong in each."""
    return {
        f"apps/orders/parts/models{part}.py": _MODELS.format(
            number=part, edition=number, width=50 + number
        )
        for part in range(files)
    }


def follow(source: Source, branch: str = "") -> Repository:
    """Register a repository as somebody would, whose first scan waits from then on."""
    person, _ = User.objects.get_or_create(email="faults@example.org")
    return repository_register(url=source.url, branch=branch, actor=person, allow_local=True)


def ask(repository: Repository) -> Scan:
    """Ask for a scan of what is there now."""
    return scan_request(repository=repository, trigger="manual")


def ended(*scans: Scan, seconds: float) -> float:
    """Wait until scans have ended; the seconds that it took."""
    keys = [scan.pk for scan in scans]

    def all_ended() -> bool:
        return not Scan.objects.filter(pk__in=keys, finished_at__isnull=True).exists()

    def states() -> list[object]:
        return list(Scan.objects.filter(pk__in=keys).values("pk", "state", "phase", "attempt"))

    return wait_for(all_ended, seconds=seconds, what=states)


@dataclass(frozen=True)
class Verdict:
    """All that a scan left, without the numbers that any two scans differ in."""

    scan: tuple[object, ...]
    results: list[tuple[object, ...]]
    findings: list[tuple[object, ...]]
    unreadable: list[str]
    linted: list[tuple[object, ...]]


def verdict(scan: Scan) -> Verdict:
    """Read what a scan of a watched branch recorded."""
    return Verdict(
        scan=Scan.objects.values_list(
            # Not the standing, which depends on what was known before.
            "state",
            "error_code",
            "commit",
            "score",
            "evaluated",
            "files_read",
            "facts",
        ).get(pk=scan.pk),
        results=list(
            RuleResult.objects.filter(scan_id=scan.pk)
            .order_by("code")
            .values_list("code", "state", "subjects", "violations", "suppressed", "evidence")
        ),
        findings=list(
            Finding.objects.filter(repository_id=scan.repository_id, state="open")
            .order_by("fingerprint")
            .values_list("fingerprint", "code", "path", "line", "symbol", "message")
        ),
        unreadable=list(
            UnreadableFile.objects.filter(scan_id=scan.pk)
            .order_by("path")
            .values_list("path", flat=True)
        ),
        linted=list(LintReport.objects.filter(scan_id=scan.pk).values_list("problem", "data")),
    )


def recorded_once(scan: Scan) -> bool:
    """Whether a scan has one point on the trend, and no rule a result of it twice."""
    codes = list(RuleResult.objects.filter(scan_id=scan.pk).values_list("code", flat=True))
    return (
        Snapshot.objects.filter(scan_id=scan.pk).count() == 1 and len(codes) == len(set(codes)) > 0
    )


def outlines_forget() -> None:
    """Let the next scan read everything itself."""
    Outline.objects.all().delete()
    LintedBlob.objects.all().delete()


def signed_push(repository: Repository, commit: str, *, branch: str = "main") -> "Delivery":
    """A push as the host of a repository would announce it."""
    body = json.dumps({"ref": f"refs/heads/{branch}", "after": commit}).encode()
    secret = endpoint_secret(repository.webhook).encode()
    return Delivery(
        path=f"/webhooks/github/{repository.webhook.public_id}/",
        body=body,
        headers={
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        },
    )


@dataclass(frozen=True)
class Delivery:
    """A request that announces a push."""

    path: str
    body: bytes
    headers: Mapping[str, str]


def send(web: Web, delivery: Delivery, *, sender: str = "192.0.2.1") -> tuple[int, dict]:
    """Deliver through the proxy that stands before a production server."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    try:
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": sender}
        connection.request("POST", delivery.path, delivery.body, {**delivery.headers, **proxied})
        response = connection.getresponse()
        content = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, json.loads(content) if is_json else {}
    finally:
        connection.close()


def health(web: Web) -> str:
    """What the health page tells a program."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
    try:
        connection.request("GET", "/health/?format=json", headers={"X-Forwarded-Proto": "https"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
