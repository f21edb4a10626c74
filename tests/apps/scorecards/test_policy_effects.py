"""What a policy does to scores: when it comes into force, when a repository changes its group, and before either."""

from decimal import Decimal

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from django.conf import settings as django_settings

from apps.accounts.services import team_create
from apps.repositories.services import repository_update
from apps.rulebook.selectors import layer_with
from apps.rulebook.services import draft_save, layer_ensure, policy_publish
from apps.scorecards.models import Occasion, Sheet, Snapshot
from apps.scorecards.selectors import repository_scorecard
from apps.scorecards.selectors.what_if import what_if
from apps.scorecards.services import (
    policies_apply,
    policies_apply_to,
    policy_apply,
    snapshot_take,
)
from plumbline.policy import Policy
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

OFF = {"rules": {"MOD08": {"mode": "off"}}}


def judged(repository=None, *, violations=4, commit="a" * 40, version="1", **scan):
    """A repository with two rules, one of which fails."""
    repository = repository or RepositoryFactory()
    made = ScanFactory(repository=repository, finished=True, commit=commit, **scan)
    RuleResultFactory(
        scan=made, code="MOD08", state="fail" if violations else "pass", subjects=10,
        violations=violations, weight=10, version=version,
    )  # fmt: skip
    RuleResultFactory(
        scan=made, code="TYP01", state="pass", subjects=1, violations=0, weight=10, version="1"
    )
    return snapshot_take(scan=made)


def publish(layer, content):
    layer = draft_save(layer=layer, content=content, revision=layer.draft_revision)
    policy_publish(layer=layer, revision=layer.draft_revision, reason="because")


@pytest.fixture
def sent(monkeypatch):
    """What was sent to the workers: names of tasks and their arguments."""
    found = []
    monkeypatch.setattr("core.queue.announce", lambda task, args, queue: found.append((task, args)))
    return found


@pytest.fixture
def fleet(db):
    return layer_ensure(scope="fleet")


def test_without_a_policy_a_snapshot_is_what_the_engine_says():
    snapshot = judged()
    assert (snapshot.score, snapshot.standing, snapshot.causes) == (Decimal("80.0"), "leaning", {})
    assert Sheet.objects.get().commit == "a" * 40


def test_a_policy_that_comes_into_force_changes_scores_without_a_scan(fleet):
    repository = judged().repository
    publish(fleet, OFF)
    assert policies_apply_to(repository_ids=[repository.pk]) == 1
    snapshot = Snapshot.objects.first()
    assert (snapshot.occasion, snapshot.score) == (Occasion.POLICY, 100)
    assert (snapshot.standing, snapshot.tasks_to_plumb) == ("plumb", 0)
    assert snapshot.causes == {"policy": 20.0}
    card = repository_scorecard(user=UserFactory(), slug=repository.slug)
    assert (card.score, card.tasks, card.states["not_evaluated"]) == (100, [], 1)
    assert policies_apply_to(repository_ids=[repository.pk]) == 0


def test_workers_are_asked_for_those_out_of_line_some_at_a_time(
    fleet, monkeypatch, django_capture_on_commit_callbacks, django_assert_num_queries, sent
):
    monkeypatch.setattr("apps.scorecards.services.policies.APPLIED_AT_ONCE", 2)
    ids = [judged(RepositoryFactory(tags=["legacy"])).repository_id for _ in range(3)]
    judged()
    publish(layer_ensure(scope="tag", tag="legacy"), OFF)
    with django_capture_on_commit_callbacks(execute=True), django_assert_num_queries(2):
        assert policies_apply() == 3
    asked = [args for task, args in sent if task == "scorecards.apply_policy"]
    assert asked == [(ids[0], ids[1]), (ids[2],)]
    assert policies_apply_to(repository_ids=ids) == 3
    assert policies_apply() == 0


def test_what_is_enforced_from_a_day_takes_effect_by_itself(fleet):
    publish(fleet, {"rules": {"TYP01": {"mode": "enforced", "enforced_from": "2027-03-01"}}})
    with time_machine.travel("2027-02-28 12:00", tick=False):
        judged(violations=0)
        assert policies_apply() == 0
    with time_machine.travel("2027-03-01 00:05", tick=False):
        assert policies_apply() == 1
    enforced = [one for one in settings_of_beat() if one["task"] == "scorecards.apply_policies"]
    assert [one["schedule"].hour for one in enforced] == [{0}]


def settings_of_beat():
    return django_settings.CELERY_BEAT_SCHEDULE.values()


