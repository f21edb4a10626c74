"""People, bots and repositories for tests of the apps."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import TokenScope, User
from apps.accounts.services import token_create
from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from tests.apps.factories import UserFactory
from tests.apps.source import SHOP, Source


@pytest.fixture
def user(db) -> User:
    return UserFactory()


@pytest.fixture
def administrator(db) -> User:
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def repository(user) -> Repository:
    """A registered repository, with its webhook and a first scan that waits."""
    return repository_register(url="https://github.com/example/shop.git", actor=user)


@pytest.fixture(scope="session")
def _shop_source(tmp_path_factory) -> Source:
    made = Source(tmp_path_factory.mktemp("shop"))
    made.push(SHOP)
    return made


@pytest.fixture
def source(_shop_source, tmp_path) -> Source:
    """A git repository on this machine with a small Django project in it."""
    return Source.copied(_shop_source, tmp_path)


@pytest.fixture
def bot(user) -> Callable[..., APIClient]:
    """A function that gives a client with a token of these scopes; all scopes without any."""

    def make(*scopes: str, person: User | None = None) -> APIClient:
        _, text = token_create(user=person or user, name="test", scopes=scopes or TokenScope.values)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return make
