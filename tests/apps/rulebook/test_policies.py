import threading
from datetime import date

import pytest

from django.contrib.auth.models import Permission
from django.db import connection

from apps.accounts.models import AuditEvent, User
from apps.accounts.services import member_put, team_create
from apps.rulebook.models import PolicyLayer, PolicyVersion
from apps.rulebook.policies import Group
from apps.rulebook.selectors import (
    layer_find,
    layer_get_for_draft,
    layer_get_for_publish,
    layer_key,
    layer_with,
    policy_book,
    version_list,
    waiver_days,
)
from apps.rulebook.services import (
    DraftOutdated,
    PolicyInvalid,
    draft_discard,
    draft_save,
    layer_ensure,
    policy_publish,
)
from apps.rulebook.signals import policy_published
from core.exceptions import Forbidden, Invalid, NotFound
from plumbline.policy import Mode, Policy
from tests.apps.factories import UserFactory

pytestmark = pytest.mark.django_db

SOFTER = {"rules": {"MOD08": {"level": "SHOULD"}}}


@pytest.fixture
def fleet(db):
    return layer_ensure(scope="fleet")


def publish(layer, content, reason="because"):
    layer = draft_save(layer=layer, content=content, revision=layer.draft_revision)
    policy_publish(layer=layer, revision=layer.draft_revision, reason=reason)
    layer.refresh_from_db()
    return layer


def test_a_draft_changes_nothing_until_it_is_published(fleet, user):
    layer = draft_save(layer=fleet, content=SOFTER, revision=0, actor=user)
    assert policy_book().policy(Group()) == Policy()
    drafted = policy_book().with_draft(layer_with(layer=layer, policy=layer.drafted))
    assert drafted.terms(Group())["MOD08"].level == "SHOULD"
    version = policy_publish(layer=layer, revision=1, reason="too loud", actor=user)
    assert policy_book().terms(Group())["MOD08"].level == "SHOULD"
    assert (version.number, version.reason, version.author) == (1, "too loud", user)
    assert version.changes == ["MOD08: level as the guide has it → SHOULD"]
    assert AuditEvent.objects.get(action="policy.publish").detail["changes"] == version.changes


def test_each_version_is_kept(fleet):
    layer = publish(fleet, SOFTER)
    publish(layer, {"weights": {"MUST": 8}})
    assert [version.number for version in version_list(layer=layer)] == [2, 1]
    assert PolicyVersion.objects.get(number=1).content == SOFTER


def test_publishing_is_announced_in_its_transaction(fleet):
    heard = []

    def hear(layer, version, **_kwargs):
        heard.append((layer.number, version.number, connection.in_atomic_block))

    policy_published.connect(hear)
    try:
        publish(fleet, SOFTER)
    finally:
        policy_published.disconnect(hear)
    assert heard == [(1, 1, True)]


@pytest.mark.parametrize(
    "content",
    [
        {"rules": {"NONE99": {"level": "MUST"}}},
        {"rules": {"MOD08": {"level": "PERHAPS"}}},
        {"rules": {"MOD08": {"colour": "red"}}},
        {"weights": {"MUST": -1}},
        {"weights": {"MUST": 101}},
        {"rules": {"MOD08": {"weight": 1000}}},
        {"waiver_days": 0},
        {"rules": {"MOD08": {"mode": "on", "enforced_from": "2026-12-01"}}},
        {"rules": {"MOD08": {"mode": "enforced", "enforced_from": "soon"}}},
        {"levels": {}},
        [],
        None,
    ],
)
def test_what_cannot_be_applied_is_refused(fleet, content):
    with pytest.raises(PolicyInvalid):
        draft_save(layer=fleet, content=content, revision=0)
    fleet.refresh_from_db()
    assert fleet.draft is None


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_policy_needs_a_reason(fleet, reason):
    layer = draft_save(layer=fleet, content=SOFTER, revision=0)
    with pytest.raises(Invalid):
        policy_publish(layer=layer, revision=1, reason=reason)


def test_a_draft_that_changes_nothing_is_not_published(fleet):
    with pytest.raises(Invalid):
        policy_publish(layer=fleet, revision=0, reason="because")
    layer = draft_save(layer=fleet, content={}, revision=0)
    with pytest.raises(Invalid):
        policy_publish(layer=layer, revision=1, reason="because")


def test_a_change_to_an_older_draft_is_refused(fleet):
    draft_save(layer=fleet, content=SOFTER, revision=0)
    with pytest.raises(DraftOutdated):
        draft_save(layer=fleet, content={"weights": {"MUST": 8}}, revision=0)
    with pytest.raises(DraftOutdated):
        policy_publish(layer=fleet, revision=0, reason="because")
    with pytest.raises(DraftOutdated):
        draft_discard(layer=fleet, revision=0)


