import pytest

from django.db import IntegrityError

from apps.repositories.models import Repository
from core.exceptions import Conflict
from core.slugs import slug_insert
from tests.apps.factories import RepositoryFactory

pytestmark = pytest.mark.django_db


def insert(repository, name):
    slug_insert(
        repository, name=name, among=Repository.objects.all(), page="register", otherwise="thing"
    )
    return repository.slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Shop", "shop"), ("Register", "register-2"), ("店", "thing"), ("a" * 200, "a" * 90)],
)
def test_a_slug_is_what_the_name_says_and_no_page(name, slug):
    assert insert(RepositoryFactory.build(), name) == slug


def test_rows_of_one_name_are_numbered():
    slugs = [insert(RepositoryFactory.build(), "Shop") for _ in range(3)]
    assert slugs == ["shop", "shop-2", "shop-3"]


def test_who_comes_second_takes_another_slug_and_gives_up_if_there_is_none(monkeypatch):
    insert(RepositoryFactory.build(), "Shop")
    seen = iter(["shop", "shop", "shop-9"])
    monkeypatch.setattr("core.slugs._free", lambda *_: next(seen))
    assert insert(RepositoryFactory.build(), "Shop") == "shop-9"
    monkeypatch.setattr("core.slugs._free", lambda *_: "shop")
    with pytest.raises(Conflict, match="No free address"):
        insert(RepositoryFactory.build(), "Shop")


def test_what_clashes_otherwise_is_told_at_once():
    insert(RepositoryFactory.build(url="https://example.org/shop.git"), "Shop")
    with pytest.raises(IntegrityError, match="url_and_branch"):
        insert(RepositoryFactory.build(url="https://example.org/shop.git"), "Till")
