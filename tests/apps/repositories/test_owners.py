import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.services import member_put, team_create
from apps.repositories.owners import Owner, OwnersFiles, owners_parse
from apps.repositories.selectors import (
    repositories_suggested,
    repository_may_change,
    tag_list,
    team_suggestions,
)
from apps.repositories.services import code_owners_note, repository_update
from core.exceptions import Invalid
from plumbline.source import Entry
from tests.apps.factories import RepositoryFactory, UserFactory


def test_owners_of_everything_come_first_then_by_number_of_patterns():
    text = (
        "# who answers for what\n"
        "*            @Shop/Platform   # the rest\n"
        "/orders/     @shop/payments @jane jane@example.org\n"
        "/invoices/   @shop/payments\n"
        "/docs/\n"
    )
    assert owners_parse(text) == [
        Owner("shop/platform", 1, True),
        Owner("shop/payments", 2, False),
        Owner("jane", 1, False),
    ]


def test_a_section_gives_its_owners_to_patterns_without_any():
    text = "[Money][2] @shop/payments\norders/\ninvoices/ @jane\n^[Docs]\ndocs/\n"
    assert owners_parse(text) == [Owner("jane", 1, False), Owner("shop/payments", 1, False)]


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("github", ".github/CODEOWNERS"),
        ("gitlab", "CODEOWNERS"),
        ("forgejo", "CODEOWNERS"),
        ("other", ".github/CODEOWNERS"),
    ],
)
def test_the_file_that_counts_is_the_one_that_the_host_would_take(provider, path):
    paths = ("docs/CODEOWNERS", ".github/CODEOWNERS", "CODEOWNERS", "src/CODEOWNERS")
    entries = [Entry(name.encode(), "100644", f"{n:040x}", 9) for n, name in enumerate(paths)]
    files = OwnersFiles()
    assert list(files.among(entries)) == entries
    assert files.chosen(provider).path == path.encode()
    link = OwnersFiles({"CODEOWNERS": Entry(b"CODEOWNERS", "120000", "0" * 40, 9)})
    assert link.chosen(provider) is None


@given(st.text(max_size=500))
def test_any_text_is_read_without_an_error(text):
    assert all(owner.name and owner.patterns > 0 for owner in owners_parse(text))


@pytest.mark.django_db
def test_teams_are_suggested_by_their_handles_best_first(repository):
    platform = team_create(name="Platform", handles=["shop/platform"])
    payments = team_create(name="Payments", handles=["shop/payments", "jane"])
    team_create(name="Search", handles=["shop/search"])
    owners = owners_parse("* @shop/platform\n/a @shop/payments\n/b @shop/payments @jane @nobody\n")
    code_owners_note(repository_id=repository.pk, path="CODEOWNERS", owners=owners)
    found = [(item.team, item.handle) for item in team_suggestions(repository=repository)]
    assert found == [(platform, "shop/platform"), (payments, "shop/payments"), (payments, "jane")]
    code_owners_note(repository_id=repository.pk, path="", owners=[])
    assert team_suggestions(repository=repository) == []


@pytest.mark.django_db
def test_tags_are_kept_in_one_spelling_and_counted(repository, user):
    repository_update(repository=repository, tags=["Web Shop", "web-shop", "tier 1"])
    repository_update(repository=RepositoryFactory(), tags=["tier-1"])
    repository.refresh_from_db()
    assert repository.tags == ["tier-1", "web-shop"]
    assert tag_list(user=user) == [("tier-1", 2), ("web-shop", 1)]


@pytest.mark.django_db
@pytest.mark.parametrize("tags", [["!"], ["x" * 60], [f"tag-{number}" for number in range(21)]])
def test_tags_that_cannot_be_used_are_refused(repository, tags):
    with pytest.raises(Invalid):
        repository_update(repository=repository, tags=tags)


@pytest.mark.django_db
def test_a_lead_of_the_team_may_change_its_repositories(user):
    repository = RepositoryFactory(team=team_create(name="Payments"))
    assert not repository_may_change(user=user, repository=repository)
    member_put(team=repository.team, user=user, role="lead")
    assert repository_may_change(user=user, repository=repository)


@pytest.mark.django_db
def test_repositories_are_given_to_a_team_and_found_by_it_over_the_api(repository, bot):
    top = team_create(name="Commerce")
    team_create(name="Payments", parent=top)
    client = bot()
    changed = client.patch(
        "/api/v1/repositories/shop/", {"team": "payments", "tags": ["Tier 1"]}, format="json"
    ).json()
    assert (changed["team"], changed["tags"]) == ("payments", ["tier-1"])
    RepositoryFactory()
    for query in ("team=payments", "team=commerce", "tag=tier-1"):
        results = client.get(f"/api/v1/repositories/?{query}").json()["results"]
        assert [item["slug"] for item in results] == ["shop"], query
    assert client.get("/api/v1/repositories/?team=other").json()["results"] == []
    answer = client.patch("/api/v1/repositories/shop/", {"team": "nobody"}, format="json")
    assert answer.status_code == 404
    answer = client.patch("/api/v1/repositories/shop/", {"team": None}, format="json")
    assert answer.json()["team"] is None


@pytest.mark.django_db
def test_a_suggested_team_is_accepted_by_who_may_and_only_while_it_is_suggested(
    repository, user, bot, client
):
    payments = team_create(name="Payments", handles=["shop/payments"])
    team_create(name="Search", handles=["shop/search"])
    owners = owners_parse("* @shop/payments\n")
    code_owners_note(repository_id=repository.pk, path="CODEOWNERS", owners=owners, blob="a" * 40)
    assert list(repositories_suggested(user=user, team=payments)) == [repository]
    url = "/api/v1/repositories/shop/team-suggestions/"
    assert bot().post(url, {"team": "search"}).json()["code"] == "invalid"
    assert bot(person=UserFactory()).post(url, {"team": "payments"}).status_code == 403
    assert bot().post(url, {"team": "payments"}).json()["team"] == "payments"
    assert list(repositories_suggested(user=user, team=payments)) == []
    client.force_login(user)
    page = client.post("/repositories/shop/team/", {"team": "payments"})
    assert page["Location"] == "/repositories/shop/?tab=facts#tab"
