"""What Prometheus reads, and that the counts behind it are right."""

import re
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from django.utils import timezone

from apps.repositories.models import MirrorUsage
from apps.scans.metrics import families
from apps.scans.metrics.families import Amount
from apps.scans.models import Lane, Pulse, ScanChunk, Tally
from apps.scans.services import pulse_note, scan_cancel
from apps.scans.services.tally import scans_tally, tally_add
from tests.apps.factories import RepositoryFactory, ScanFactory

TOKEN = "a token for Prometheus alone"
pytestmark = pytest.mark.django_db


@pytest.fixture
def scrape(client, settings):
    """A function that reads all samples: name and labels to value."""
    settings.PLUMBLINE_METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        return {
            sample.name
            + str(dict(sorted(sample.labels.items())) if sample.labels else ""): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        }

    return read


def test_without_a_token_in_the_settings_there_is_no_such_page(client):
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"bearer {TOKEN}", TOKEN, "Bearer é"]
)
def test_who_does_not_know_the_token_gets_nothing(client, settings, user, given):
    settings.PLUMBLINE_METRICS_TOKEN = TOKEN
    client.force_login(user)
    response = client.get("/metrics", headers={"Authorization": given} if given else {})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert b"plumbline_" not in response.content


def test_the_queue_is_told_by_lane_and_readiness(scrape):
    now = timezone.now()
    ScanFactory(lane=Lane.INTERACTIVE, available_at=now - timedelta(seconds=90))
    ScanFactory(lane=Lane.BULK, available_at=now + timedelta(seconds=90))
    ScanFactory(
        lane=Lane.BULK,
        state="running",
        started_at=now - timedelta(seconds=40),
        lease_until=now - timedelta(seconds=1),
    )
    samples = scrape()
    assert samples["plumbline_scans_waiting{'lane': 'interactive', 'ready': 'yes'}"] == 1
    assert samples["plumbline_scans_waiting{'lane': 'bulk', 'ready': 'yes'}"] == 0
    assert samples["plumbline_scans_waiting{'lane': 'bulk', 'ready': 'no'}"] == 1
    assert 90 <= samples["plumbline_scans_oldest_wait_seconds{'lane': 'interactive'}"] < 120
    assert samples["plumbline_scans_oldest_wait_seconds{'lane': 'bulk'}"] == 0
    assert samples["plumbline_scans_running{'lane': 'bulk'}"] == 1
    assert samples["plumbline_scans_lapsed{'lane': 'bulk'}"] == 1
    assert 40 <= samples["plumbline_scans_longest_run_seconds{'lane': 'bulk'}"] < 70


def test_a_judged_scan_is_counted_with_its_phases_and_what_was_cached(scrape):
    start = timezone.now() - timedelta(seconds=30)
    scan = ScanFactory(
        finished=True,
        attempt=3,
        available_at=start - timedelta(seconds=4),
        started_at=start,
        finished_at=start + timedelta(seconds=7),
        files_total=120,
        timings={"fetch": 1.0, "extract": 0.02, "evaluate": 5000.0},
        counts={
            **{"outlines_wanted": 100, "outlines_parsed": 10, "bytes_parsed": 4096},
            **{"lints_wanted": 80, "lints_run": 80, "children_lost": 1, "bytes_fetched": 9},
        },
    )
    for _ in range(2):
        scans_tally(scan_ids=[scan.pk])
    samples = scrape()
    assert samples["plumbline_scans_ended_total{'lane': 'interactive', 'state': 'done'}"] == 2
    assert samples["plumbline_scans_ended_total{'lane': 'bulk', 'state': 'failed'}"] == 0
    assert samples["plumbline_scan_retries_total"] == 4
    assert samples["plumbline_files_judged_total"] == 240
    assert samples["plumbline_outlines_total{'cached': 'yes'}"] == 180
    assert samples["plumbline_outlines_total{'cached': 'no'}"] == 20
    assert samples["plumbline_lints_total{'cached': 'no'}"] == 160
    assert "plumbline_lints_total{'cached': 'yes'}" not in samples
    assert samples["plumbline_parsed_bytes_total"] == 8192
    assert samples["plumbline_sandbox_children_lost_total"] == 2
    wait = "plumbline_scan_wait_seconds"
    assert samples[f"{wait}_sum{{'lane': 'interactive'}}"] == pytest.approx(8)
    assert samples[f"{wait}_bucket{{'lane': 'interactive', 'le': '2.5'}}"] == 0
    assert samples[f"{wait}_bucket{{'lane': 'interactive', 'le': '5.0'}}"] == 2
    phase = "plumbline_scan_phase_seconds"
    assert samples[f"{phase}_bucket{{'le': '0.5', 'phase': 'fetch'}}"] == 0
    assert samples[f"{phase}_bucket{{'le': '1.0', 'phase': 'fetch'}}"] == 2
    assert samples[f"{phase}_bucket{{'le': '600.0', 'phase': 'evaluate'}}"] == 0
    assert samples[f"{phase}_bucket{{'le': '+Inf', 'phase': 'evaluate'}}"] == 2
    assert samples[f"{phase}_count{{'phase': 'extract'}}"] == 2
    took = "plumbline_scan_duration_seconds"
    assert samples[f"{took}_sum{{'lane': 'interactive', 'state': 'done'}}"] == pytest.approx(14)


