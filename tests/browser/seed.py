"""A fleet with a past, for browser tests and screenshots: the same one each time."""

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress

from django.utils import timezone

from apps.accounts.models import User
from apps.findings.migration_results import (
    FileCount,
    MigrationFinding,
    MigrationSummary,
    ReasonCount,
    RuleCount,
    Unlinted,
)
from apps.findings.models import Finding
from apps.repositories.models import Repository
from apps.repositories.services import endpoint_create
from apps.scans.models import MigrationState, RuleResult, Scan, UnreadableFile
from apps.scans.services import (
    LintOutcome,
    MigrationOutcome,
    lint_record,
    migration_lint_store,
    migrations_record,
)
from apps.scorecards.figures import section_figures
from apps.scorecards.models import Snapshot
from apps.scorecards.services import snapshot_take
from plumbline.linting.blobs import BlobLint
from plumbline.linting.results import Lint
from plumbline.linting.summary import summarise
from plumbline.registry import all_rules
from plumbline.sandbox.linter import EXEMPTED
from tests.browser.seed_groups import groups_create

EMAIL = "ada@example.org"
PASSWORD = "a plumb line hangs straight"

# Text that would do something if it were ever taken for anything but text.
POLYGLOT = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=alert() )//</stYle/</titLe/</teXtarEa/"
    "</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>\\x3e"
)
HOSTILE_NAME = "<img src=x onerror=alert(1)>"
HOSTILE_BRANCH = "\"><script>alert('branch')</script>"
HOSTILE_PATH = f"app/\u202e{POLYGLOT}\x1b[31m.py"
HOSTILE_MESSAGE = f"{{{{ 7*7 }}}} {{% load x %}} {POLYGLOT} <b>bold</b>\u2066"

WEEKS = 14


@dataclass(frozen=True)
class Plan:
    """How one repository of the fleet came to be as it is."""

    name: str
    start: float
    end: float
    broken: int
    url: str = ""
    branch: str = "main"


PLANS = (
    Plan("payments-api", 74.0, 91.4, 2),
    Plan("identity", 88.2, 100.0, 0),
    Plan("storefront", 61.5, 66.8, 9),
    Plan("warehouse-sync", 45.0, 58.3, 7),
    Plan("notifications", 93.5, 96.1, 0),
    Plan("billing", 84.0, 78.9, 4),
    Plan("back-office", 38.0, 41.7, 12),
    Plan("search-gateway", 90.1, 90.4, 1),
    Plan("partner-portal", 70.3, 63.2, 6),
    Plan("reporting", 81.0, 86.5, 3),
    Plan("a-service-whose-name-is-longer-than-anyone-would-like-it-to-be", 76.0, 79.9, 3),
)

SNIPPETS = (
    (
        "apps/orders/models.py",
        "apps.orders.models.Order.customer",
        'The reverse name "order" is singular, but one customer has many orders.',
        """class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    placed_at = models.DateTimeField(default=timezone.now)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="order"
    )
    total = models.DecimalField(max_digits=10, decimal_places=2)  # with tax
""",
        118,
        (121, 123),
    ),
    (
        "apps/orders/views.py",
        "apps.orders.views.checkout",
        "The view creates two records and sends mail; a service should.",
        """@require_POST
def checkout(request):
    cart = Cart.objects.get(session=request.session.session_key)
    order = Order.objects.create(customer=request.user, total=cart.total)
    for item in cart.items.all():
        OrderLine.objects.create(order=order, product=item.product, quantity=item.quantity)
    send_mail("Thank you", render_receipt(order), None, [request.user.email])
    return redirect("orders:detail", order.pk)
""",
        40,
        (43, 43),
    ),
    (
        "apps/catalogue/tasks.py",
        "apps.catalogue.tasks.reindex",
        "The task takes a model instance; pass its id and fetch it inside.",
        """@shared_task(bind=True, max_retries=3)
def reindex(self, product):
    try:
        index.put(product.sku, product.as_document())
    except IndexUnavailable as exc:
        raise self.retry(exc=exc, countdown=2**self.request.retries)
""",
        12,
        (13, 13),
    ),
    (
        "config/settings/base.py",
        "config.settings.base",
        "SECURE_CSP is not set; the pages are sent without a content security policy.",
        """SECURE_HSTS_SECONDS = 31_536_000
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SESSION_COOKIE_SECURE = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
""",
        87,
        (87, 87),
    ),
)


