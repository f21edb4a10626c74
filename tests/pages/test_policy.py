"""Policies on their pages: what holds, what a draft would do, and two people at one draft."""

import re

import pytest

from django.contrib.auth import get_user_model
from django.test import Client

from apps.accounts.services import member_put, team_create
from apps.rulebook.models import PolicyLayer, PolicyVersion
from apps.rulebook.services import draft_save, layer_ensure
from tests.apps.factories import UserFactory
from tests.browser import seed, seed_policy

QUERIES = 12
HTMX = {"HX-Request": "true", "HX-Target": "div#editor"}
User = get_user_model()


@pytest.fixture
def layer(fleet, signed_in) -> PolicyLayer:
    """The fleet's policy: a version in force and a draft that waits."""
    return seed_policy.policies_create(fleet, User.objects.get(email=seed.EMAIL))


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def fields(page: str) -> dict[str, str]:
    """What the form of a draft would send."""
    form = page[page.index('<form id="draft"') :]
    form = form[: form.index("</form>")]
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen.group(1) if chosen else ""
    return {name: value.replace("&quot;", '"') for name, value in found.items()}


@pytest.mark.parametrize(
    "path",
    [
        "/policy/",
        "/policy/?layer=fleet",
        "/policy/fleet/",
        "/policy/fleet/?only=changed&on=2030-03-01",
        "/policy/team:payments/?section=Models&q=name",
        "/policy/tag:legacy/",
        "/rules/MOD08/?level=MUST&mode=on",
    ],
)
def test_a_page_of_policies_asks_few_questions_and_is_small(
    layer, signed_in, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(QUERIES):
        response = signed_in.get(path)
    assert response.status_code == 200
    assert len(response.content) < 150_000


def test_the_list_tells_layers_drafts_and_history(layer, signed_in):
    page = signed_in.get("/policy/")
    rows = {row.key: row for row in page.context["page"]}
    assert (rows["fleet"].version.number, rows["fleet"].drafted_by) == (2, seed.EMAIL)
    assert (rows["tag:legacy"].rules, rows["tag:legacy"].repositories) == (1, 3)
    assert "team:payments" in {choice.key for choice in page.context["choices"]}
    for text in (
        "Reverse names matter less",
        "longest waiver: as the installation has it → 90 days",
    ):
        assert text in page.content.decode()
    assert [
        one.number for one in signed_in.get("/policy/?layer=tag:legacy").context["versions"]
    ] == [1]
    assert signed_in.get("/policy/?for=tag:legacy")["Location"] == "/policy/tag:legacy/"
    assert signed_in.get("/policy/team:nobody/").status_code == 404


def test_a_change_shows_its_effects_before_it_is_saved_and_is_not_lost_on_another_part(
    layer, signed_in
):
    page = signed_in.get("/policy/fleet/?q=MOD08").content.decode()
    sent = fields(page) | {"mode-MOD08": "off", "weight-MOD08": ""}
    response = signed_in.post("/policy/fleet/?q=MOD08", sent, headers=HTMX)
    assert response["HX-Replace-Url"] == "/policy/fleet/?q=MOD08"
    part = response.content.decode()
    assert part.strip().startswith('<div id="editor"')
    assert "1 change not saved" in part
    assert "MOD08: mode as the guide has it → off" in part
    assert response.context["effects"].found.moved > 0
    # Another section: the change goes along, hidden.
    sent = fields(part) | {"q": "", "section": "Celery Tasks", "only": ""}
    response = signed_in.post("/policy/fleet/", sent, headers=HTMX)
    assert ("mode-MOD08", "off") in response.context["pending"]
    assert fields(response.content.decode())["mode-MOD08"] == "off"
    layer.refresh_from_db()
    assert "mode" not in layer.draft["rules"]["MOD08"]


def test_a_draft_is_saved_published_and_discarded_without_scripts(layer, signed_in):
    path = "/policy/fleet/?q=MOD08"
    sent = fields(signed_in.get(path).content.decode()) | {"level-MOD08": "MAY", "act": "save"}
    response = signed_in.post(path, sent)
    assert (response.status_code, response["Location"]) == (302, path)
    layer.refresh_from_db()
    assert layer.draft["rules"]["MOD08"] == {"level": "MAY"}
    assert layer.draft["rules"]["TYP01"] == {"mode": "off"}
    sent = {"act": "publish", "revision": layer.draft_revision, "reason": " "}
    page = signed_in.post("/policy/fleet/", sent).content.decode()
    assert "A policy needs a reason." in page[page.index('<form id="publish"') :]
    response = signed_in.post("/policy/fleet/", sent | {"reason": "names can wait"})
    assert response.status_code == 302
    version = PolicyVersion.objects.first()
    assert (version.number, version.reason, version.author.email) == (
        3,
        "names can wait",
        seed.EMAIL,
    )
    layer.refresh_from_db()
    layer = draft_save(layer=layer, content={}, revision=layer.draft_revision)
    signed_in.post("/policy/fleet/", {"act": "discard", "revision": layer.draft_revision})
    layer.refresh_from_db()
    assert layer.draft is None


def test_who_saves_second_sees_what_the_first_changed_and_loses_nothing(layer, signed_in):
    path = "/policy/fleet/?q=MOD08"
    sent = fields(signed_in.get(path).content.decode())
    theirs = layer.draft | {"waiver_days": 30}
    draft_save(layer=layer, content=theirs, revision=layer.draft_revision, actor=UserFactory())
    # The page is drawn anew with the effects of a change, and still knows what its reader has seen.
    part = signed_in.post(path, sent | {"weight-MOD08": "7"}, headers=HTMX).content.decode()
    sent = fields(part) | {"act": "save"}
    response = signed_in.post(path, sent, headers=HTMX)
    meanwhile = response.context["editor"].meanwhile
    assert meanwhile.theirs == ["longest waiver: 60 days → 30 days"]
    assert meanwhile.mine == ["MOD08: weight as the guide has it → 7"]
    page = response.content.decode()
    assert "saved this draft" in page
    again = fields(page)
    assert (again["weight-MOD08"], again["waiver_days"]) == ("7", "30")
    assert "saved" in signed_in.post(path, again | {"act": "save"}, headers=HTMX).context["told"]
    layer.refresh_from_db()
    assert (layer.draft["rules"]["MOD08"]["weight"], layer.draft["waiver_days"]) == (7, 30)
    # The same once more is what is there already, so there is nothing to tell.
    assert signed_in.post(path, again | {"act": "save"}).status_code == 302
    sent = {"act": "publish", "revision": 3, "reason": "because", "base": "{}"}
    page = signed_in.post("/policy/fleet/", sent).content.decode()
    assert "because" in page
    assert PolicyVersion.objects.filter(layer=layer).count() == 2


def test_what_cannot_be_used_is_marked_and_kept_as_typed(layer, signed_in):
    path = "/policy/fleet/?q=MOD08"
    sent = fields(signed_in.get(path).content.decode()) | {"act": "save"}
    for name, value, text in (
        ("weight-MOD08", "-3", "The weight of MOD08 is not a whole number."),
        ("weight-MOD08", "500", "The weight of MOD08 is out of bounds."),
        ("waiver_days", "0", "The longest waiver is out of bounds."),
    ):
        page = signed_in.post(path, sent | {name: value}).content.decode()
        assert text in page
        assert f'value="{value}"' in page
    sent |= {"mode-MOD08": "enforced", "from-MOD08": "soon"}
    assert "is none." in signed_in.post(path, sent).content.decode()
    revision = layer.draft_revision
    layer.refresh_from_db()
    assert layer.draft_revision == revision


def test_others_look_and_leads_draft_for_their_team_alone(layer):
    lead = UserFactory()
    member_put(team=team_create(name="Search"), user=lead, role="lead")
    reader = client_of(UserFactory())
    page = reader.get("/policy/fleet/?only=changed").content.decode()
    assert "not change it" in page
    assert "Save draft" not in page
    for act in ("save", "publish", "discard"):
        assert reader.post("/policy/fleet/", {"act": act, "revision": "3"}).status_code == 403
    client = client_of(lead)
    assert client.post("/policy/fleet/", {"act": "save", "revision": "3"}).status_code == 403
    path = "/policy/team:search/?q=MOD08"
    page = client.get(path).content.decode()
    assert "SHOULD · fleet" in page
    sent = fields(page) | {"level-MOD08": "MUST", "act": "save"}
    assert client.post(path, sent).status_code == 302
    made = layer_ensure(scope="team", team=lead.teams.get())
    assert made.draft == {"rules": {"MOD08": {"level": "MUST"}}}
    sent = {"act": "publish", "revision": made.draft_revision, "reason": "because"}
    assert client.post("/policy/team:search/", sent).status_code == 403


def test_a_rule_is_tried_out_on_its_own_page_by_anybody(layer):
    reader = client_of(UserFactory())
    url = "/rules/MOD08/?level=MUST&mode="
    page = reader.get(url)
    assert "policy makes it SHOULD, on, weight 3." in page.content.decode()
    trial = page.context["trial"]
    assert (trial.level, trial.mode) == ("MUST", "")
    assert trial.effects.found.moved > 0
    part = reader.get(url, headers={"HX-Request": "true", "HX-Target": "section#what-if"})
    assert part.content.decode().strip() in page.content.decode()
    for nothing in ("", "?level=PERHAPS&mode=maybe"):
        assert reader.get(f"/rules/MOD08/{nothing}").context["trial"].effects is None
