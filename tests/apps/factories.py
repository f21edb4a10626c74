"""Rows for tests, valid and small unless a test says otherwise."""

import hashlib

import factory

from django.utils import timezone

from apps.accounts.models import User
from apps.findings.models import Finding
from apps.repositories.models import Provider, Repository
from apps.scans.models import Lane, RuleResult, Scan, ScanState, Trigger
from apps.scorecards.models import Snapshot
from apps.scorecards.services import day_due, headlines_write


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.org")
    password = factory.django.Password("correct horse battery staple")


class RepositoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Repository

    name = factory.Sequence(lambda number: f"Repository {number}")
    slug = factory.Sequence(lambda number: f"repository-{number}")
    url = factory.Sequence(lambda number: f"https://git.example.org/team/repository-{number}.git")
    provider = Provider.GITHUB


class ScanFactory(factory.django.DjangoModelFactory):
    """A scan that waits; `finished=True` makes one that is done."""

    class Meta:
        model = Scan

    class Params:
        finished = factory.Trait(
            state=ScanState.DONE,
            phase="done",
            commit=factory.Sequence(lambda number: f"{number:040x}"),
            ruleset="sha256:test",
            extractor="test",
            started_at=factory.LazyFunction(timezone.now),
            finished_at=factory.LazyFunction(timezone.now),
            score=80,
            standing="off",
            evaluated=10,
            applicable=12,
        )

    repository = factory.SubFactory(RepositoryFactory)
    trigger = Trigger.MANUAL
    state = ScanState.QUEUED
    attempt = factory.LazyAttribute(lambda scan: int(scan.state == ScanState.RUNNING))
    lane = Lane.INTERACTIVE
    # An urgent scan is announced at once, another when its turn comes.
    available_at = factory.LazyFunction(timezone.now)
    announced_at = factory.LazyAttribute(
        lambda scan: scan.available_at if scan.lane == Lane.INTERACTIVE else None
    )


class RuleResultFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RuleResult

    scan = factory.SubFactory(ScanFactory, finished=True)
    code = "MOD08"
    level = "MUST"
    state = "fail"
    subjects = 10
    violations = 2
    weight = 10


class SnapshotFactory(factory.django.DjangoModelFactory):
    """A snapshot, with what is rolled up of it; days are added up by `days_settle`."""

    class Meta:
        model = Snapshot
        skip_postgeneration_save = True

    scan = factory.SubFactory(ScanFactory, finished=True)
    repository = factory.SelfAttribute("scan.repository")
    taken_at = factory.LazyFunction(timezone.now)
    score = 80
    standing = "off"
    evaluated = 10
    applicable = 12

    @factory.post_generation
    def _rolled_up(self, create, _extracted):
        headlines_write(repository_ids=[self.repository_id])
        day_due(day=self.taken_at.date(), teams=[self.repository.team_id])


class FindingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Finding

    repository = factory.SubFactory(RepositoryFactory)
    fingerprint = factory.Sequence(lambda number: f"{number:032x}")
    code = "MOD08"
    level = "MUST"
    path = "apps/orders/models.py"
    path_digest = factory.LazyAttribute(
        lambda finding: hashlib.sha256(finding.path.encode()).hexdigest()
    )
    line = 12
    column = 5
    end_line = 12
    message = "the reverse name is singular"
    first_seen_at = factory.LazyFunction(timezone.now)