def person_create() -> User:
    """Create the person who looks at it all."""
    user = User.objects.create_superuser(email=EMAIL, password=PASSWORD)
    EmailAddress.objects.create(user=user, email=EMAIL, verified=True, primary=True)
    return user


def finding_path(repository: Repository) -> str:
    """The page of one of a repository's findings."""
    finding = (
        repository.findings.filter(level="MUST").exclude(state="suppressed").order_by("id").first()
    )
    return f"/repositories/{repository.slug}/findings/{finding.pk}/"


def fleet_create(*, now: datetime | None = None) -> dict[str, Repository]:
    """Create the fleet; give its repositories by name."""
    now = now or timezone.now()
    chance = random.Random(7)
    made = {plan.name: _judged(plan, chance, now) for plan in PLANS}
    made["hostile"] = _hostile(chance, now)
    made["unreachable"] = _unreachable(now)
    made["running"] = _under_way("mobile-backend", "running", now)
    made["queued"] = _under_way("data-platform", "queued", now)
    made["empty"] = _empty(now)
    groups_create(made, now)
    return made


def _repository(name: str, *, url: str = "", branch: str = "main", slug: str = "") -> Repository:
    slug = slug or name[:90]
    repository = Repository.objects.create(
        name=name,
        slug=slug,
        url=url or f"https://git.example.org/shop/{slug}",
        branch=branch,
        provider="other",
    )
    endpoint_create(repository=repository)
    return repository


def _judged(plan: Plan, chance: random.Random, now: datetime) -> Repository:
    repository = _repository(plan.name, url=plan.url, branch=plan.branch)
    scans, snapshots = [], []
    for week in range(WEEKS - 1):
        part = week / (WEEKS - 1)
        wobble = chance.uniform(-1.2, 1.2)
        score = min(max(plan.start + (plan.end - plan.start) * part**1.3 + wobble, 0), 100)
        at = now - timedelta(weeks=WEEKS - 1 - week, hours=3)
        scan = _scan(repository, at, score, "off" if plan.broken else "plumb")
        scans.append(scan)
        snapshots.append(
            Snapshot(
                repository=repository,
                scan=scan,
                taken_at=scan.finished_at,
                score=scan.score,
                standing=scan.standing,
                evaluated=29,
                applicable=31,
                must_open=plan.broken + 2 * (WEEKS - week),
                should_open=20 + WEEKS - week,
            )
        )
    Scan.objects.bulk_create(scans)
    Snapshot.objects.bulk_create(snapshots)
    standing = "plumb" if plan.broken == 0 else "leaning" if plan.broken < 4 else "off"
    age = timedelta(minutes=chance.randrange(4, 600))
    scan = _scan(repository, now - age, plan.end, standing)
    scan.save()
    _results(scan, plan.broken, chance)
    _findings(repository, scan, chance, now)
    _lint(scan, plan.broken, chance)
    _migrations(scan, plan.name, chance)
    snapshot_take(scan=scan)
    return repository


def _scan(repository: Repository, at: datetime, score: float, standing: str) -> Scan:
    commit = hashlib.sha1(f"{repository.pk} {at}".encode(), usedforsecurity=False).hexdigest()
    return Scan(
        repository=repository,
        commit=commit,
        ruleset="sha256:3f1c9a04b77d",
        extractor="f00dfeed",
        engine="1.0.0",
        state="done",
        trigger="webhook",
        enqueued_at=at,
        started_at=at + timedelta(seconds=1),
        finished_at=at + timedelta(seconds=3.4),
        phase="done",
        files_total=412,
        files_done=412,
        files_read=412,
        files_excluded=88,
        score=round(score, 2),
        standing=standing,
        evaluated=29,
        applicable=31,
        timings={"fetch": 1.21, "read": 0.12, "extract": 0.86, "evaluate": 0.21, "record": 0.08},
        facts={
            "django": "6.1.3",
            "python": ">=3.13",
            "api": "Django REST framework 3.18",
            "tasks": "Celery 5.7 with Redis",
            "database": "PostgreSQL",
            "settings": "config.settings.production",
        },
    )


