import pytest

from apps.accounts.models import Team
from apps.repositories.bulk import (
    ENTRIES_LIMIT,
    Entry,
    entries_of_yaml,
    entries_parse,
    entries_preview,
    repositories_register,
)
from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from apps.scans.models import Lane, Scan
from core.exceptions import Invalid

FORGE = "https://github.com/example"


def test_a_list_of_addresses_is_read_line_by_line():
    text = f"\n# ours\n{FORGE}/a.git\n  {FORGE}/b.git  \n"
    assert entries_parse(text) == [Entry(3, f"{FORGE}/a.git"), Entry(4, f"{FORGE}/b.git")]


def test_columns_give_branch_and_name():
    text = f'url,branch,name\n{FORGE}/a.git,develop,"Shop, the new one"\n{FORGE}/b.git,,B\n'
    assert entries_parse(text) == [
        Entry(2, f"{FORGE}/a.git", "develop", "Shop, the new one"),
        Entry(3, f"{FORGE}/b.git", "", "B"),
    ]


def test_a_line_with_too_many_columns_is_named():
    with pytest.raises(Invalid, match="Line 1 has 4 columns"):
        entries_parse("a,b,c,d")


def test_a_first_line_names_the_columns_in_any_order():
    text = "team,url,tags\nshop,https://example.org/a,api; core\n,https://example.org/b\n"
    assert entries_parse(text) == [
        Entry(2, "https://example.org/a", team="shop", tags=("api", "core")),
        Entry(3, "https://example.org/b"),
    ]
    with pytest.raises(Invalid, match="Line 1 names columns"):
        entries_parse("url,owner\nx,y")


def test_yaml_is_a_list_of_addresses_or_of_mappings():
    text = (
        "repositories:\n- https://example.org/a\n- url: https://example.org/b\n  tags: [api, 1]\n"
    )
    assert entries_of_yaml(text) == [
        Entry(1, "https://example.org/a"),
        Entry(2, "https://example.org/b", tags=("api", "1")),
    ]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    "text",
    [
        *(BOMB, "[" * 500 + "]" * 500, "- !!python/object/apply:os.system [id]", "- {url: [", "5"),
        *("- url: a\n  owner: b", "- [a]", "- {1: a}", "\x00", "- &x a\n- *x", "#" * 600_000),
        *("\n".join(f"- https://example.org/{n}" for n in range(1001)), "repositories: 3", ""),
    ],
)
def test_yaml_that_is_no_list_or_would_explode_is_refused(text):
    with pytest.raises(Invalid) as refused:
        entries_of_yaml(text)
    assert refused.value.remedy


def test_team_and_tags_are_given_and_an_unknown_team_says_so(user):
    team = Team.objects.create(name="Shop", slug="shop")
    entries = [
        Entry(1, f"{FORGE}/a.git", team="shop", tags=("API", "core")),
        Entry(2, f"{FORGE}/b.git", team="nobody"),
    ]
    assert [row.is_new for row in entries_preview(entries=entries)] == [True, False]
    done, refused = repositories_register(entries=entries, actor=user)
    assert (done.repository.team, done.repository.tags) == (team, ["api", "core"])
    assert "no team nobody" in refused.error.text
    assert Repository.objects.count() == 1


@pytest.mark.parametrize("text", ['"', '"open,a', "a\tb", "\x00", ",", ",,"])
def test_any_text_is_read_or_refused(text):
    try:
        entries_parse(text)
    except Invalid as error:
        assert error.remedy


def test_too_many_lines_are_refused_before_anything_is_written(db):
    entries = [Entry(n, f"{FORGE}/{n}.git") for n in range(ENTRIES_LIMIT + 1)]
    with pytest.raises(Invalid, match="1001 repositories are too many"):
        repositories_register(entries=entries)
    with pytest.raises(Invalid):
        entries_parse("\n".join(entry.url for entry in entries))
    assert not Repository.objects.exists()


def test_what_can_be_registered_is_and_the_rest_says_why(user):
    repository_register(url=f"{FORGE}/known.git", actor=user)
    entries = [
        Entry(1, f"{FORGE}/new.git"),
        Entry(2, f"{FORGE}/known.git"),
        Entry(3, "ftp://example.org/x.git"),
        Entry(4, f"{FORGE}/other.git", branch="a..b"),
        Entry(5, f"{FORGE}/new.git"),
        Entry(6, f"{FORGE}/last.git", branch="develop", name="Last"),
        Entry(7, ""),
    ]
    answers = repositories_register(entries=entries, actor=user)
    assert [answer.entry for answer in answers] == entries
    assert [answer.error.code if answer.error else "" for answer in answers] == [
        "",
        "repository_exists",
        "protocol_refused",
        "ref_invalid",
        "repository_exists",
        "",
        "address_invalid",
    ]
    assert all(answer.error is None or answer.error.remedy for answer in answers)
    last = answers[5].repository
    assert (last.name, last.branch, last.registered_by) == ("Last", "develop", user)
    assert Repository.objects.count() == 3


def test_first_scans_of_many_let_pushes_go_before_them(user):
    answers = repositories_register(
        entries=[Entry(n, f"{FORGE}/{n}.git") for n in range(3)], actor=user
    )
    scans = Scan.objects.filter(repository__in=[answer.repository for answer in answers])
    assert set(scans.values_list("trigger", "lane")) == {("register", Lane.BULK)}
    assert scans.count() == 3