def test_a_failed_scan_is_counted_by_its_code(scrape):
    now = timezone.now()
    for state, code in (("failed", "clone_failed"), ("dead", "given_up"), ("failed", "dns")):
        failed = ScanFactory(state=state, error_code=code, finished_at=now, started_at=now)
        scans_tally(scan_ids=[failed.pk])
    samples = scrape()
    assert samples["plumbline_scan_failures_total{'code': 'clone_failed'}"] == 1
    assert samples["plumbline_scan_failures_total{'code': 'given_up'}"] == 1
    assert samples["plumbline_scan_failures_total{'code': 'dns'}"] == 1
    assert samples["plumbline_scans_ended_total{'lane': 'interactive', 'state': 'failed'}"] == 2


def test_whatever_ends_a_scan_counts_it_once(django_capture_on_commit_callbacks, scrape, user):
    scan = ScanFactory()
    with django_capture_on_commit_callbacks(execute=True):
        scan_cancel(scan=scan, actor=user)
    assert scrape()["plumbline_scans_ended_total{'lane': 'interactive', 'state': 'cancelled'}"] == 1


def test_counts_survive_the_removal_of_what_they_counted(scrape):
    scan = ScanFactory(finished=True)
    scans_tally(scan_ids=[scan.pk])
    scan.repository.delete()
    assert scrape()["plumbline_scans_ended_total{'lane': 'interactive', 'state': 'done'}"] == 1


def test_a_label_is_the_same_in_whatever_order_its_parts_are_given():
    tally_add([Amount("x", {"a": "1", "b": "2"}, 1), Amount("x", {"b": "2", "a": "1"}, 2)])
    tally_add([Amount("x", {"b": "2", "a": "1"}, 4)])
    assert Tally.objects.get().value == 7


@pytest.mark.parametrize(
    ("seconds", "limit"), [(-3.0, "0.01"), (0.01, "0.01"), (0.011, "0.025"), (1e9, "+Inf")]
)
def test_a_duration_falls_into_the_class_whose_limit_it_does_not_exceed(seconds, limit):
    counted, summed = families.PHASES.of(seconds, phase="fetch")
    assert counted.labels == {"phase": "fetch", "le": limit}
    assert summed.value >= 0


def test_the_clockwork_tells_when_each_job_last_ended(scrape):
    Pulse.objects.create(job="reconcile", at=timezone.now() - timedelta(hours=1))
    pulse_note(job="reconcile")
    samples = scrape()
    at = samples["plumbline_job_last_success_timestamp_seconds{'job': 'reconcile'}"]
    assert abs(at - timezone.now().timestamp()) < 60


def test_repositories_and_the_database_are_told(scrape):
    RepositoryFactory(enabled=False, last_error_code="clone_failed")
    RepositoryFactory(last_error_code="clone_failed")
    samples = scrape()
    assert samples["plumbline_repositories{'enabled': 'no'}"] == 1
    assert samples["plumbline_repositories_failing{'code': 'clone_failed'}"] == 1
    assert samples["plumbline_database_bytes"] > 1_000_000
    assert samples["plumbline_database_connections{'state': 'active'}"] >= 1
    assert samples["plumbline_database_connections_limit"] >= 20
    assert any(name.startswith("plumbline_table_bytes{'table': 'scans_") for name in samples)


def test_mirrors_and_parts_of_scans_are_told(scrape):
    MirrorUsage.objects.create(store="a" * 32, host="worker-1", mirrors=7, size=4096, bound=8192)
    for store in "bc":
        MirrorUsage.objects.create(store=store * 32, host="worker-2", mirrors=1, size=1, bound=2)
    now = timezone.now()
    scan = ScanFactory(state="running", started_at=now, lease_until=now)
    for number, state in enumerate(("pending", "done", "done")):
        ScanChunk.objects.create(
            scan=scan, number=number, scan_fence=0, work="outline", keys=[], state=state
        )
    samples = scrape()
    assert samples["plumbline_mirrors{'host': 'worker-1'}"] == 7
    assert samples["plumbline_mirror_bytes{'host': 'worker-1'}"] == 4096
    assert samples["plumbline_mirror_bytes_limit{'host': 'worker-2/bbbbbbbb'}"] == 2
    assert samples["plumbline_scan_parts{'state': 'done'}"] == 2
    assert samples["plumbline_scan_parts{'state': 'leased'}"] == 0


def test_a_scrape_asks_a_bounded_number_of_questions(scrape, django_assert_max_num_queries):
    for _ in range(5):
        scans_tally(scan_ids=[ScanFactory(finished=True, timings={"fetch": 1.0}).pk])
    with django_assert_max_num_queries(14):
        scrape()


def test_every_family_has_a_help_and_a_name_of_ours(client, settings):
    settings.PLUMBLINE_METRICS_TOKEN = TOKEN
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    helps = set(re.findall(r"^# HELP (\S+) \S", text, re.MULTILINE))
    types = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert helps == types
    assert all(name.startswith("plumbline_") for name in types)


def test_openmetrics_is_given_to_who_asks_for_it(client, settings):
    settings.PLUMBLINE_METRICS_TOKEN = TOKEN
    response = client.get(
        "/metrics",
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Accept": "application/openmetrics-text; version=1.0.0",
        },
    )
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")