def _results(scan: Scan, broken: int, chance: random.Random) -> None:
    rows = []
    musts_left = broken
    for code, rule in all_rules().items():
        level = str(rule.level)
        subjects = chance.choice((1, 4, 12, 31, 88, 240))
        state, violations, evidence = "pass", 0, ""
        if level == "MUST" and musts_left and not rule.preview:
            state, violations = "fail", max(1, round(subjects * chance.uniform(0.02, 0.6)))
            musts_left -= 1
        elif level != "MUST" and chance.random() < 0.3:
            state, violations = "fail", max(1, round(subjects * chance.uniform(0.02, 0.4)))
        elif chance.random() < 0.12:
            state, subjects = "not_applicable", 0
            evidence = rule.absent
        elif chance.random() < 0.03:
            state, subjects, evidence = "error", 0, "pyproject.toml could not be read."
        rows.append(
            RuleResult(
                scan=scan,
                code=code,
                level=level,
                preview=rule.preview,
                state=state,
                subjects=subjects,
                violations=violations,
                evidence=evidence,
                weight={"MUST": 10, "SHOULD": 3}.get(level, 0),
            )
        )
    RuleResult.objects.bulk_create(rows)
    assert section_figures(rows) is not None


def _findings(repository: Repository, scan: Scan, chance: random.Random, now: datetime) -> None:
    rows = []
    for result in scan.results.all():
        for number in range(min(result.violations, 14)):
            path, symbol, message, snippet, start, (line, end) = chance.choice(SNIPPETS)
            rows.append(
                _finding(
                    repository,
                    scan,
                    f"{result.code}-{number}",
                    code=result.code,
                    level=result.level,
                    preview=result.preview,
                    path=path,
                    symbol=symbol,
                    message=message,
                    snippet=snippet,
                    snippet_start=start,
                    line=line,
                    end_line=end,
                    first_seen_at=now - timedelta(days=chance.randrange(1, 90)),
                    state="suppressed" if chance.random() < 0.05 else "open",
                    suppressed_reason="kept until the old client is gone",
                )
            )
    Finding.objects.bulk_create(rows)


def _lint(scan: Scan, broken: int, chance: random.Random) -> None:
    apps = ("orders", "customers", "catalogue", "payments", "shipping")
    modules = ("models", "views", "services", "selectors", "tasks", "admin", "urls", "apps")
    often = {"D102": 0.5, "ANN001": 0.4, "D101": 0.3, "D212": 0.2, "I001": 0.02 * broken}
    codes = ("F401", "E402", "B904", "SIM102", "S113", "N806", "UP031", "RUF005", "DJ001")
    seldom = dict.fromkeys(codes, 0.005 * broken)
    results = [
        (
            f"apps/{app}/{module}{number or ''}.py",
            "source",
            BlobLint(
                {
                    code: chance.randrange(1, 30 if code in often else 4)
                    for code, part in (often | seldom).items()
                    if chance.random() < part
                }
            ),
        )
        for app in apps
        for module in modules
        for number in range(8)
    ]
    results.append(("apps/orders/generated.py", "source", BlobLint({}, {}, EXEMPTED)))
    _lint_keep(scan, summarise(results, ruff="0.17.6"))


def _lint_keep(scan: Scan, lint: Lint) -> None:
    lint_record(scan=scan, outcome=LintOutcome("seed", lint))


