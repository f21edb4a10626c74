"""Large scans in parts: who holds a part, what is void, and that the verdict is the same however many take part."""

import threading
from datetime import timedelta

import pytest

from django.db import connection
from django.utils import timezone

from apps.findings.migration_sql import confined
from apps.findings.migration_sql.confined import SqlMaker
from apps.findings.models import Finding
from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from apps.scans.exceptions import LeaseLost
from apps.scans.models import (
    ChunkState,
    ChunkWork,
    LintedBlob,
    LintReport,
    MigrationLint,
    MigrationReport,
    MigrationSqlPart,
    Outline,
    RuleResult,
    Scan,
    ScanChunk,
    ScanLogEntry,
    UnreadableFile,
)
from apps.scans.pipeline import chunks, chunks_help
from apps.scans.pipeline.chunks import is_large, parts
from apps.scans.pipeline.heartbeat import Heartbeat
from apps.scans.selectors import chunk_casualties, chunked_scan, chunks_standing, migrations_of
from apps.scans.services import (
    ChunkPlan,
    chunk_claim,
    chunk_finish,
    chunk_give_back,
    chunk_progress,
    chunk_renew,
    chunks_forget,
    chunks_plan,
    chunks_sweep,
    scan_cancel,
    scan_claim,
)
from plumbline.sandbox import Casualty, Sandbox
from tests.apps.factories import ScanFactory
from tests.apps.scans.running import scan
from tests.apps.source import SHOP

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = (
    SHOP["config/settings.py"]
    + 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
)
KEYS = [(f"{number:040x}", "python") for number in range(5)]
OUTLINE, LINT = ChunkWork.OUTLINE, ChunkWork.LINT


@pytest.fixture
def hints(monkeypatch, django_capture_on_commit_callbacks):
    """What is announced to other workers once transactions are committed."""
    sent: list[tuple] = []
    monkeypatch.setattr("core.queue.announce", lambda *hint: sent.append(hint))
    return sent


@pytest.fixture
def claim(db):
    return scan_claim(scan_id=ScanFactory().pk)


@pytest.fixture
def planned(claim):
    """A running scan with three parts."""
    chunks_plan(
        claim=claim,
        plans=[
            ChunkPlan(OUTLINE, KEYS[:3]),
            ChunkPlan(OUTLINE, KEYS[3:]),
            ChunkPlan(LINT, [(KEYS[0][0], "source")], ["shop"]),
        ],
    )
    return claim


def held(scan_id: int, **options):
    chunk = chunk_claim(scan_id=scan_id, **options)
    assert chunk is not None
    return chunk


def test_each_part_is_taken_once_in_order_and_then_there_is_none(planned):
    taken = [held(planned.scan_id) for _ in range(3)]
    assert [len(chunk.keys) for chunk in taken] == [3, 2, 1]
    assert taken[0].keys == KEYS[:3]
    assert taken[2].own_names == {"shop"}
    assert chunk_claim(scan_id=planned.scan_id) is None
    assert chunked_scan(planned.scan_id) is None


def test_a_part_whose_holder_is_heard_of_no_more_is_taken_back_and_the_late_one_is_ignored(planned):
    lost = held(planned.scan_id, work=LINT)
    assert chunk_renew(chunk=lost)
    assert chunk_claim(scan_id=planned.scan_id, work=LINT) is None
    ScanChunk.objects.filter(pk=lost.chunk_id).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    again = held(planned.scan_id, work=LINT)
    assert (again.chunk_id, again.fence) == (lost.chunk_id, lost.fence + 1)
    assert not chunk_renew(chunk=lost)
    assert not chunk_finish(chunk=lost, casualties=[])
    assert chunk_finish(chunk=again, casualties=[])


def test_a_part_that_two_workers_were_lost_on_is_left_to_the_one_that_runs_the_scan(planned):
    for _ in range(2):
        held(planned.scan_id, work=LINT)
        ScanChunk.objects.filter(work=LINT).update(lease_until=timezone.now())
    assert chunk_claim(scan_id=planned.scan_id, work=LINT) is None
    assert chunk_claim(scan_id=planned.scan_id, work=LINT, is_own=True) is not None


def test_a_part_that_is_given_back_waits_no_lease(planned):
    chunk = held(planned.scan_id, work=LINT)
    chunk_give_back(chunk=chunk)
    assert held(planned.scan_id, work=LINT).chunk_id == chunk.chunk_id


