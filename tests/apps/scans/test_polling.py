import pytest

from apps.repositories.services import repository_register
from apps.scans.models import Scan
from apps.scans.polling import SLOTS, remote_poll
from apps.scans.selectors import repositories_to_poll
from tests.apps.factories import RepositoryFactory, ScanFactory
from tests.apps.source import SHOP_BETTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local_repositories_allowed")]


@pytest.fixture
def shop(source, user):
    repository = repository_register(url=source.url, actor=user)
    Scan.objects.all().delete()
    return repository


def test_a_branch_that_moved_without_a_word_is_scanned(shop, source):
    commit = source.push({})
    ScanFactory(repository=shop, finished=True, commit=commit)
    assert not remote_poll(shop.pk)
    source.push(SHOP_BETTER)
    assert remote_poll(shop.pk)
    assert Scan.objects.get(state="queued").trigger == "schedule"


def test_a_remote_that_fails_is_left_alone(shop, source):
    source.bare.rename(source.bare.with_name("moved.git"))
    assert not remote_poll(shop.pk)


def test_a_repository_that_was_removed_meanwhile_is_no_error(db):
    assert not remote_poll(0)


def test_each_repository_has_its_turn_once_an_hour():
    repositories = RepositoryFactory.create_batch(5)
    RepositoryFactory(enabled=False)
    turns = [pk for slot in range(SLOTS) for pk in repositories_to_poll(slot=slot, slots=SLOTS)]
    assert sorted(turns) == sorted(repository.pk for repository in repositories)


def test_a_repository_whose_scan_waits_is_not_polled():
    repository = ScanFactory().repository
    turns = [pk for slot in range(SLOTS) for pk in repositories_to_poll(slot=slot, slots=SLOTS)]
    assert repository.pk not in turns
