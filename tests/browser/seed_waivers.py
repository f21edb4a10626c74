"""Waivers in every state, and findings with a past, for browser tests and screenshots."""

from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.findings.models import Finding, FindingEvent, FindingPatch
from apps.findings.services import waiver_approve, waiver_decline, waiver_request
from apps.repositories.models import Repository
from tests.browser.seed import EMAIL, POLYGLOT

REASON = "The customer portal reads this name until its release in January; the change is planned for the week after."


def waivers_create(made: dict[str, Repository]) -> str:
    """Ask for some waivers and decide a few; gives the page of one that waits."""
    boss = User.objects.get(email=EMAIL)
    dev = User.objects.create_user("grace@example.org", "a password for nobody")
    shop = made["payments-api"]
    today = timezone.localdate()
    rows = list(
        Finding.objects.filter(repository=shop, state="open", level="MUST").order_by("id")[:6]
    )
    for number, row in enumerate(rows):
        waiver = waiver_request(
            repository=shop,
            actor=dev,
            reason=REASON,
            finding=row,
            until=today + timedelta(days=9 * (number + 1)),
        )
        if number < 2:
            waiver_approve(waiver=waiver, actor=boss, version=1, note="Agreed.")
        elif number == 2:
            waiver_decline(waiver=waiver, actor=boss, version=1, note="It takes five minutes.")
    hostile = waiver_request(repository=made["hostile"], actor=dev, reason=POLYGLOT, code="MOD08")
    waits = waiver_request(
        repository=made["storefront"],
        actor=dev,
        reason=REASON,
        code="MOD08",
        path_pattern="apps/legacy",
    )
    _past(rows[0])
    _patched(rows[0])
    assert hostile.pk != waits.pk
    return f"/waivers/{waits.pk}/"


def _past(finding: Finding) -> None:
    """Give a finding a history to be told."""
    now = timezone.now()
    was = {"path": "apps/shop/models.py", "line": 88, "symbol": "apps.shop.models.Order.customer"}
    for days, kind, cause, more in (
        (80, "new", "code", {"commit": "5d41402abc4b2a76b9719d911017c592ae5f3b00"}),
        (61, "moved", "code", {"was": was, "commit": "7d793037a0760186574b0282f2f435e7ae5f3b00"}),
        (30, "fixed", "code", {"commit": "ad0234829205b9033196ba818f7a872b00000000"}),
        (12, "reopened", "code", {"commit": "9e107d9d372bb6826bd81d3542a419d600000000"}),
    ):
        FindingEvent.objects.create(
            finding=finding,
            repository=finding.repository,
            at=now - timedelta(days=days),
            kind=kind,
            cause=cause,
            code=finding.code,
            level=finding.level,
            **more,
        )


DIFF = """--- a/apps/orders/models.py
+++ b/apps/orders/models.py
@@ -120,5 +120,5 @@
     placed_at = models.DateTimeField(default=timezone.now)
     customer = models.ForeignKey(
-        "customers.Customer", on_delete=models.PROTECT, related_name="order"
+        "customers.Customer", on_delete=models.PROTECT, related_name="orders"
     )
     total = models.DecimalField(max_digits=10, decimal_places=2)  # with tax
"""


def _patched(finding: Finding) -> None:
    """Give a finding a patch that a worker has made."""
    Finding.objects.filter(pk=finding.pk).update(fix="safe")
    FindingPatch.objects.create(
        finding=finding,
        state="verified",
        fingerprint=finding.fingerprint,
        blob=finding.blob,
        commit="5d41402abc4b2a76b9719d911017c592ae5f3b00",
        diff=DIFF,
        asked_at=timezone.now(),
        made_at=timezone.now(),
    )
