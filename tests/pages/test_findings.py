"""The findings of a repository and the page of one, as a client without a browser sees them."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.findings.choices import Cause, EventKind
from apps.findings.models import Finding, FindingEvent
from apps.findings.selectors import FindingFilter, FindingsByRule, finding_filtered, finding_tally
from apps.repositories.forge import forge_commit_url, forge_line_url
from apps.repositories.models import Repository
from apps.scorecards.models import Snapshot
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    ScanFactory,
    SnapshotFactory,
    UserFactory,
)

QUERIES = 12
NOW = timezone.now()


def event_create(finding, kind, cause=Cause.CODE, *, days=0, **columns):
    return FindingEvent.objects.create(
        finding=finding,
        repository=finding.repository,
        kind=kind,
        cause=cause,
        at=NOW - timedelta(days=days),
        code=finding.code,
        level=finding.level,
        **columns,
    )


@pytest.fixture
def shop(db):
    """A repository at a known host with one finding of each kind that the filters tell apart."""
    repository = RepositoryFactory(slug="shop", url="https://github.com/example/shop.git")
    SnapshotFactory(scan=ScanFactory(repository=repository, finished=True, commit="c" * 40))
    make = {
        "old": {"path": "apps/orders/models.py"},
        "new": {"path": "apps/orders/views.py", "code": "VIW01", "level": "SHOULD"},
        "back": {"path": "apps/users/models.py", "reopened_at": NOW, "fix": "safe"},
        "waived_by_rule": {"state": "suppressed", "suppressed_reason": "until the client is gone"},
        "fixed": {"state": "fixed", "fixed_at": NOW, "last_seen_at": NOW},
        "gone": {"state": "removed_with_file", "last_seen_at": NOW},
    }
    rows = {
        name: FindingFactory(repository=repository, message=f"the {name} one", **columns)
        for name, columns in make.items()
    }
    event_create(rows["new"], EventKind.NEW, days=1)
    event_create(rows["old"], EventKind.NEW, days=30)
    event_create(rows["back"], EventKind.NEW, Cause.FIRST_SCAN, days=2)
    return rows


def shown(reader, query):
    page = reader.get(f"/repositories/shop/?tab=findings&{query}").context["page"]
    return {finding.message.split()[1] for finding in page}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"old", "new", "back"}),
        ("state=new", {"new"}),
        ("state=reopened", {"back"}),
        ("state=suppressed", {"waived_by_rule"}),
        ("state=fixed", {"fixed"}),
        ("state=removed_with_file", {"gone"}),
        ("level=SHOULD", {"new"}),
        ("code=mod08", {"old", "back"}),
        ("section=Models", {"old", "back"}),
        ("path=apps/orders/", {"old", "new"}),
        ("fix=yes", {"back"}),
        ("q=VIEWS.PY", {"new"}),
        ("state=nonsense&level=x&section=y&sort=z&fix=maybe", {"old", "new", "back"}),
        ("q=%00%25_", set()),
    ],
)
def test_findings_are_filtered_by_everything_that_the_address_says(reader, shop, query, expected):
    section = Finding.objects.get(pk=shop["old"].pk).code
    assert section == "MOD08"
    assert shown(reader, query) == expected


def test_the_figures_of_the_facets_are_what_choosing_them_shows(reader, shop):
    found = reader.get("/repositories/shop/?tab=findings&path=apps/").context["found"]
    for facet in found.states:
        assert len(shown(reader, f"path=apps/&state={facet.name}")) == facet.count
    for name, facets in (("level", found.levels), ("section", found.sections)):
        for facet in facets:
            assert len(shown(reader, f"path=apps/&{name}={facet.name}")) == facet.count
    assert {facet.name: facet.count for facet in found.folders} == {
        "apps/orders/": 2,
        "apps/users/": 1,
    }


def test_the_filter_s_own_address_is_without_what_it_leaves_blank(reader, shop):
    form = "tab=findings&q=&level=MUST&section=&code=&sort="
    part = reader.get(
        f"/repositories/shop/?{form}", headers={"HX-Request": "true", "HX-Target": "div#tab"}
    )
    assert part["HX-Replace-Url"] == "/repositories/shop/?tab=findings&level=MUST"


def test_a_page_of_findings_asks_little_of_the_database_and_is_small(
    reader, shop, django_assert_max_num_queries
):
    repository = shop["old"].repository
    Finding.objects.bulk_create(
        FindingFactory.build(repository=repository, path=f"apps/a{n % 60}/models.py", line=n)
        for n in range(300)
    )
    for query in ("", "&q=models&level=MUST&page=3", "&state=new&sort=newest"):
        with django_assert_max_num_queries(QUERIES):
            response = reader.get(f"/repositories/shop/?tab=findings{query}")
        assert response.status_code == 200
        assert len(response.content) < 150_000
    answer = reader.get("/repositories/shop/findings.csv")
    rows = b"".join(answer).decode().splitlines()
    assert len(rows) == 1 + 3 + 300


@pytest.mark.parametrize("chosen", [FindingFilter(), FindingFilter(group="all", path="apps/")])
def test_pages_by_rule_are_pieces_of_the_whole_order(reader, shop, chosen):
    repository = shop["old"].repository
    for n in range(60):
        FindingFactory(
            repository=repository,
            code=f"RUL{n % 7:02}",
            level=("MUST", "SHOULD", "MAY")[n % 3],
            preview=n % 4 == 0,
            state=("open", "open", "removed_with_file", "suppressed")[n % 4],
            suppressed_reason="known",
            last_seen_at=NOW,
            path=f"apps/a{n % 9}/models.py",
            line=n,
        )
    asked = {"user": UserFactory(), "repository": repository, "chosen": chosen}
    whole = list(finding_filtered(**asked))
    parts = FindingsByRule(finding_filtered(**asked), finding_tally(**asked), chosen)
    assert len(parts) == len(whole) > 30
    for size in (1, 7, 50, 100):
        cut = [row for start in range(0, len(whole), size) for row in parts[start : start + size]]
        assert cut == whole
    assert parts[11] == whole[11] and parts[len(whole) :] == []


def test_a_scorecard_s_figures_are_those_of_lists_whatever_a_policy_makes_of_levels(reader, shop):
    Snapshot.objects.update(must_open=4, should_open=2, suppressed=1)
    card = reader.get("/repositories/shop/").context["card"]
    assert (card.must_open, card.should_open, card.suppressed) == (4, 2, 1)


def test_neighbours_are_those_of_the_list_that_the_reader_came_from(reader, shop):
    for order in ("", "newest", "path"):
        query = f"sort={order}&level=MUST"
        page = reader.get(f"/repositories/shop/?tab=findings&{query}").context["page"]
        keys = [finding.pk for finding in page]
        for before, here, after in zip([None, *keys], keys, [*keys[1:], None], strict=False):
            view = reader.get(f"/repositories/shop/findings/{here}/?{query}").context["page"]
            assert (view.before and view.before.pk) == before
            assert (view.after and view.after.pk) == after


def test_a_finding_tells_its_rule_its_place_and_its_history(
    reader, shop, django_assert_max_num_queries
):
    finding = shop["fixed"]
    Finding.objects.filter(pk=finding.pk).update(
        snippet="customer = ForeignKey(Customer)\n",
        snippet_start=12,
        last_seen_commit="a" * 40,
        introduced_by="Grace Hopper",
        first_seen_commit="b" * 40,
    )
    event_create(finding, EventKind.NEW, days=9, commit="b" * 40)
    was = {"path": "apps/old.py", "line": 3, "symbol": "apps.old.Order"}
    event_create(finding, EventKind.MOVED, days=3, was=was)
    event_create(finding, EventKind.FIXED, commit="d" * 40)
    with django_assert_max_num_queries(QUERIES):
        response = reader.get(f"/repositories/shop/findings/{finding.pk}/")
    text = response.content.decode()
    lines = [event.line.text for event in response.context["page"].history]
    assert lines == [
        "It was fixed.",
        "It moved.",
        "It came with a change of the code.",
    ]
    for words in (
        "from apps/old.py:3 (apps.old.Order)",
        "by Grace Hopper",
        "https://github.com/example/shop/commit/" + "d" * 40,
        "https://github.com/example/shop/blob/" + "a" * 40 + "/apps/orders/models.py#L12",
        "code-marked",
        "How to put it right",
        "Good code",
    ):
        assert words in text
    assert "plumbline: ignore[" not in text, "what is fixed needs no comment"
    assert "plumbline: ignore[MOD08] reason" in (
        reader.get(f"/repositories/shop/findings/{shop['old'].pk}/").content.decode()
    )


def test_the_address_of_a_finding_outlives_its_repository_s_slug_and_its_rule(reader, shop):
    pk = shop["old"].pk
    Repository.objects.update(slug="store")
    moved = reader.get(f"/repositories/shop/findings/{pk}/")
    assert moved["Location"] == f"/repositories/store/findings/{pk}/"
    Finding.objects.filter(pk=pk).update(code="OLD99")
    assert b"is no more" in reader.get(f"/repositories/store/findings/{pk}/").content
    assert reader.get("/repositories/store/findings/999999/").status_code == 404


@pytest.mark.parametrize(
    ("provider", "url", "line", "commit"),
    [
        ("github", "https://github.com/o/r.git", "/blob/abc/a%20b.py#L3-L5", "/commit/abc"),
        ("gitlab", "https://git.example.org/g/o/r", "/-/blob/abc/a%20b.py#L3-5", "/-/commit/abc"),
        ("forgejo", "ssh://git@codeberg.org:2222/o/r.git", "/src/commit/abc/a%20b.py#L3-L5", ""),
        ("bitbucket", "https://bitbucket.org/o/r", "/src/abc/a%20b.py#lines-3:5", "/commits/abc"),
        ("other", "https://git.example.org/o/r", "", ""),
        ("github", "file:///srv/r", "", ""),
    ],
)
def test_lines_are_linked_where_the_host_is_known(provider, url, line, commit):
    repository = RepositoryFactory.build(provider=provider, url=url)
    found = forge_line_url(repository, commit="abc", path="a b.py", line=3, end_line=5)
    assert found.endswith(line) and bool(found) == bool(line)
    assert found == "" or found.startswith("https://")
    assert "2222" not in found and "git@" not in found
    assert forge_commit_url(repository, "abc").endswith(commit)
    assert forge_line_url(repository, commit="abc", path="\\u202e.py", line=1) == ""
