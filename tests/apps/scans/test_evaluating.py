"""A push is judged with the stock of the scan before, and says what it says without."""

import pytest

from apps.findings.models import Finding
from apps.repositories.services import repository_register
from apps.scans.models import Outline, RuleResult
from apps.scans.pipeline import evaluating
from apps.scans.services import outlines_evict
from tests.apps.scans.running import scan
from tests.apps.source import SHOP_BETTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(monkeypatch) -> list[int]:
    """How many outlines each scan read from the database."""
    from apps.scans.pipeline import outlining

    counts: list[int] = []
    real = outlining.outlines_load

    def counting(**wanted):
        counts.append(len(list(wanted["blobs"])))
        return real(**wanted)

    monkeypatch.setattr(outlining, "outlines_load", counting)
    return counts


def said(done) -> tuple:
    """Everything that a scan said, without times and numbers of rows."""
    return (
        done.score,
        done.standing,
        done.facts,
        list(RuleResult.objects.filter(scan=done).values_list("code", "state", "subjects", "evidence")),
        sorted(
            Finding.objects.filter(repository=done.repository, state="open").values_list(
                "fingerprint", "path", "line", "message", "state"
            )
        ),
    )  # fmt: skip


def stock_of(settings, repository):
    return settings.PLUMBLINE_VAR / "mirrors" / str(repository.pk) / "plumbline-outlines"


def test_a_push_reads_only_what_the_stock_lacks(shop, source, loaded):
    scan(shop)
    loaded.clear()
    source.push(SHOP_BETTER)
    after = scan(shop)
    assert 0 < sum(loaded) <= len(SHOP_BETTER)
    assert after.files_total > len(SHOP_BETTER)
    assert after.counts["outlines_wanted"] == Outline.objects.values("blob", "kind").count() - 1
    assert after.counts["outlines_parsed"] == sum(loaded)


def test_with_a_stock_it_says_what_it_says_without(shop, source, settings, user):
    scan(shop)
    source.push(SHOP_BETTER)
    with_stock = said(scan(shop))
    stranger = repository_register(url=source.url, branch="main", actor=user)
    assert not stock_of(settings, stranger).exists()
    assert said(scan(stranger)) == with_stock


def test_a_stock_whose_outlines_are_damaged_costs_nothing_but_time(shop, source, settings, caplog):
    first = scan(shop)
    path = stock_of(settings, shop)
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF  # of the checksum of the outlines
    path.write_bytes(content)
    source.push(SHOP_BETTER)
    after = scan(shop)
    assert (after.state, after.score > first.score) == ("done", True)
    assert "an evaluation failed and is made once more" in caplog.text
    source.push({"apps/orders/more.py": "x = 1\n"})
    caplog.clear()
    assert scan(shop).state == "done"
    assert not caplog.records


def test_a_file_that_killed_its_child_is_not_in_the_stock(shop, source, settings, monkeypatch):
    from plumbline.sandbox import Casualty, Sandbox

    real = Sandbox.extract

    def extract(self, files):
        for key, outline in real(self, files):
            self.casualties.append(Casualty(key, "the parser crashed"))
            yield key, outline

    monkeypatch.setattr(Sandbox, "extract", extract)
    scan(shop)
    assert not stock_of(settings, shop).exists()


def test_outlines_that_only_the_stock_was_asked_for_stay_in_the_database(
    shop, source, settings, monkeypatch
):
    scan(shop)
    Outline.objects.update(last_used_on="2020-01-01")
    path = stock_of(settings, shop)
    content = path.read_bytes()
    today = str(evaluating.timezone.localdate())
    monkeypatch.setattr("apps.scans.pipeline.stocking.Stock.noted_on", "2020-01-01")
    source.push({"apps/orders/more.py": "x = 1\n"})
    scan(shop)
    assert outlines_evict() == 0
    assert today.encode() in content
