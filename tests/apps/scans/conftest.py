"""A repository on this machine that can be scanned."""

import pytest

from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from tests.apps.scans.running import months_ago, scan
from tests.apps.source import SHOP, SHOP_BETTER, Source


@pytest.fixture
def own_mirrors(settings, tmp_path) -> None:
    """Keep the copies of this test apart."""
    settings.PLUMBLINE_VAR = tmp_path / "var"


@pytest.fixture
def shop(source, user, own_mirrors, local_repositories_allowed) -> Repository:
    """A small Django project that is followed and not scanned yet."""
    return repository_register(url=source.url, actor=user)


@pytest.fixture(scope="session")
def _old_source(tmp_path_factory) -> Source:
    made = Source(tmp_path_factory.mktemp("old"))
    made.push(SHOP | SHOP_BETTER, at=months_ago(5))
    made.push({"README": "one"}, at=months_ago(4, 3))
    made.push({"apps/orders/models.py": SHOP["apps/orders/models.py"]}, at=months_ago(4, 20))
    made.push({"README": "two"}, at=months_ago(2))
    made.push({"README": "three"}, at=months_ago(1))
    made.push({"README": "four"})
    return made


@pytest.fixture
def old_source(_old_source, tmp_path) -> Source:
    """A project of five months: with a good name at first, and then with a bad one."""
    return Source.copied(_old_source, tmp_path)


@pytest.fixture
def old_shop(old_source, user, own_mirrors, local_repositories_allowed) -> Repository:
    """The project of five months, whose newest commit is judged."""
    repository = repository_register(url=old_source.url, actor=user)
    assert scan(repository).state == "done"
    return repository
