"""Locks that only real, simultaneous connections can test."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from django.db import connection, transaction

from core.locks import one_at_a_time, only_one

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(act):
    """What comes of it on another connection."""

    def run():
        try:
            with transaction.atomic():
                return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def held() -> bool:
    with only_one(7) as alone:
        return alone


def test_one_process_at_a_time_holds_a_lock():
    with only_one(7) as alone:
        assert alone
        assert not elsewhere(held)
    assert elsewhere(held)


def test_nobody_stands_behind_a_process_that_hangs():
    with only_one(7):
        began = time.monotonic()
        assert elsewhere(lambda: one_at_a_time(7, patience=0.2)) is False
        assert 0.1 < time.monotonic() - began < 5
    assert elsewhere(lambda: one_at_a_time(7, patience=0.2)) is True


def test_a_transaction_goes_on_after_a_lock_that_was_not_free():
    def go_on() -> str:
        assert not one_at_a_time(7, patience=0.05)
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return cursor.fetchone()[0]

    with only_one(7):
        assert elsewhere(go_on) == "0"
