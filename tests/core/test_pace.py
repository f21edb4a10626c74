import pytest

from core.pace import client_address, pace_exceeded, pace_spent

pytestmark = pytest.mark.django_db


def test_beyond_the_limit_a_key_is_refused_and_another_is_not():
    answers = [pace_exceeded("a", limit=3, seconds=60) for _ in range(5)]
    assert answers == [False, False, False, True, True]
    assert not pace_exceeded("b", limit=3, seconds=60)


def test_looking_whether_a_limit_is_reached_counts_nothing():
    assert not any(pace_spent("a", limit=1) for _ in range(3))
    pace_exceeded("a", limit=1, seconds=60)
    assert pace_spent("a", limit=1)
    assert not pace_spent("a", limit=2)


def test_without_a_cache_nothing_is_refused(monkeypatch):
    monkeypatch.setattr("core.pace.cache.add", lambda *_args, **_options: False)
    monkeypatch.setattr("core.pace.cache.incr", lambda *_args: None)
    assert not pace_exceeded("a", limit=0, seconds=60)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 10.0.0.1", "10.0.0.1"),
        (2, "6.6.6.6, 10.0.0.1", "6.6.6.6"),
        (3, "6.6.6.6, 10.0.0.1", "127.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_say_is_believed(rf, settings, proxies, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_address(rf.get("/", headers={"X-Forwarded-For": forwarded})) == address
