import pytest

from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEvent
from apps.accounts.selectors import audit_list
from apps.accounts.services import audit_record
from core.exceptions import Forbidden

pytestmark = pytest.mark.django_db


def test_an_event_cannot_be_changed(user):
    event = audit_record(action="a", target="b", actor=user)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(action="c")


def test_an_event_cannot_be_removed(user):
    event = audit_record(action="a", target="b", actor=user)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        event.delete()


def test_an_event_outlives_its_actor_and_keeps_the_name(user):
    email = user.email
    event = audit_record(action="a", target="b", actor=user)
    user.delete()
    event.refresh_from_db()
    assert (event.actor, event.actor_name) == (None, email)


def test_hostile_text_can_be_recorded(user):
    event = audit_record(
        action="a", target="x\x00\udc80", actor=user, detail={"k\x00": ["\u202e", float("nan")]}
    )
    event.refresh_from_db()
    assert event.target == "x\\x00\\udc80"
    assert event.detail == {"k\\x00": ["\\u202e", None]}


def test_only_administrators_read_the_log(user, administrator):
    audit_record(action="a", target="b", actor=user)
    with pytest.raises(Forbidden):
        audit_list(user=user)
    assert len(audit_list(user=administrator)) == 1