def test_a_discarded_draft_does_not_come_back_from_an_old_page(fleet):
    layer = draft_save(layer=fleet, content=SOFTER, revision=0)
    layer = draft_discard(layer=layer, revision=1)
    assert layer.draft is None
    with pytest.raises(DraftOutdated):
        draft_save(layer=layer, content=SOFTER, revision=1)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_at_once_one_is_told(fleet):
    barrier = threading.Barrier(2)
    told = []

    def save(weight):
        barrier.wait(10)
        try:
            draft_save(layer=fleet, content={"weights": {"MUST": weight}}, revision=0)
            told.append("kept")
        except DraftOutdated:
            told.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[weight]) for weight in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(told) == ["kept", "told"]
    assert PolicyLayer.objects.get().draft_revision == 1


def test_a_team_wins_over_the_fleet_and_a_tag_over_both(fleet):
    outer = team_create(name="Commerce")
    inner = team_create(name="Payments", parent=outer)
    publish(fleet, {"rules": {"MOD08": {"weight": 1}}, "waiver_days": 90})
    publish(layer_ensure(scope="team", team=outer), {"rules": {"MOD08": {"weight": 2}}})
    publish(layer_ensure(scope="team", team=inner), {"rules": {"MOD08": {"weight": 3}}})
    publish(layer_ensure(scope="tag", tag="legacy"), {"rules": {"MOD08": {"mode": "off"}}})
    book = policy_book()
    weights = [
        book.terms(group)["MOD08"].weight
        for group in (Group(), Group(outer.pk), Group(inner.pk, outer.pk))
    ]
    assert weights == [1, 2, 3]
    legacy = Group(inner.pk, outer.pk, ("legacy",))
    assert book.terms(legacy)["MOD08"].mode == Mode.OFF
    assert waiver_days(group=legacy) == 90


def test_a_layer_is_made_once_and_for_something(fleet):
    assert layer_ensure(scope="fleet") == fleet
    for wrong in ({"scope": "team"}, {"scope": "tag"}, {"scope": "fleet", "tag": "x"}):
        with pytest.raises(Invalid):
            layer_ensure(**wrong)


def test_a_layer_is_found_by_its_name_before_anybody_has_drafted_it(user):
    team = team_create(name="Payments")
    for key, scope in (("fleet", "fleet"), ("team:payments", "team"), ("tag:legacy", "tag")):
        layer = layer_find(user=user, key=key)
        assert (layer.pk, layer.scope, layer_key(layer), layer.policy) == (
            None,
            scope,
            key,
            Policy(),
        )
    saved = draft_save(layer=layer_find(user=user, key="team:payments"), content=SOFTER, revision=0)
    assert (saved.team, layer_find(user=user, key="team:payments")) == (team, saved)
    for key in ("", "fleet:x", "team", "team:none", "tag:", "tag:Not a tag", "city:berlin"):
        with pytest.raises(NotFound):
            layer_find(user=user, key=key)


def test_leads_draft_for_their_team_and_only_who_may_publish_puts_into_force(user, administrator):
    team = team_create(name="Payments")
    lead, publisher = UserFactory(), UserFactory()
    member_put(team=team, user=lead, role="lead")
    publisher.user_permissions.add(Permission.objects.get(codename="publish_policy"))
    may_draft = {
        (person, key): _may(layer_get_for_draft, person, key)
        for person in (user, lead, publisher, administrator)
        for key in ("fleet", "team:payments", "tag:legacy")
    }
    drafting = {pair for pair, may in may_draft.items() if may}
    assert drafting == {(lead, "team:payments")} | {
        (person, key)
        for person in (publisher, administrator)
        for key in ("fleet", "team:payments", "tag:legacy")
    }
    publishing = [
        person
        for person in (user, lead, publisher, administrator)
        if _may(layer_get_for_publish, person, "team:payments")
    ]
    assert publishing == [publisher, administrator]


def _may(get, person, key):
    try:
        get(user=User.objects.get(pk=person.pk), key=key)
    except Forbidden:
        return False
    return True


def test_what_is_enforced_from_a_day_begins_on_it(fleet):
    publish(fleet, {"rules": {"MOD08": {"mode": "enforced", "enforced_from": "2027-01-01"}}})
    assert policy_book(on=date(2026, 12, 31)).terms(Group()) == {}
    book = policy_book(on=date(2026, 12, 31)).on_day(date(2027, 1, 1))
    assert book.terms(Group())["MOD08"].mode == Mode.ENFORCED
