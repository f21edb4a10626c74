"""Only what nobody has seen is read and parsed, whoever scans it, however old it is."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.repositories.git.tree import Tree
from apps.repositories.mirrors import mirror_store
from apps.repositories.services import repository_register
from apps.scans.models import LintedBlob, Outline, Scan
from apps.scans.selectors import CACHE_DAYS
from apps.scans.services import lint_evict, outlines_evict
from plumbline.sandbox import Sandbox
from tests.apps.scans.running import scan
from tests.apps.source import SHOP, Source

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]


class Seen:
    """What was read from git and given to parsers and to ruff since it was last asked."""

    def __init__(self) -> None:
        self.parsed: list[bytes] = []
        self.linted: list[bytes] = []
        self.read = 0

    def since(self) -> tuple[list[bytes], list[bytes]]:
        answer = sorted(self.parsed), sorted(self.linted)
        self.parsed, self.linted = [], []
        return answer


@pytest.fixture
def seen(monkeypatch) -> Seen:
    noted = Seen()
    extract, lint = Sandbox.extract, Sandbox.lint

    def noting(files, into):
        for key, kind, content in files:
            into.append(content)
            yield key, kind, content

    monkeypatch.setattr(
        Sandbox, "extract", lambda self, files: extract(self, noting(files, noted.parsed))
    )
    monkeypatch.setattr(
        Sandbox, "lint", lambda self, files, names: lint(self, noting(files, noted.linted), names)
    )
    return noted


def test_another_commit_parses_what_is_new_in_it(shop, source, seen):
    scan(shop)
    parsed, linted = seen.since()
    assert len(parsed) == len({*SHOP.values()})
    assert 0 < len(linted) < len(parsed)
    source.push({"apps/orders/extra.py": "x = 1\n", "apps/copy.py": SHOP["config/urls.py"]})
    scan(shop)
    assert seen.since() == ([b"x = 1\n"], [b"x = 1\n"])


def test_another_repository_with_the_same_blobs_parses_nothing(shop, seen, user, tmp_path):
    first = scan(shop)
    seen.since()
    other = Source(tmp_path / "other")
    other.push(SHOP)
    second = scan(repository_register(url=other.url, actor=user))
    assert seen.since() == ([], [])
    assert second.score == first.score


@pytest.mark.parametrize("copy", ["kept", "deleted"])
def test_other_rules_judge_the_same_commit_without_parsing(shop, seen, copy):
    first = scan(shop)
    seen.since()
    Scan.objects.update(ruleset="an older one")
    if copy == "deleted":
        mirror_store().forget(shop.pk)  # and with it the stock of outlines
    second = scan(shop)
    assert second.same_as is None
    assert second.ruleset != "an older one"
    assert second.score == first.score
    assert seen.since() == ([], [])
    assert second.counts["outlines_wanted"] == first.counts["outlines_wanted"]


def test_the_same_commit_and_rules_are_neither_fetched_nor_read(shop, seen, monkeypatch):
    scan(shop)
    seen.since()
    monkeypatch.setattr("apps.repositories.mirrors.Mirror.fetch", None)
    monkeypatch.setattr(Tree, "entries", None)
    assert scan(shop).same_as is not None
    assert seen.since() == ([], [])


def later(days: int) -> None:
    """As if so many days had gone by since everything that happened."""
    gone = timedelta(days=days)
    for row in Scan.objects.all():
        if row.finished_at:
            Scan.objects.filter(pk=row.pk).update(finished_at=row.finished_at - gone)
    for model in (Outline, LintedBlob):
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(last_used_on=row.last_used_on - gone)


def test_what_a_quiet_repository_needs_is_never_removed(shop, seen, source):
    scan(shop)
    kept = Outline.objects.count(), LintedBlob.objects.count()
    seen.since()
    fetched = 0
    for _ in range(5):  # five months of nightly scans of the same commit, in steps of a month
        later(CACHE_DAYS // 2)
        mirror_store().forget(shop.pk)
        night, next_night = scan(shop), scan(shop)
        fetched += "read" in night.timings
        assert "read" not in next_night.timings  # once is enough for another month
        outlines_evict()
        lint_evict()
        assert (Outline.objects.count(), LintedBlob.objects.count()) == kept
    assert fetched == 5
    assert seen.since() == ([], [])
    source.push({"apps/new.py": "x = 1\n"})
    scan(shop)
    assert seen.since()[0] == [b"x = 1\n"]


def test_what_no_repository_needs_is_removed(shop, source):
    scan(shop)
    source.push({"apps/orders/models.py": "x = 1\n"})
    scan(shop)
    before = Outline.objects.count()
    for _ in range(3):
        later(CACHE_DAYS // 2)
        mirror_store().forget(shop.pk)  # its stock of outlines still says today
        scan(shop)
    assert outlines_evict() == 1
    assert Outline.objects.count() == before - 1
    assert timezone.localdate() - timedelta(days=CACHE_DAYS) < min(
        Outline.objects.values_list("last_used_on", flat=True)
    )