def test_publishing_asks_the_workers_to_apply_it(fleet, django_capture_on_commit_callbacks, sent):
    judged()
    with django_capture_on_commit_callbacks(execute=True):
        publish(fleet, OFF)
    assert ("scorecards.apply_policies", ()) in sent


def test_a_scan_under_a_policy_is_scored_by_it(fleet):
    publish(fleet, {"rules": {"MOD08": {"level": "SHOULD", "weight": 5}}})
    snapshot = judged()
    assert snapshot.score == Decimal("86.7")
    assert (snapshot.must_open, snapshot.should_open, snapshot.standing) == (0, 4, "plumb")


def test_a_repository_that_gets_a_team_or_tag_comes_under_its_policy(
    django_capture_on_commit_callbacks, sent
):
    repository = judged().repository
    publish(layer_ensure(scope="tag", tag="legacy"), OFF)
    assert policies_apply() == 0
    with django_capture_on_commit_callbacks(execute=True):
        repository_update(repository=repository, tags=["legacy"])
    assert ("scorecards.apply_policy", (repository.pk,)) in sent
    assert policy_apply(repository_id=repository.pk).score == 100
    assert policy_apply(repository_id=repository.pk) is None


def test_what_moved_a_score_is_told_with_the_next_snapshot():
    repository = judged().repository
    snapshot = judged(repository, violations=1, commit="b" * 40)
    assert snapshot.causes == {"code": 15.0}
    snapshot = judged(repository, violations=3, commit="c" * 40, version="2")
    assert snapshot.causes == {"ruleset": -10.0}


def test_a_snapshot_that_is_taken_twice_keeps_its_causes():
    repository = judged().repository
    snapshot = judged(repository, violations=1, commit="b" * 40)
    assert snapshot_take(scan=snapshot.scan) == snapshot
    snapshot.refresh_from_db()
    assert snapshot.causes == {"code": 15.0}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10), st.sampled_from("12"), st.booleans()), min_size=2))
def test_causes_add_up_to_each_move_of_the_score(steps):
    repository = RepositoryFactory()
    layer = layer_ensure(scope="tag", tag=f"t{repository.pk}")
    repository.tags = [layer.tag]
    repository.save()
    before = None
    for number, (violations, version, is_softer) in enumerate(steps):
        snapshots = [
            judged(repository, violations=violations, commit=f"{number:040x}", version=version)
        ]
        content = {"rules": {"MOD08": {"weight": 3 if is_softer else 10}}}
        if layer.content != content:
            publish(layer, content)
            layer.refresh_from_db()
            snapshots.append(policy_apply(repository_id=repository.pk))
        for snapshot in snapshots:
            snapshot.refresh_from_db()
            if before is not None:
                moved = sum(Decimal(str(points)) for points in snapshot.causes.values())
                assert moved == snapshot.score - before
            before = snapshot.score


def test_a_draft_tells_its_effect_before_it_is_saved_for_good(fleet, django_assert_num_queries):
    team = team_create(name="Commerce")
    inner = team_create(name="Payments", parent=team)
    other = judged(RepositoryFactory(name="Other"), violations=0).repository
    shop = judged(RepositoryFactory(name="Shop", team=inner)).repository
    layer = draft_save(layer=fleet, content=OFF, revision=0)
    user = UserFactory()
    with django_assert_num_queries(2):
        found = what_if(user=user, draft=layer_with(layer=layer, policy=layer.drafted))
    first, second = found.effects
    assert (first.slug, round(first.delta), first.becomes_plumb) == (shop.slug, 20, True)
    assert (second.slug, second.is_moved) == (other.slug, False)
    assert (found.repositories, found.become_plumb, found.tasks_removed) == (2, 1, 1)
    assert [(item.team, item.plumb_before, item.plumb_after) for item in found.teams] == [
        ("Commerce", 0, 1),
        ("Payments", 0, 1),
    ]
    assert Snapshot.objects.filter(occasion=Occasion.POLICY).count() == 0


def test_a_draft_that_adds_tasks_counts_the_patches_that_are_ready(fleet):
    repository = judged().repository
    publish(fleet, {"rules": {"MOD08": {"level": "SHOULD"}}})
    FindingFactory(repository=repository, code="MOD08", fix="safe")
    policies_apply_to(repository_ids=[repository.pk])
    found = what_if(user=UserFactory(), draft=layer_with(layer=fleet, policy=Policy()))
    assert (found.tasks_added, found.stop_being_plumb, found.patches_ready) == (1, 1, 1)
