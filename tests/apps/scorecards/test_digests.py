"""The weekly digest: what it says, that it is sent once, and the way out of it."""

import re
from datetime import date, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Barrier, Thread

import msgspec
import pytest

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Membership
from apps.accounts.services import member_put, team_create
from apps.findings.models import FindingEvent
from apps.findings.services import waiver_approve, waiver_request
from apps.scorecards.digests import CheapFix, Contents
from apps.scorecards.models import Digest, DigestMail, Snapshot
from apps.scorecards.selectors.digests import digest_contents, week_before
from apps.scorecards.services import snapshot_take
from apps.scorecards.services.digests import digest_send, digests_begin
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    SnapshotFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)  # a Monday
WEEK = date(2026, 11, 16)


def at(day, hour=12):
    return timezone.make_aware(datetime(2026, 11, day, hour))


@pytest.fixture
def sent(monkeypatch):
    """The digests that the workers were told to send."""
    found = []
    monkeypatch.setattr(
        "apps.scorecards.services.digests.composing.enqueue_on_commit",
        lambda task, pk, queue: found.append((task, pk)),
    )
    return found


@pytest.fixture
def team(user):
    made = team_create(name="Payments & <Co>")
    member_put(team=made, user=user)
    return made


def judged(repository, day, standing, score):
    scan = ScanFactory(repository=repository, finished=True, finished_at=at(day))
    return SnapshotFactory(scan=scan, taken_at=at(day), standing=standing, score=score)


def new_finding(repository, day, code="MOD08", *, kind="new", cause="code", **columns):
    finding = FindingFactory(repository=repository, code=code, **columns)
    FindingEvent.objects.create(
        finding=finding, repository=repository, kind=kind, cause=cause, at=at(day), code=code,
        level=finding.level,
    )  # fmt: skip
    return finding


def test_it_tells_what_changed_in_the_week_and_what_is_cheap(team, administrator):
    inner = team_create(name="Ledger", parent=team)
    shop = RepositoryFactory(team=team, name="shop\u202e", slug="shop")
    depot = RepositoryFactory(team=inner)
    judged(shop, 10, "plumb", 100)
    judged(shop, 18, "off", 71.5)
    judged(depot, 10, "off", 50)
    judged(depot, 24, "plumb", 100)
    judged(RepositoryFactory(), 18, "off", 1)
    for code in ("MOD01", "MOD02", "MOD03", "MOD05", "MOD06"):
        for _ in range(2):
            new_finding(shop, 17, code)
    new_finding(depot, 17, "MOD08", kind="reopened")
    new_finding(shop, 17, "MOD07", state="fixed", fixed_at=at(18))
    new_finding(shop, 17, "MOD07", cause="ruleset")
    new_finding(shop, 15, "MOD07")
    finding = new_finding(shop, 17, "MOD09", level="SHOULD")
    waiver = waiver_request(
        repository=shop, finding=finding, reason="x", actor=administrator,
        until=timezone.localdate() + timedelta(14),
    )  # fmt: skip
    waiver_approve(waiver=waiver, actor=administrator, version=1)
    scan = ScanFactory(repository=depot, finished=True)
    RuleResultFactory(scan=scan, code="MOD08", violations=3)
    RuleResultFactory(scan=scan, code="TYP01", violations=9)
    FindingFactory.create_batch(9, repository=depot, code="TYP01", fix="safe")
    snapshot_take(scan=scan)
    Snapshot.objects.filter(scan=scan).update(taken_at=at(25))
    contents = digest_contents(team=team, week=WEEK)
    assert [(item.slug, item.before, item.after) for item in contents.standings] == [
        ("shop", "plumb", "off")
    ]
    assert [(item.code, item.findings) for item in contents.new] == [
        (code, 2) for code in ("MOD01", "MOD02", "MOD03", "MOD05", "MOD06")
    ]
    assert (contents.more_new, contents.more_new_rules, contents.new_findings) == (1, 1, 11)
    assert [item.code for item in contents.waivers] == ["MOD09"]
    assert [(fix.code, fix.patches) for fix in contents.fixes] == [("TYP01", 9), ("MOD08", 0)]
    assert contents.summary == "1 change of standing, 11 new MUST findings, 1 waiver ends"
    assert week_before(TODAY) == week_before(date(2026, 11, 29)) == WEEK


