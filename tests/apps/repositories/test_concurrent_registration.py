from concurrent.futures import ThreadPoolExecutor

import pytest

from django.db import connection

from apps.repositories.exceptions import RepositoryExists
from apps.repositories.models import Repository
from apps.repositories.services import repository_register

pytestmark = pytest.mark.django_db(transaction=True)


def _register(url: str) -> str:
    try:
        return repository_register(url=url).slug
    except RepositoryExists:
        return "exists"
    finally:
        connection.close()


def test_of_several_registrations_of_one_address_one_succeeds():
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(_register, ["https://github.com/example/shop.git"] * 4))
    assert sorted(results) == ["exists", "exists", "exists", "shop"]
    assert Repository.objects.count() == 1


def test_several_repositories_of_one_name_get_different_slugs():
    urls = [f"https://github.com/{team}/shop.git" for team in "abcd"]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(_register, urls))
    assert len(set(results)) == 4
