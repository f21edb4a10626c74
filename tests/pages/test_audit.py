"""The audit log as people and programs read it."""

import csv
import io

import pytest
from rest_framework.test import APIClient

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.services import audit_record, team_create, team_update, token_create
from core.csv_rows import csv_cell
from tests.apps.factories import UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "div#events"}


@pytest.fixture
def auditor():
    """Somebody who may read the log and is no administrator."""
    person = UserFactory(email="auditor@example.org")
    person.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    return person


@pytest.fixture
def client(auditor):
    made = Client()
    made.force_login(auditor)
    return made


@pytest.fixture
def acts():
    """Two people, some acts of each kind."""
    ada, bob = UserFactory(email="ada@example.org"), UserFactory(email="bob@example.org")
    team = team_create(name="Payments", actor=ada)
    team_update(team=team, name="Payments team", actor=bob)
    audit_record(action="waiver.expire", target="waiver:7", detail={"repository": "shop"})
    audit_record(action="policy.publish", target="policy:fleet", actor=ada, detail={
        "number": 3, "reason": "=1+1", "changes": [f"MOD{n:02}: level MUST → MAY" for n in range(60)],
    })  # fmt: skip


def told(response):
    return [(row.event.action, row.event.actor_name) for row in response.context["page"].rows]


def test_the_log_is_filtered_by_who_what_whom_and_when(acts, client):
    page = client.get("/audit/")
    assert [action for action, _ in told(page)] == [
        "policy.publish", "waiver.expire", "team.update", "team.create",
    ]  # fmt: skip
    text = page.content.decode()
    for part in ("Published a policy", "name: Payments → Payments team", "Plumbline", "and more"):
        assert part in text
    assert "{&quot;" not in text
    assert 'title="' in text[text.index("<time") :][:120]
    for query, count in {
        "actor=ada@example.org": 2, "actor=bo": 1, "actor=nobody": 0, "action=team": 2,
        "action=team.create": 1, "action=unknown": 4, "target=payments": 2,
        "target=team:payments": 2, "period=day": 4, "actor=ada@example.org&action=policy": 1,
        "before=0": 0, "before=x": 4,
    }.items():  # fmt: skip
        assert len(told(client.get(f"/audit/?{query}"))) == count, query
    part = client.get("/audit/?action=&actor=ada@example.org", headers=HTMX)
    assert part.content.strip().startswith(b'<div id="events"')
    assert part["HX-Replace-Url"] == "/audit/?actor=ada%40example.org"


def test_long_logs_are_cut_by_where_one_is_and_never_counted(auditor, client):
    for number in range(120):
        audit_record(action="scan.cancel", target=f"scan:{number}", actor=auditor)
    seen, address = [], "/audit/"
    while address:
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address).context["page"]
        assert len(asked) <= 8
        assert not any("COUNT(" in query["sql"] for query in asked)
        seen += [row.event.target for row in page.rows]
        address = page.older and f"/audit/{page.older}"
    assert seen == [f"scan:{number}" for number in range(119, -1, -1)]


def test_the_csv_holds_what_is_filtered_and_no_formula(acts, client, monkeypatch):
    response = client.get("/audit/events.csv?actor=ada@example.org")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert rows[0] == ["at", "who", "action", "target", "detail"]
    assert [row[2] for row in rows[1:]] == ["policy.publish", "team.create"]
    assert [csv_cell(cell) for cell in ("=1+1", "@x", "-3", "a=b", None)] == [
        "'=1+1", "'@x", "'-3", "a=b", "",
    ]  # fmt: skip
    monkeypatch.setattr("apps.accounts.audit_pages.CSV_ROWS", 1)
    response = client.get("/audit/events.csv")
    assert len(b"".join(response.streaming_content).decode().splitlines()) == 2


def test_a_program_reads_the_same(acts, auditor):
    _, text = token_create(user=auditor, name="siem", scopes=["audit:read"])
    bot = APIClient()
    bot.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    found = bot.get("/api/v1/audit/?action=policy&target=fleet").json()["results"]
    assert [(one["actor"], one["told"][:2]) for one in found] == [
        ("ada@example.org", ["number: 3", "reason: =1+1"])
    ]
    assert bot.get("/api/v1/audit/?since=2999-01-01T00:00:00Z").json()["results"] == []
    assert bot.get("/api/v1/audit/?since=soon").json()["code"] == "invalid"


def test_others_do_not_read_it(acts):
    other = Client()
    other.force_login(UserFactory())
    for path in ("/audit/", "/audit/events.csv", "/api/v1/audit/"):
        assert other.get(path).status_code == 403
