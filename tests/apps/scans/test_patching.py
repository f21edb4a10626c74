"""Patches of findings: asked for on the page or over the API, made by a worker, proved before they are shown."""

import subprocess
from datetime import timedelta

import pytest

from django.test import Client
from django.utils import timezone

from apps.findings.exceptions import PatchNotPossible
from apps.findings.models import Finding, FindingPatch
from apps.findings.selectors import finding_get, patch_of
from apps.findings.services import patch_request
from apps.repositories.mirrors import mirror_store
from apps.scans.pipeline import patch_make
from plumbline.sandbox import Sandbox, SandboxError
from tests.apps.scans.running import scan
from tests.apps.source import SHOP

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]


MODELS = SHOP["apps/orders/models.py"] + (
    "\n\nclass Parcel(models.Model):\n"
    "    name = models.CharField(max_length=5)\n\n"
    "    def __str__(self) -> str:\n"
    "        return self.name\n\n"
    "    class Meta:\n"
    '        ordering = ["name"]\n'
)


@pytest.fixture
def fixable(shop, source, user):
    source.push({"apps/orders/models.py": MODELS})
    scan(shop)
    finding = Finding.objects.get(code="MOD05", state="open")
    return finding_get(user=user, pk=finding.pk)


def test_a_patch_is_made_once_proved_shown_and_fits(shop, source, user, bot, fixable):
    client = Client()
    client.force_login(user)
    page = f"/repositories/shop/findings/{fixable.pk}/"
    assert client.get(f"{page}finding.patch").status_code == 404
    assert b"Make the patch" in client.get(page).content
    assert client.post(f"{page}patch/?level=MUST")["Location"] == f"{page}?level=MUST#patch"
    part = client.get(page, headers={"HX-Request": "true", "HX-Target": "section#patch"})
    assert b'hx-trigger="every 2s"' in part.content and b"<html" not in part.content
    assert patch_make(fixable.pk)
    assert not patch_make(fixable.pk), "nobody waits any more"
    patch = patch_of(fixable)
    assert (patch.state, patch.reason) == ("verified", "")
    shown = client.get(page).content
    assert b"Verified on" in shown and b"diff-plus" in shown and b"hx-trigger" not in shown
    file = client.get(f"{page}finding.patch")
    assert file["Content-Disposition"].endswith(f'"{fixable.code}-{fixable.pk}.patch"')
    subprocess.run(
        ["git", "apply", "--check", "-"], cwd=source.tree, input=file.content, check=True
    )
    assert bot().get(f"/api/v1/findings/{fixable.pk}/patch/").json()["diff"] == patch.diff
    again = bot().post(f"/api/v1/findings/{fixable.pk}/patch/")
    assert (again.status_code, again.json()["state"]) == (202, "verified")


def test_a_patch_goes_with_the_code_that_it_was_made_for(shop, source, fixable, user):
    patch_request(finding=fixable)
    patch_make(fixable.pk)
    source.push({fixable.path: "# quite another thing\n" + MODELS})
    scan(shop)
    moved = finding_get(user=user, pk=fixable.pk)
    assert moved.line == fixable.line + 1
    assert patch_of(moved) is None
    # This machine has no copy any more: the branch is fetched again.
    mirror_store().forget(shop.pk)
    patch_request(finding=moved)
    patch_make(moved.pk)
    assert patch_of(moved).state == "verified"


def test_what_goes_wrong_stands_on_the_patch_and_it_can_be_asked_for_again(
    shop, fixable, monkeypatch
):
    def broken(self, job):
        raise SandboxError("out_of_memory", "it needed more than 4 GiB")

    with monkeypatch.context() as patched:
        patched.setattr(Sandbox, "evaluate", broken)
        patch_request(finding=fixable)
        assert patch_make(fixable.pk)
    failed = patch_of(fixable)
    assert (failed.state, "4 GiB" in failed.reason) == ("failed", True)
    assert patch_request(finding=fixable).state == "waiting"
    FindingPatch.objects.update(asked_at=timezone.now() - timedelta(minutes=9))
    before = FindingPatch.objects.get().asked_at
    assert patch_request(finding=fixable).asked_at > before, "a lost hint is repeated"
    Finding.objects.filter(pk=fixable.pk).update(fix="")
    fixable.refresh_from_db()
    with pytest.raises(PatchNotPossible):
        patch_request(finding=fixable)
