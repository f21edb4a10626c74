"""History over the API, on its page and from the command line."""

import io

import pytest

from django.core.management import CommandError, call_command

from apps.accounts.models import TokenScope
from apps.scans.models import Backfill, Scan
from tests.apps.factories import RepositoryFactory, ScanFactory
from tests.apps.scans.running import backfilled, months_ago

API = "/api/v1/repositories/shop/backfill/"
PAGE = "/repositories/shop/history/"


@pytest.fixture
def page(client, user):
    client.force_login(user)
    return client


def test_a_bot_asks_for_history_and_sees_how_far_it_is(old_shop, bot):
    client = bot(TokenScope.SCAN_WRITE, TokenScope.SCAN_READ)
    assert client.get(API).json()["code"] == "no_backfill"
    asked = client.post(API, {"months": 3}, format="json")
    assert (asked.status_code, asked["Location"]) == (202, API)
    assert asked.json()["state"] == "waiting"
    assert asked.json()["months_wanted"] == 3
    backfilled(old_shop, months=3)
    found = client.get(API).json()
    assert (found["state"], found["months_over"], found["months_failed"]) == ("done", 2, 0)
    newest = found["months"][-1]
    assert newest["state"] == "done"
    assert newest["score"] == float(Scan.objects.get(as_of=months_ago(1)).score or 0)
    assert client.get(newest["scan"]).json()["trigger"] == "backfill"
    assert found["error"] is None


@pytest.mark.parametrize("months", [0, 61, "many", 1.5])
def test_a_bot_is_told_which_months_there_are(repository, bot, months):
    answer = bot(TokenScope.SCAN_WRITE).post(API, {"months": months}, format="json")
    assert answer.status_code == 400
    assert not Backfill.objects.exists()


def test_a_bot_may_take_the_wish_back(repository, bot):
    client = bot(TokenScope.SCAN_WRITE, TokenScope.SCAN_READ)
    client.post(API)
    assert client.delete(API).json()["state"] == "cancelled"
    again = client.delete(API)
    assert (again.status_code, again.json()["code"]) == (409, "backfill_finished")


def test_a_bot_sees_why_a_history_cannot_be_had(repository, bot):
    Backfill.objects.create(
        repository=repository,
        months=2,
        state="failed",
        error_code="timeout",
        error_text="The server took too long.",
        error_remedy="Scan again later.",
        finished_at=months_ago(0, 1),
    )
    error = bot(TokenScope.SCAN_READ).get(API).json()["error"]
    assert (error["code"], error["remedy"]) == ("timeout", "Scan again later.")


def test_a_bot_registers_with_as_much_history_as_it_likes(bot):
    given = {"url": "https://github.com/example/till.git", "history_months": 24}
    answer = bot(TokenScope.REPOSITORY_WRITE).post("/api/v1/repositories/", given)
    assert answer.status_code == 201
    assert Backfill.objects.get().months == 24
    given = {"url": "https://github.com/example/cart.git", "history_months": 61}
    assert bot(TokenScope.REPOSITORY_WRITE).post("/api/v1/repositories/", given).status_code == 400


def test_somebody_registers_without_history(page):
    given = {"url": "https://github.com/example/till.git", "history_months": "0"}
    assert page.post("/repositories/register/", given).status_code == 200
    assert not Backfill.objects.exists()
    given = {"url": "https://github.com/example/cart.git", "history_months": "61"}
    assert b"less than or equal to 60" in page.post("/repositories/register/", given).content


def test_the_page_asks_for_history_and_shows_every_month(old_shop, page):
    assert page.get(PAGE).status_code == 200
    assert page.post(PAGE, {"months": "6"}).status_code == 302
    assert b"The last 6 months" in page.get(PAGE).content
    backfilled(old_shop, months=6)
    shown = page.get(PAGE).content.decode()
    assert "4 of 4 months" in shown
    for number in (5, 4, 2, 1):
        assert f"{months_ago(number):%B %Y}" in shown
    part = page.get(PAGE, headers={"HX-Request": "true", "HX-Target": "section#progress"})
    assert part.content.decode().lstrip().startswith('<section id="progress"')
    trend = page.get("/repositories/shop/?tab=trend").content.decode()
    assert trend.count('<span class="tag">judged since</span>') == 4


@pytest.mark.parametrize("months", ["0", "61", "x", "9" * 5000])
def test_the_page_refuses_months_that_make_no_sense(repository, page, months):
    assert page.post(PAGE, {"months": months}).status_code == 400
    assert not Backfill.objects.exists()


def test_an_empty_field_asks_for_what_the_installation_is_set_to(repository, page, settings):
    settings.PLUMBLINE_BACKFILL_MONTHS = 7
    assert page.post(PAGE, {"months": ""}).status_code == 302
    assert Backfill.objects.get().months == 7


def test_the_page_cancels(repository, page):
    assert page.post(f"{PAGE}cancel/").status_code == 404
    page.post(PAGE, {"months": "6"})
    assert page.post(f"{PAGE}cancel/").status_code == 302
    assert b"It was cancelled" in page.get(PAGE).content


def test_the_page_says_why_a_month_failed(repository, page):
    backfill = Backfill.objects.create(
        repository=repository,
        months=2,
        state="running",
        plan=[["1" * 40, months_ago(2).isoformat()], ["2" * 40, months_ago(1).isoformat()]],
    )
    ScanFactory(
        repository=repository,
        backfill=backfill,
        lane="backfill",
        trigger="backfill",
        commit="1" * 40,
        as_of=months_ago(2),
        state="failed",
        phase="done",
        finished_at=months_ago(0, 1),
        error_code="engine_failed",
        error_text="The engine could not judge this commit.",
    )
    shown = page.get(PAGE).content.decode()
    assert "1 of 2 months" in shown
    assert "The engine could not judge this commit." in shown
    assert "to come" in shown


def test_the_command_asks_for_several_histories(db):
    first, second = RepositoryFactory(), RepositoryFactory()
    said = io.StringIO()
    call_command("backfill", first.slug, second.slug, "--months", "5", stdout=said)
    assert said.getvalue().splitlines() == [
        f"{one.slug}: 5 months, waiting" for one in (first, second)
    ]


def test_the_command_says_what_is_wrong(db):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("backfill", "nowhere")
    with pytest.raises(CommandError, match="1 to 60 months"):
        call_command("backfill", RepositoryFactory().slug, "--months", "99")