_WORDS = {
    "changing-column-type": (
        "Changing a column type requires an `ACCESS EXCLUSIVE` lock on the table which blocks reads and writes "
        "while the table is rewritten. Changing the type of the column may also break other clients reading from "
        "the table."
    ),
    "require-concurrent-index-creation": (
        "During normal index creation, table updates are blocked, but reads are still allowed. "
        "Use `concurrently` to avoid blocking writes."
    ),
    "ban-drop-column": "Dropping a column may break existing clients.",
    "renaming-column": "Renaming a column may break existing clients.",
    "adding-not-nullable-field": (
        "Setting a column `NOT NULL` blocks reads while the table is scanned. "
        "Make the field nullable and use a `CHECK` constraint instead."
    ),
    "constraint-missing-not-valid": (
        "By default new constraints require a table scan and block writes to the table while that scan occurs. "
        "Use `NOT VALID` with a later `VALIDATE CONSTRAINT` call."
    ),
}
_REASONS = (
    ReasonCount("the field class `payments.fields.MoneyField`", 14, ["AddField", "AlterField"]),
    ReasonCount("a field that is not written as a call", 3, ["AddField"]),
    ReasonCount("its operations stand under a condition", 1, ["Migration"]),
)


def _migrations(scan: Scan, name: str, chance: random.Random) -> None:
    states = {"identity": MigrationState.OTHER, "notifications": MigrationState.NONE}
    if name in states:
        migrations_record(scan=scan, outcome=MigrationOutcome("seed", states[name]))
        return
    if name == "warehouse-sync":
        problem = "Squawk could not be started."
        failed = MigrationOutcome("seed", MigrationState.FAILED, problem=problem)
        migrations_record(scan=scan, outcome=failed)
        return
    changes = ("wider_number", "index_customers", "drop_legacy", "rename_total", "add_currency")
    paths = [
        f"apps/{app}/migrations/{number:04}_{chance.choice(changes)}.py"
        for app in ("orders", "customers", "payments")
        for number in range(2, 14)
    ]
    findings = [
        MigrationFinding(path, chance.randrange(9, 60), "AlterField", rule, message)
        for position, (rule, message) in enumerate(_WORDS.items(), 1)
        for path in chance.sample(paths, 18 // position)
    ]
    counts = {rule: sum(item.rule == rule for item in findings) for rule in _WORDS}
    summary = MigrationSummary(
        squawk="3.0.0",
        migrations=214,
        linted=171,
        rebuilt=1_402,
        opaque=18,
        statements=1_688,
        found=len(findings),
        reasons=list(_REASONS),
        rules=[RuleCount(rule, count, count) for rule, count in counts.items()],
        findings=findings,
        worst=[FileCount(path, 9 - place) for place, path in enumerate(paths[:7])],
        unlinted=1,
        not_linted=[Unlinted(paths[0], "Squawk crashed on it")],
    )
    _migrations_keep(scan, summary)


def _migrations_keep(scan: Scan, summary: MigrationSummary) -> None:
    lint = migration_lint_store(digest=f"seed-{scan.public_id.hex}", summary=summary)
    migrations_record(scan=scan, outcome=MigrationOutcome("seed", MigrationState.LINTED, lint))


def _finding(repository: Repository, scan: Scan, key: str, **columns: object) -> Finding:
    path = str(columns["path"])
    return Finding(
        repository=repository,
        fingerprint=hashlib.sha256(f"{repository.pk} {key}".encode()).hexdigest(),
        path_digest=hashlib.sha256(path.encode()).hexdigest(),
        column=5,
        first_seen_scan=scan,
        **columns,
    )


def _hostile(chance: random.Random, now: datetime) -> Repository:
    repository = _repository(
        HOSTILE_NAME,
        url="https://git.example.org/evil/"
        "%3Cscript%3Ealert(2)%3C/script%3E?\"'><svg/onload=alert(3)>",
        branch=HOSTILE_BRANCH,
        slug="hostile",
    )
    scan = _scan(repository, now - timedelta(minutes=9), 12.5, "off")
    scan.facts = {POLYGLOT: POLYGLOT, "django": "</script><script>alert(4)</script>"}
    scan.save()
    _results(scan, 3, chance)
    rows = [
        _finding(
            repository,
            scan,
            f"hostile-{number}",
            code=code,
            level="MUST",
            path=HOSTILE_PATH,
            symbol=POLYGLOT,
            message=HOSTILE_MESSAGE,
            snippet=f"x = '{POLYGLOT}'\n</code></pre><script>alert(5)</script>\ny = '\u202e' # \x00\n",
            snippet_start=1,
            line=2,
            end_line=2,
            first_seen_at=now,
        )
        for number, code in enumerate(list(all_rules())[:3])
    ]
    for row in rows:
        row.snippet = row.snippet.replace("\x00", "")
    Finding.objects.bulk_create(rows)
    UnreadableFile.objects.create(scan=scan, path=HOSTILE_PATH, reason=POLYGLOT)
    bad = [
        (HOSTILE_PATH, "source", BlobLint({"F401": 3})),
        (POLYGLOT, "source", BlobLint({}, {}, POLYGLOT)),
    ]
    _lint_keep(scan, summarise(bad, ruff="0.17.6"))
    _migrations_keep(
        scan,
        MigrationSummary(
            squawk="3.0.0",
            migrations=1,
            linted=0,
            rebuilt=1,
            opaque=1,
            statements=1,
            found=1,
            reasons=[ReasonCount(POLYGLOT, 1, [POLYGLOT])],
            rules=[RuleCount(POLYGLOT, 1, 1)],
            findings=[MigrationFinding(HOSTILE_PATH, 3, POLYGLOT, POLYGLOT, HOSTILE_MESSAGE)],
            worst=[FileCount(HOSTILE_PATH, 1)],
            unlinted=1,
            not_linted=[Unlinted(HOSTILE_PATH, POLYGLOT)],
        ),
    )
    snapshot_take(scan=scan)
    earlier = _scan(repository, now - timedelta(days=2), 20, "off")
    earlier.save()
    Snapshot.objects.create(
        repository=repository,
        scan=earlier,
        taken_at=now - timedelta(days=2),
        score=20,
        standing="off",
    )
    return repository


def _unreachable(now: datetime) -> Repository:
    repository = _repository("legacy-crm", url="https://git.example.org/crm/legacy-crm")
    Scan.objects.create(
        repository=repository,
        state="failed",
        trigger="schedule",
        phase="done",
        attempt=3,
        enqueued_at=now - timedelta(hours=7),
        started_at=now - timedelta(hours=7),
        finished_at=now - timedelta(hours=7),
        error_code="auth",
        error_text="The host refused the credentials.",
        error_remedy="Give a read-only access token for this repository, then try again.",
    )
    return repository


def _under_way(name: str, state: str, now: datetime) -> Repository:
    repository = _repository(name)
    running = state == "running"
    Scan.objects.create(
        repository=repository,
        state=state,
        trigger="register",
        enqueued_at=now,
        started_at=now if running else None,
        attempt=int(running),
        fence=int(running),
        lease_until=now + timedelta(hours=1) if running else None,
        phase="extract" if running else "queued",
        commit="5d41402abc4b2a76b9719d911017c592ae5f3b00" if running else "",
        files_total=1290 if running else 0,
        files_done=734 if running else 0,
    )
    return repository


def _empty(now: datetime) -> Repository:
    repository = _repository("design-tokens")
    scan = Scan.objects.create(
        repository=repository,
        commit="ad0234829205b9033196ba818f7a872b00000000",
        ruleset="sha256:3f1c9a04b77d",
        extractor="f00dfeed",
        state="done",
        trigger="register",
        phase="done",
        enqueued_at=now - timedelta(days=1),
        started_at=now - timedelta(days=1),
        finished_at=now - timedelta(days=1),
        empty=True,
        empty_reason="No file of this commit imports or requires Django.",
        files_read=3,
    )
    snapshot_take(scan=scan)
    return repository
