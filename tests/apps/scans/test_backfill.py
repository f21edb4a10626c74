from apps.findings.models import Finding
from apps.repositories.services import repository_register, repository_update
from apps.scans.backfills import backfill_progress
from apps.scans.models import RuleResult, Scan
from apps.scans.pipeline import backfill_run, scan_run
from apps.scans.selectors import scan_latest, scan_list
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors import fleet_rows, repository_trend, scorecard_of
from apps.scorecards.selectors.latest import latest_list, result_scan_list
from tests.apps.scans.running import backfilled, months_ago, past_run, scan
from tests.apps.source import SHOP, SHOP_BETTER, Source


def test_the_last_commit_of_each_month_is_judged_oldest_first(old_shop):
    assert backfilled(old_shop).state == "done"
    past = list(Scan.objects.filter(as_of__isnull=False).order_by("pk"))
    assert [one.as_of for one in past] == [
        months_ago(5),
        months_ago(4, 20),
        months_ago(2),
        months_ago(1),
    ]
    assert {(one.state, one.lane, one.trigger) for one in past} == {
        ("done", "backfill", "backfill")
    }
    assert all(RuleResult.objects.filter(scan=one).exists() for one in past)


def test_trends_show_the_past_in_order_of_date_and_the_present_last(old_shop):
    backfilled(old_shop)
    trend = repository_trend(old_shop)
    assert [point.replayed for point in trend] == [True, True, True, True, False]
    assert [point.taken_at for point in trend] == sorted(point.taken_at for point in trend)
    first, second, *_ = [float(point.score or 0) for point in trend]
    assert first > second


def test_the_past_is_never_taken_for_the_present(old_shop):
    before = scorecard_of(old_shop)
    current = scan_latest(old_shop)
    backfilled(old_shop)
    after = scorecard_of(old_shop)
    assert scan_latest(old_shop) == current
    assert (after.scan, after.score, after.taken_at) == (current, before.score, before.taken_at)
    assert scan_list(user=old_shop.registered_by, with_past=False).count() == 1
    (row,) = latest_list(user=old_shop.registered_by)
    assert row.headline is not None and row.headline.taken_at == before.taken_at
    assert list(result_scan_list(user=old_shop.registered_by)) == [current.pk]
    (fleet_row,) = fleet_rows(user=old_shop.registered_by)
    assert fleet_row.commit == current.commit


def test_the_figures_of_the_past_are_counted_as_those_of_the_present(old_shop, old_source):
    backfilled(old_shop)
    newest, *_, last_month = Snapshot.objects.order_by("pk")
    assert last_month.replayed
    for name in ("must_open", "should_open", "tasks_to_plumb", "sections", "score", "evaluated"):
        assert getattr(last_month, name) == getattr(newest, name), name


def test_an_open_finding_is_as_old_as_the_first_month_that_had_it(old_shop):
    before = dict(Finding.objects.values_list("fingerprint", "state"))
    backfilled(old_shop)
    assert dict(Finding.objects.values_list("fingerprint", "state")) == before
    ages = dict(Finding.objects.values_list("code", "first_seen_at"))
    old = Finding.objects.filter(first_seen_at=months_ago(5))
    later = Finding.objects.filter(first_seen_at=months_ago(4, 20))
    assert old.exists()
    assert later.exists(), ages
    assert set(old.values_list("first_seen_scan__as_of", flat=True)) == {months_ago(5)}


def test_a_fixed_finding_keeps_its_dates(old_shop, old_source):
    old_source.push({"apps/orders/models.py": SHOP_BETTER["apps/orders/models.py"]})
    scan(old_shop)
    fixed = list(Finding.objects.filter(state="fixed").values_list("pk", "first_seen_at"))
    assert fixed
    backfilled(old_shop)
    assert list(Finding.objects.filter(state="fixed").values_list("pk", "first_seen_at")) == fixed


def test_asking_again_judges_nothing_again(old_shop):
    backfilled(old_shop)
    before = Scan.objects.count()
    again = backfilled(old_shop)
    assert (again.state, Scan.objects.count()) == ("done", before)
    progress = backfill_progress(old_shop)
    assert progress is not None
    assert (progress.over, len(progress.months), progress.failed) == (4, 4, [])


def test_new_rules_replace_what_was_said_of_the_past_and_parse_nothing(old_shop, monkeypatch):
    backfilled(old_shop)
    Scan.objects.filter(as_of__isnull=False).update(ruleset="sha256:older")
    backfilled(old_shop)
    past = Scan.objects.filter(as_of__isnull=False)
    assert past.count() == Snapshot.objects.filter(replayed=True).count() == 4
    assert not past.filter(ruleset="sha256:older").exists()
    assert {one.counts["outlines_parsed"] for one in past} == {0}
    assert Finding.objects.filter(first_seen_scan=None).count() == 0


def test_more_months_add_to_those_that_are_judged(old_shop):
    backfilled(old_shop, months=2)
    assert Scan.objects.filter(as_of__isnull=False).count() == 2
    backfilled(old_shop, months=5)
    assert Scan.objects.filter(as_of__isnull=False).count() == 4
    backfilled(old_shop, months=1)
    assert Scan.objects.filter(as_of__isnull=False).count() == 4


def test_a_history_that_was_rewritten_leaves_no_points_of_the_old_one(old_shop, old_source):
    backfilled(old_shop)
    old_source.restart()
    old_source.push(SHOP, at=months_ago(4))
    old_source.push({"README": "five"})
    scan(old_shop)
    backfilled(old_shop)
    assert [one.as_of for one in Scan.objects.filter(as_of__isnull=False)] == [months_ago(4)]


def test_another_address_asks_for_its_own_history(old_shop, tmp_path):
    backfilled(old_shop, months=5)
    other = Source(tmp_path / "other")
    other.push(SHOP, at=months_ago(3))
    other.push({"README": "one"})
    repository_update(repository=old_shop, url=other.url)
    assert scan_run(Scan.objects.get(state="queued").pk)
    backfill_run(old_shop.backfills.order_by("-pk")[0].pk)
    while past_run(old_shop):
        pass
    assert [one.as_of for one in Scan.objects.filter(as_of__isnull=False)] == [months_ago(3)]


def test_suppressions_count_as_on_the_day_of_the_commit(
    tmp_path, user, own_mirrors, local_repositories_allowed
):
    model = SHOP["apps/orders/models.py"].replace(
        "    customer = models.ForeignKey(",
        "    customer = models.ForeignKey("
        f"  # plumbline: ignore[MOD08] until={months_ago(2).date()} renamed with the next version",
    )
    source = Source(tmp_path)
    source.push(SHOP | {"apps/orders/models.py": model}, at=months_ago(4))
    source.push({"README": "one"})
    repository = repository_register(url=source.url, actor=user)
    now = scan(repository)
    backfilled(repository)
    then = Scan.objects.get(as_of__isnull=False)
    assert then.results.get(code="MOD08").suppressed == 1
    assert now.results.get(code="MOD08").suppressed == 0
