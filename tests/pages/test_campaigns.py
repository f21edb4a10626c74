"""The pages of campaigns as a client without a browser sees them."""

from datetime import timedelta

import pytest

from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.scorecards.models import Campaign
from apps.scorecards.selectors.campaigns import Scope
from apps.scorecards.services.campaigns import campaign_create, campaign_start
from tests.apps.factories import FindingFactory, UserFactory
from tests.browser import seed, seed_campaigns

QUERIES = 12


@pytest.fixture
def campaigns(db):
    seed.person_create()
    seed.fleet_create()
    return seed_campaigns.campaigns_create()


@pytest.fixture
def signed_in(campaigns):
    client = Client()
    client.force_login(User.objects.get(email=seed.EMAIL))
    return client


def test_pages_ask_little_and_show_what_they_are_for(
    signed_in, campaigns, django_assert_max_num_queries
):
    good, late, draft, closed = (campaigns[name] for name in ("good", "late", "draft", "closed"))
    codes = "&".join(f"rule={code}" for code in good.codes)
    repository = Campaign.objects.get(pk=late.pk).shares.filter(remaining__gt=0).first()
    for path, words in {
        "/campaigns/": (good.name, "at this pace", "left", "&lt;img src=x"),
        "/campaigns/?state=closed": (closed.name, "0 of"),
        f"/campaigns/{good.slug}/": ("Burn-down", "patch", "Close this campaign?"),
        f"/campaigns/{late.slug}/": (f"/repositories/{repository.repository_slug}/?code=",),
        f"/campaigns/{draft.slug}/": ("Start", "&lt;img src=x", "A draft holds nothing yet"),
        f"/campaigns/{closed.slug}/": ("closed to stand",),
        f"/campaigns/{draft.slug}/change/": ("Save", "Patches ready"),
        f"/campaigns/{good.slug}/change/": ("is frozen since it started",),
        f"/campaigns/{good.slug}/close/": ("Make it standing",),
        "/campaigns/new/": ("Choose a rule.",),
        f"/campaigns/new/?{codes}&scope=fleet": ("Open findings", good.codes[0]),
        "/campaigns/new/?scope=repositories&repositories=billing,nothing": (
            "There is no nothing.",
        ),
        "/campaigns/new/?scope=teams&rule=NONE&q=settings": ('name="team"',),
    }.items():
        with django_assert_max_num_queries(QUERIES):
            response = signed_in.get(path)
        page = response.content.decode()
        assert response.status_code == 200, path
        assert len(response.content) < 150_000, path
        for word in words:
            assert word in page, (path, word)
    lines = (
        b"".join(signed_in.get(f"/campaigns/{late.slug}/repositories.csv")).decode().split("\r\n")
    )
    assert lines[0].startswith("repository,name,at start,left,")
    assert len(lines) == late.repositories_held + 2
    part = signed_in.get("/campaigns/", headers={"HX-Request": "true", "HX-Target": "div#listing"})
    assert part.content.strip().startswith(b'<div id="listing"')


def test_a_campaign_is_made_changed_started_and_closed_without_a_script(signed_in, campaigns):
    code = campaigns["late"].codes[0]
    form = {"name": "Once more", "target_on": timezone.localdate() + timedelta(9), "scope": "fleet"}
    refused = signed_in.post("/campaigns/new/", {**form, "act": "draft"})
    assert b"A campaign needs a rule." in refused.content
    made = signed_in.post("/campaigns/new/", {**form, "rule": code, "act": "draft"})
    assert made["Location"] == "/campaigns/once-more/"
    changed = {**form, "name": "Calm", "rule": code, "version": 1, "owner": seed.EMAIL}
    assert signed_in.post("/campaigns/once-more/change/", changed).status_code == 302
    assert (
        b"Somebody else has changed"
        in signed_in.post("/campaigns/once-more/change/", changed).content
    )
    signed_in.post("/campaigns/once-more/start/", {"version": 2})
    campaign = Campaign.objects.get(slug="once-more")
    assert (campaign.state, campaign.name, campaign.codes) == ("running", "Calm", [code])
    page = signed_in.post("/campaigns/once-more/close/", {"version": 3}, follow=True)
    assert b"The campaign is closed." in page.content
    late = signed_in.post("/campaigns/once-more/close/", {"version": 3})
    assert late.status_code == 409
    draft = campaigns["draft"]
    signed_in.post(f"/campaigns/{draft.slug}/discard/", {"version": draft.version})
    assert not Campaign.objects.filter(pk=draft.pk).exists()


def test_who_may_not_run_one_is_offered_none(db):
    client = Client()
    client.force_login(UserFactory())
    assert b"No campaign yet" in client.get("/campaigns/").content
    FindingFactory()
    person = UserFactory(is_staff=True)
    campaign = campaign_create(
        name="Calm", codes=["MOD08"], scope=Scope("fleet"), actor=person,
        target_on=timezone.localdate(),
    )  # fmt: skip
    campaign_start(campaign=campaign, version=1, actor=person)
    assert b"/campaigns/new/" not in client.get("/campaigns/").content
    assert b"Close this campaign?" not in client.get("/campaigns/calm/").content
    refused = client.post("/campaigns/calm/close/", {"version": 2})
    assert (refused.status_code, b"administrators" in refused.content.lower()) == (403, True)
