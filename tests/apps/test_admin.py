import pytest

from django.contrib import admin
from django.urls import reverse

from apps.accounts.models import ApiToken
from apps.accounts.services import audit_record, token_create
from apps.findings.services import waiver_request
from apps.scans.models import DeliveryOutcome, WebhookDelivery
from tests.apps.factories import FindingFactory, ScanFactory

pytestmark = pytest.mark.django_db

OURS = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model.__module__.startswith("apps.")
)


@pytest.fixture
def rows(repository, administrator):
    token_create(user=administrator, name="ci", scopes=["scan:read"])
    audit_record(action="a", target="b", actor=administrator)
    FindingFactory(repository=repository)
    waiver_request(repository=repository, actor=administrator, code="MOD08", reason="x")
    WebhookDelivery.objects.create(
        endpoint=repository.webhook,
        delivery_id="d",
        body_digest="0" * 64,
        event="push",
        outcome=DeliveryOutcome.IGNORED,
        scan=ScanFactory(),
    )


@pytest.mark.parametrize("label", OURS)
def test_each_list_and_row_can_be_looked_at(client, administrator, rows, label):
    client.force_login(administrator)
    app, model = label.split(".")
    page = client.get(reverse(f"admin:{app}_{model}_changelist"))
    assert page.status_code == 200
    pk = page.context["cl"].queryset.first().pk
    assert client.get(reverse(f"admin:{app}_{model}_change", args=[pk])).status_code == 200


@pytest.mark.parametrize("label", [label for label in OURS if label != "accounts.user"])
def test_nothing_but_people_is_written_in_the_admin(client, administrator, rows, label):
    client.force_login(administrator)
    app, model = label.split(".")
    assert client.get(reverse(f"admin:{app}_{model}_add")).status_code == 403


def test_tokens_are_revoked_in_the_admin(client, administrator, rows):
    client.force_login(administrator)
    token = ApiToken.objects.get()
    client.post(
        reverse("admin:accounts_apitoken_changelist"),
        {"action": "revoke", "_selected_action": [token.pk]},
    )
    token.refresh_from_db()
    assert token.revoked_at


def test_no_page_of_the_admin_shows_a_secret(client, administrator, rows, repository):
    client.force_login(administrator)
    page = client.get(reverse("admin:repositories_repository_change", args=[repository.pk]))
    assert repository.webhook.sealed_secret not in page.content.decode()
