"""The seeded fleet, made once for all tests of a module, which see it as it was made.

A module whose tests ask for a fleet holds no test that wants an empty one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from apps.repositories.models import Repository
from apps.scans.models import Scan
from tests.apps.factories import UserFactory
from tests.browser import seed, seed_scans

User = get_user_model()


@contextmanager
def _kept[Made](blocker, make: Callable[[], Made]) -> Iterator[Made]:
    """Make something in a transaction around those of the tests, and take it back at the end."""
    with blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        made = make()
    yield made
    with blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


def _fleet() -> list[int]:
    seed.person_create()
    return [repository.pk for repository in seed.fleet_create().values()]


def _busy() -> dict[str, int]:
    seed.person_create()
    return {name: scan.pk for name, scan in seed_scans.scans_create(seed.fleet_create()).items()}


@pytest.fixture(scope="module")
def _fleet_of_module(django_db_setup, django_db_blocker) -> Iterator[list[int]]:
    with _kept(django_db_blocker, _fleet) as made:
        yield made


@pytest.fixture(scope="module")
def _busy_of_module(django_db_setup, django_db_blocker) -> Iterator[dict[str, int]]:
    with _kept(django_db_blocker, _busy) as made:
        yield made


@pytest.fixture
def fleet(_fleet_of_module: list[int], db: None) -> dict[str, Repository]:
    """The seeded repositories by name."""
    return {one.name: one for one in Repository.objects.filter(pk__in=_fleet_of_module)}


@pytest.fixture
def busy(_busy_of_module: dict[str, int], db: None) -> dict[str, Scan]:
    """The seeded fleet on a busy day: its scans by what is special about them."""
    scans = Scan.objects.select_related("repository").in_bulk(_busy_of_module.values())
    return {name: scans[pk] for name, pk in _busy_of_module.items()}


@pytest.fixture
def signed_in(db: None) -> Client:
    """An administrator's client, in a fleet if there is one."""
    client = Client()
    client.force_login(User.objects.filter(email=seed.EMAIL).first() or seed.person_create())
    return client


@pytest.fixture
def reader(db):
    """A client of somebody who signed in and is no more than that."""
    client = Client()
    client.force_login(UserFactory())
    return client