def test_a_mail_has_text_and_html_without_anything_remote_and_a_way_out(team, user, sent):
    shop = RepositoryFactory(team=team, name="<b>shop</b>\n\u202e", slug="shop")
    judged(shop, 10, "plumb", 100)
    judged(shop, 18, "off", 71.5)
    assert digests_begin(today=TODAY) == 1
    assert digest_send(digest_id=sent[0][1]) == 1
    (message,) = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "[Plumbline] Payments & <Co>: 1 change of standing"
    text, html = message.body, message.alternatives[0][0]
    assert "plumb -> off (score 100.0 -> 71.5)" in text
    assert "Payments & <Co>" in text
    assert "\u202e" not in text + html
    assert "<b>shop</b>" not in html and "&lt;b&gt;shop&lt;/b&gt;" in html
    assert "http://localhost:8000/repositories/shop/" in text
    assert not re.search(r"<(img|link|script|style|iframe)|url\(|style=", html)
    headers = message.message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = headers["List-Unsubscribe"].strip("<>")
    assert stop in text and stop in html
    stranger, path = Client(enforce_csrf_checks=True), stop.removeprefix("http://localhost:8000")
    asked = stranger.get(path)
    assert b"Stop the weekly digest of Payments" in asked.content
    assert Membership.objects.get().wants_digest, "programs follow links in mails"
    done = stranger.post(path, {"List-Unsubscribe": "One-Click"})
    assert (done.status_code, "no-store" in done["Cache-Control"]) == (200, True)
    assert not Membership.objects.get().wants_digest
    assert stranger.post(f"{path[:-2]}x/").status_code == 404
    Membership.objects.all().delete()
    assert b"You are not in this team" in stranger.get(path).content


def test_a_quiet_week_sends_nothing_and_is_looked_at_once(team, sent, monkeypatch):
    RepositoryFactory(team=team)
    assert digests_begin(today=TODAY) == 0
    assert (Digest.objects.count(), DigestMail.objects.count(), sent) == (1, 0, [])
    judged(RepositoryFactory(team=team), 10, "plumb", 100)
    assert digests_begin(today=TODAY + timedelta(2)) == 0
    assert Digest.objects.count() == 1


@pytest.fixture
def waiting(team, user, sent):
    """A digest that waits to be sent to its one reader."""
    contents = Contents(WEEK, 1, [], [], [], [CheapFix("MOD08", "Names", 1, 1, 0, 5)])
    digest = Digest.objects.create(team=team, week=WEEK, content=msgspec.to_builtins(contents))
    return DigestMail.objects.create(digest=digest, user=user)


def test_what_the_server_does_not_take_is_tried_three_times(waiting, sent, monkeypatch):
    errors = [SMTPServerDisconnected("gone"), TimeoutError(), SMTPServerDisconnected("gone")]

    def send(_self, **_kwargs):
        raise errors.pop()

    monkeypatch.setattr(EmailMultiAlternatives, "send", send)
    for state in ("waiting", "waiting", "failed"):
        digest_send(digest_id=waiting.digest_id)
        waiting.refresh_from_db()
        assert waiting.state == state
        assert digests_begin(today=TODAY) == (state == "waiting")
    assert waiting.problem == "SMTPServerDisconnected"
    assert digest_send(digest_id=waiting.digest_id) == 0


def test_a_refused_address_and_a_change_of_mind_end_a_mail(waiting, user, monkeypatch):
    Membership.objects.update(wants_digest=False)
    assert digest_send(digest_id=waiting.digest_id) == 0
    assert not DigestMail.objects.exists()
    Membership.objects.update(wants_digest=True)
    again = DigestMail.objects.create(digest=waiting.digest, user=user)

    def send(_self, **_kwargs):
        raise SMTPRecipientsRefused({user.email: (550, b"no such user")})

    monkeypatch.setattr(EmailMultiAlternatives, "send", send)
    digest_send(digest_id=again.digest_id)
    again.refresh_from_db()
    assert (again.state, again.attempts) == ("failed", 1)


def test_what_a_dead_worker_was_sending_is_not_sent_again(waiting, sent):
    DigestMail.objects.update(
        state="sending", claimed_at=timezone.now() - timedelta(minutes=20), attempts=1
    )
    assert digests_begin(today=TODAY) == 0
    waiting.refresh_from_db()
    assert waiting.state == "unknown"
    assert digest_send(digest_id=waiting.digest_id) == 0
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_two_beats_and_two_workers_send_it_once(team, sent):
    for _ in range(4):
        member_put(team=team, user=UserFactory())
    shop = RepositoryFactory(team=team)
    judged(shop, 10, "plumb", 100)
    judged(shop, 18, "off", 71.5)
    barrier = Barrier(2)

    def work():
        try:
            barrier.wait()
            digests_begin(today=TODAY)
            barrier.wait()
            digest_send(digest_id=Digest.objects.get().pk)
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail.outbox) == len({message.to[0] for message in mail.outbox}) == 5
    assert set(DigestMail.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_preview_keeps_and_sends_nothing(team, capsys):
    judged(RepositoryFactory(team=team, slug="shop"), 10, "plumb", 100)
    call_command("digest_preview", team.slug, "--week", "2026-11-18")
    told = capsys.readouterr()
    assert "Subject: [Plumbline] Payments" in told.out
    assert "Nothing changed" in told.err
    call_command("digest_preview", team.slug, "--html")
    assert "<h1>Payments &amp; &lt;Co&gt;</h1>" in capsys.readouterr().out
    assert not Digest.objects.exists()
    assert mail.outbox == []
