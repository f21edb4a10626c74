"""The test run's own servers."""

import pytest

from django.core.cache import cache
from django.db import connection


@pytest.mark.django_db
def test_each_run_has_a_migrated_postgresql():
    assert "django_migrations" in connection.introspection.table_names()
    assert connection.pg_version >= 180000


@pytest.mark.django_db
def test_each_test_begins_with_an_empty_cache():
    assert cache.get("left-behind") is None
    cache.set("left-behind", "x")
    assert cache.get("left-behind") == "x"


@pytest.mark.django_db
def test_each_test_begins_with_an_empty_cache_again():
    assert cache.get("left-behind") is None
