from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django.utils import timezone

from apps.scans.models import Outline
from apps.scans.selectors import outlines_load
from apps.scans.services import outlines_evict, outlines_store, outlines_touch

pytestmark = pytest.mark.django_db


@given(st.binary(max_size=2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_what_was_stored_is_loaded(db, encoded):
    Outline.objects.all().delete()
    outlines_store(extractor="v1", outlines=[("a" * 40, "python", encoded)])
    assert outlines_load(extractor="v1", kind="python", blobs=["a" * 40]) == {"a" * 40: encoded}


def test_another_extractor_or_kind_knows_nothing():
    outlines_store(extractor="v1", outlines=[("a" * 40, "python", b"x")])
    assert outlines_load(extractor="v2", kind="python", blobs=["a" * 40]) == {}
    assert outlines_load(extractor="v1", kind="toml", blobs=["a" * 40]) == {}


def test_storing_what_is_known_changes_nothing():
    for encoded in (b"first", b"second"):
        outlines_store(extractor="v1", outlines=[("a" * 40, "python", encoded)])
    assert list(outlines_load(extractor="v1", kind="python", blobs=["a" * 40]).values()) == [
        b"first"
    ]


def test_thousands_are_loaded_in_few_queries(django_assert_max_num_queries):
    blobs = [f"{number:040x}" for number in range(5000)]
    outlines_store(extractor="v1", outlines=((blob, "python", b"x") for blob in blobs))
    with django_assert_max_num_queries(3):
        assert len(outlines_load(extractor="v1", kind="python", blobs=blobs)) == 5000


def test_what_nobody_used_for_long_is_evicted():
    outlines_store(
        extractor="v1", outlines=[("a" * 40, "python", b"x"), ("b" * 40, "python", b"y")]
    )
    today = timezone.localdate()
    Outline.objects.update(last_used_on=today - timedelta(days=61))
    outlines_touch(extractor="v1", kind="python", blobs=["a" * 40], today=today)
    assert outlines_evict() == 1
    assert Outline.objects.get().blob == "a" * 40
