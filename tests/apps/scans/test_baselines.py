"""Leaning: what was there at the baseline is nobody's fault any more, what came since is."""

from datetime import timedelta

import msgspec
import pytest

from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.findings.models import Finding
from apps.findings.services import repository_baseline_set
from apps.findings.services.baselines import BaselineBehind
from apps.rulebook.selectors import rules_by_code
from apps.scorecards.models import Headline, Sheet, Snapshot
from apps.scorecards.selectors import scorecard_of
from apps.scorecards.sheets import sheet_decode
from core.exceptions import Invalid
from plumbline.policy import Policy, tally, terms_of
from tests.apps.factories import RepositoryFactory
from tests.apps.scans.running import scan
from tests.apps.scans.test_pipeline import WORSE
from tests.apps.source import SHOP

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]
MODELS = "apps/orders/models.py"


def standings(repository):
    """The standing of a repository, wherever it is told."""
    sheet = Sheet.objects.get(repository=repository)
    terms = terms_of(msgspec.convert(sheet.policy, Policy), rules_by_code())
    newest = Snapshot.objects.filter(repository=repository).first()
    return {
        newest.standing,
        newest.scan.__class__.objects.get(pk=newest.scan_id).standing,
        scorecard_of(repository).standing,
        Headline.objects.get(repository=repository).standing,
        tally(sheet_decode(sheet.data), terms).standing,
    }


def test_a_repository_leans_until_something_comes_and_again_from_a_new_baseline(
    shop, source, bot, administrator
):
    scan(shop)
    assert standings(shop) == {"leaning"}
    source.push({**SHOP, MODELS: SHOP[MODELS] + WORSE})
    worse = scan(shop)
    assert standings(shop) == {"off"}
    snapshot = Snapshot.objects.first()
    assert (
        0
        < snapshot.new_must
        == Finding.objects.filter(
            came_at__isnull=False, level="MUST", preview=False, state="open"
        ).count()
    )
    assert snapshot.new >= snapshot.new_must and snapshot.flows["MOD08"] == [1, 0, 0]

    address = f"/api/v1/repositories/{shop.slug}/baseline/"
    assert bot().post(address, {"reason": "as it is"}, format="json").status_code == 403
    client = bot(person=administrator)
    answer = client.post(address, {"reason": "as it is"}, format="json")
    assert answer.json()["baseline_at"] == client.get(address).json()["baseline_at"]
    assert standings(shop) == {"leaning"}
    newest = Snapshot.objects.first()
    assert (newest.occasion, newest.scan, newest.causes) == ("baseline", worse, {})
    event = AuditEvent.objects.get(action="repository.baseline_set")
    assert (event.actor, event.detail["from"]) == (administrator, "first judgement")

    source.push(SHOP)
    scan(shop)
    assert Snapshot.objects.first().flows["MOD08"] == [0, 1, 0]
    source.push({**SHOP, MODELS: SHOP[MODELS] + WORSE})
    scan(shop)
    assert standings(shop) == {"off"}


def test_a_baseline_moves_forward_with_a_reason_after_a_judgement(shop):
    with pytest.raises(Invalid):
        repository_baseline_set(repository=RepositoryFactory(), reason="early")
    scan(shop)
    now = timezone.now()
    for reason, at in ((" ", now), ("ahead", now + timedelta(hours=1))):
        with pytest.raises(Invalid):
            repository_baseline_set(repository=shop, reason=reason, at=at)
    repository_baseline_set(repository=shop, reason="settled", at=now)
    with pytest.raises(BaselineBehind):
        repository_baseline_set(repository=shop, reason="back", at=now - timedelta(days=1))