def test_progress_and_casualties_are_added_up(planned):
    first, second = held(planned.scan_id), held(planned.scan_id)
    chunk_progress(chunk=first, files_done=2)
    chunk_finish(chunk=second, casualties=[(KEYS[3], "crashed")])
    assert chunks_standing(scan_id=planned.scan_id, work=OUTLINE) == (1, 1, 4)
    assert chunk_casualties(planned.scan_id) == {KEYS[3]: "crashed"}


@pytest.mark.parametrize("end", ["cancelled", "another attempt"])
def test_the_parts_of_a_scan_that_is_somebody_elses_are_void(planned, end):
    chunk = held(planned.scan_id)
    row = Scan.objects.get(pk=planned.scan_id)
    if end == "cancelled":
        scan_cancel(scan=row)
    else:
        Scan.objects.filter(pk=row.pk).update(fence=row.fence + 1)
    assert not chunk_renew(chunk=chunk)
    assert not chunk_finish(chunk=chunk, casualties=[])
    assert chunk_claim(scan_id=planned.scan_id, is_own=True) is None
    assert chunked_scan(planned.scan_id) is None
    with pytest.raises(LeaseLost):
        chunks_plan(claim=planned, plans=[ChunkPlan(OUTLINE, KEYS)])
    assert chunks_sweep() == 3


def test_a_later_attempt_plans_anew_and_the_sweep_leaves_what_runs(planned):
    assert chunks_sweep() == 0
    chunks_plan(claim=planned, plans=[ChunkPlan(OUTLINE, KEYS)])
    assert ScanChunk.objects.count() == 1
    chunks_forget(claim=planned)
    assert not ScanChunk.objects.exists()


def test_each_part_but_the_first_is_announced(planned, hints, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        chunks_plan(claim=planned, plans=[ChunkPlan(OUTLINE, [key]) for key in KEYS])
    assert hints == [("scans.chunks", (planned.scan_id,), "chunks")] * 4


def test_parts_take_about_as_long_as_each_other_and_lose_nothing(settings):
    sizes = {blob: 3000 * number for number, (blob, _) in enumerate(KEYS)}
    cut = list(parts(KEYS, sizes, 10_000))
    assert [len(part) for part in cut] == [3, 1, 1]
    assert [key for part in cut for key in part] == KEYS
    settings.PLUMBLINE_SPLIT_BYTES = 30_000
    assert is_large(KEYS, sizes)
    assert not is_large(KEYS[:4], sizes)
    settings.PLUMBLINE_SPLIT_BYTES = 0
    assert not is_large(KEYS, sizes)


# ---- Whole scans, in this process


@pytest.fixture
def small_parts(settings, local_repositories_allowed, own_mirrors, monkeypatch) -> None:
    """Split every scan, into parts of a file or two."""
    # Its thread sees nothing of this test's transaction, and would give the scan up for lost.
    monkeypatch.setattr(Heartbeat, "_beat", lambda _: None)
    settings.PLUMBLINE_SPLIT_BYTES = 1
    settings.PLUMBLINE_CHUNK_BYTES = 2000


def verdict(done: Scan) -> dict[str, object]:
    """Everything that a scan said."""
    fields = ("code", "state", "subjects", "violations", "evidence")
    return {
        "end": (done.state, done.commit, done.score, done.standing, done.files_read),
        "results": list(RuleResult.objects.filter(scan=done).values_list(*fields)),
        "findings": list(
            Finding.objects.filter(repository=done.repository)
            .order_by("fingerprint")
            .values_list("fingerprint", "path", "line", "state")
        ),
        "unreadable": list(UnreadableFile.objects.filter(scan=done).values_list("path", "reason")),
        "ruff": LintReport.objects.get(scan=done).data,
    }


def unsplit_verdict(repository: Repository, settings) -> tuple[Scan, dict[str, object]]:
    """What one worker alone says of the same branch, as if nothing had ever been read."""
    settings.PLUMBLINE_SPLIT_BYTES = 0
    for model in (Outline, LintedBlob):
        model.objects.all().delete()
    same = repository_register(url=repository.url, branch="main")
    done = scan(same)
    assert "chunks" not in done.counts
    return done, verdict(done)


def test_a_split_scan_says_what_an_unsplit_one_says(shop, source, small_parts, settings):
    source.push({"apps/orders/broken.py": "def (:\n", "apps/same.py": SHOP["manage.py"]})
    split = scan(shop)
    assert split.counts["chunks"] > 4
    assert split.counts["chunks_helped"] == 0
    assert not ScanChunk.objects.exists()
    assert ScanLogEntry.objects.filter(scan=split, kind="split").count() == 1
    assert split.files_done == split.files_total > 5
    unsplit, said = unsplit_verdict(shop, settings)
    assert verdict(split) == said
    for name in ("outlines_wanted", "outlines_parsed", "bytes_parsed", "lints_wanted", "lints_run"):
        assert split.counts[name] == unsplit.counts[name]


@pytest.fixture
def migrated(shop, source, monkeypatch):
    """A shop on PostgreSQL with eight migrations, of which two make a part."""
    monkeypatch.setattr(confined, "PART", 2)
    folder, previous = "apps/orders/migrations", ""
    files = {"config/settings.py": ON_POSTGRESQL, f"{folder}/__init__.py": ""}
    for number in range(8):
        operation = (
            'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])'
            if not number
            else f'migrations.AddField("order", "made{number}", models.DateTimeField(auto_now_add=True))'
        )
        if number == 7:
            operation = 'migrations.RunSQL("ALTER TABLE orders_order DROP COLUMN x")'
        needs = f'    dependencies = [("orders", "{previous}")]\n' if previous else ""
        previous = f"{number:04}_step"
        files[f"{folder}/{previous}.py"] = (
            "from django.db import migrations, models\n\n\n"
            f"class Migration(migrations.Migration):\n{needs}    operations = [{operation}]\n"
        )
    source.push(files)
    return shop


@pytest.mark.parametrize("helped", [False, True])
def test_the_sql_of_migrations_made_in_parts_is_linted_as_a_whole(
    migrated, small_parts, monkeypatch, settings, helped
):
    real = chunks.chunk_claim

    def elsewhere(**options):
        if options["work"] is ChunkWork.SQL:
            monkeypatch.setattr(chunks, "chunk_claim", real)
            while chunks_help(options["scan_id"]):
                pass
        return real(**options)

    if helped:
        monkeypatch.setattr(chunks, "chunk_claim", elsewhere)
    split = scan(migrated)
    assert ScanLogEntry.objects.filter(scan=split, kind="split").count() == 2
    assert split.counts["chunks_helped"] == (4 if helped else 0)
    assert MigrationSqlPart.objects.count() == 4
    found = migrations_of(split).result
    assert (found.migrations, found.statements, found.found) == (8, 14, 1)
    MigrationReport.objects.all().delete()
    MigrationLint.objects.all().delete()
    MigrationSqlPart.objects.all().delete()
    unsplit, said = unsplit_verdict(migrated, settings)
    assert migrations_of(unsplit).result == found
    assert verdict(split) == said


def test_a_migration_more_makes_only_the_sql_of_the_last_part(
    migrated, source, small_parts, monkeypatch
):
    scan(migrated)
    known = set(MigrationSqlPart.objects.values_list("digest", flat=True))
    jobs = []
    made = SqlMaker.made

    def counting(maker, job):
        jobs.append(job)
        return made(maker, job)

    monkeypatch.setattr(SqlMaker, "made", counting)
    source.push(
        {
            "apps/orders/migrations/0008_more.py": "from django.db import migrations, models\n\n\n"
            'class Migration(migrations.Migration):\n    dependencies = [("orders", "0007_step")]\n'
            '    operations = [migrations.RemoveField("order", "made3")]\n'
        }
    )
    done = scan(migrated)
    assert len(jobs) == 1
    assert len(set(MigrationSqlPart.objects.values_list("digest", flat=True)) - known) == 1
    assert migrations_of(done).result.migrations == 9


def test_parts_of_another_version_are_not_made_here(migrated, small_parts, monkeypatch):
    """A worker that is not up to date may not leave its SQL under our digest."""
    monkeypatch.setattr(chunks, "checker_version", lambda: "older")
    real_plan = chunks.ChunkPlan

    def plan(work, keys, *names, **options):
        return real_plan(work, [(key, "newer") for key, _ in keys], *names, **options)

    monkeypatch.setattr(
        chunks,
        "ChunkPlan",
        lambda work, *a, **o: (plan if work == "sql" else real_plan)(work, *a, **o),
    )
    done = scan(migrated)
    assert done.state == "done"
    assert migrations_of(done).result.migrations == 8


def test_a_scan_with_little_to_do_is_not_split(shop, settings, own_mirrors):
    settings.PLUMBLINE_SPLIT_BYTES = 1 << 20
    assert "chunks" not in scan(shop).counts


def test_a_second_scan_of_a_large_repository_is_not_split(shop, source, small_parts, settings):
    settings.PLUMBLINE_SPLIT_BYTES = 2000
    assert scan(shop).counts["chunks"] > 1
    source.push({"apps/orders/extra.py": "x = 1\n"})
    again = scan(shop)
    assert "chunks" not in again.counts
    assert again.counts["outlines_parsed"] == 1


def test_a_file_that_ends_its_child_elsewhere_is_unreadable_with_the_reason_and_not_kept(
    shop, small_parts, monkeypatch
):
    original = Sandbox.extract

    def extract(sandbox, files):
        for key, outline in original(sandbox, files):
            if key[1] == "toml":
                sandbox.casualties.append(Casualty(key, "the parser crashed (SIGSEGV)"))
            yield key, outline

    real = chunks.chunk_claim

    def elsewhere(**options):
        """Another worker is always there first."""
        monkeypatch.setattr(chunks, "chunk_claim", real)
        while chunks_help(options["scan_id"]):
            pass
        return real(**options)

    monkeypatch.setattr(Sandbox, "extract", extract)
    monkeypatch.setattr(chunks, "chunk_claim", elsewhere)
    done = scan(shop)
    assert done.counts["chunks_helped"] == done.counts["chunks"]
    assert list(UnreadableFile.objects.values_list("path", "reason")) == [
        ("pyproject.toml", "the parser crashed (SIGSEGV)")
    ]
    assert not Outline.objects.filter(kind="toml").exists()


def test_what_no_part_brought_is_done_by_the_one_that_runs_the_scan(
    shop, small_parts, monkeypatch, settings
):
    """As if the helper ran another version: what it stores is of no use here."""
    real = chunks.chunk_claim

    def elsewhere(**options):
        chunk = real(**options)
        while chunk is not None:
            chunk_finish(chunk=chunk, casualties=[])
            chunk = real(**options)
        return None

    monkeypatch.setattr(chunks, "chunk_claim", elsewhere)
    done = scan(shop)
    assert done.state == "done"
    assert not UnreadableFile.objects.exists()
    assert RuleResult.objects.get(scan=done, code="MOD08").state == "fail"


def test_help_for_a_scan_that_has_ended_or_never_was_is_nothing(shop, small_parts):
    assert chunks_help(0) == 0
    assert chunks_help(scan(shop).pk) == 0


def test_a_worker_that_cannot_have_the_commit_leaves_the_parts_to_others(
    shop, small_parts, monkeypatch, source
):
    real, helped = chunks.chunk_claim, []

    def elsewhere(**options):
        monkeypatch.setattr(chunks, "chunk_claim", real)
        monkeypatch.setattr("apps.repositories.mirrors.Mirror.has", lambda *_: False)
        bare = source.bare.rename(source.bare.with_name("away.git"))
        helped.append(chunks_help(options["scan_id"]))
        bare.rename(source.bare)
        return real(**options)

    monkeypatch.setattr(chunks, "chunk_claim", elsewhere)
    assert scan(shop).state == "done"
    assert helped == [0]


def test_a_worker_elsewhere_fetches_the_very_commit(
    shop, source, small_parts, monkeypatch, tmp_path, settings
):
    real, helped = chunks.chunk_claim, []

    def elsewhere(**options):
        monkeypatch.setattr(chunks, "chunk_claim", real)
        here, settings.PLUMBLINE_VAR = settings.PLUMBLINE_VAR, tmp_path / "elsewhere"
        source.push({"apps/later.py": "x = 1\n"})  # the branch moves on meanwhile
        helped.append(chunks_help(options["scan_id"]))
        settings.PLUMBLINE_VAR = here
        return real(**options)

    monkeypatch.setattr(chunks, "chunk_claim", elsewhere)
    before = source._git("rev-parse", "HEAD").strip()
    done = scan(shop)
    assert helped[0] > 0
    assert done.commit == before
    assert (tmp_path / "elsewhere/mirrors" / str(shop.pk)).is_dir()


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_try_each_part_goes_to_one(transactional_db):
    claim = scan_claim(scan_id=ScanFactory().pk)
    chunks_plan(claim=claim, plans=[ChunkPlan(OUTLINE, [key]) for key in KEYS * 4])
    taken: list[int] = []

    def take() -> None:
        try:
            while (chunk := chunk_claim(scan_id=claim.scan_id)) is not None:
                taken.append(chunk.chunk_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == len(set(taken)) == 20
    assert set(ScanChunk.objects.values_list("state", flat=True)) == {ChunkState.LEASED}
