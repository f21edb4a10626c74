"""What settings say of caches, and where code uses them."""

import pytest

from plumbline.project.caches import ABSENT, DJANGO_REDIS
from plumbline.project.setting_values import UNKNOWN
from tests.plumbline.project.projects import project_of


def caches_of(text, **files):
    project = project_of({"config/settings.py": f"INSTALLED_APPS = []\n{text}"} | files)
    return project, project.caches


def test_a_cache_says_what_stands_under_its_keys():
    text = f'CACHES = {{"default": {{"BACKEND": "{DJANGO_REDIS}", "TIMEOUT": None, "OPTIONS": {{**X}}}}}}\n'
    _, (cache,) = caches_of(text)
    assert cache.is_redis
    assert cache.is_shared
    assert cache.get("TIMEOUT") is None
    assert cache.get("KEY_PREFIX") is ABSENT
    assert cache.get("OPTIONS", "SOCKET_TIMEOUT") is UNKNOWN
    assert (cache.located("TIMEOUT").line, cache.located("TIMEOUT").symbol) == (
        2,
        "config.settings.CACHES[default][TIMEOUT]",
    )


@pytest.mark.parametrize(
    "text", ["CACHES = env.cache()\n", 'CACHES = {"default": env.cache()}\n', "CACHES = {**X}\n"]
)
def test_a_cache_that_is_computed_is_not_known(text):
    _, (cache,) = caches_of(text)
    assert cache.alias == "default"
    assert cache.backend == ""
    assert cache.get("TIMEOUT") is UNKNOWN


def test_there_are_no_caches_where_settings_set_none():
    assert caches_of("")[1] == []


def test_an_entry_is_set_only_where_the_dict_is_written_out():
    project, (cache,) = caches_of('CACHES = {"default": {"OPTIONS": {}}}\n')
    edit = cache.setting_entry(project, "A", "1", "OPTIONS")
    assert edit is not None
    assert edit.within == ("default", "OPTIONS")
    assert cache.setting_entry(project, "A", "1", "POOL") is None
    project, (cache,) = caches_of('CACHES = {"default": OTHER}\n')
    assert cache.setting_entry(project, "A", "1") is None


CODE = """from django.core.cache import cache as store, caches

fast = caches["fast"]


async def use(key, other):
    store.set(key, 1, 60)
    await store.aset(key, value=1, timeout=5)
    fast.add(key, 1)
    caches[other].get_or_set(key, 1, *rest)
    other.set(key, 1)
"""


def test_calls_are_those_of_the_caches_of_django():
    project = project_of({"shop/a.py": CODE, "shop/b.py": "cache.set(1, 2)\n", "manage.py": ""})
    found = [(call.method, call.alias, call.has_timeout) for call in project.cache_calls]
    assert found == [
        ("set", "default", True),
        ("set", "default", True),
        ("add", "fast", False),
        ("get_or_set", "", True),
    ]
    assert [call.timeout for call in project.cache_calls][:2] == [60, 5]
    assert project.cache_calls[1].argument(1, "value") == 1


KEYS = """from django.core.cache import cache

HOUR = 60 * 60


def use(pk, other):
    key = f"order:{pk}"
    made = key_of(pk)
    cache.set(key, 1, HOUR)
    cache.set(made, 1, timeout=2 * HOUR)
    cache.set("all", 1, other)
    cache.set(f"list:{pk}", 1, True)
    cache.set(other, 1)
    cache.set(keys.make(pk), 1, 2.5)
    cache.set(self.KEY % pk, 1)
"""


def test_a_call_says_which_key_it_has_and_for_how_long():
    project = project_of({"shop/a.py": KEYS})
    assert [(call.key, call.seconds(project)) for call in project.cache_calls] == [
        ("order:{}", 3600),
        ("key_of()", 7200),
        ("all", None),
        ("list:{}", None),
        ("", None),
        ("make()", 2.5),
        ("KEY", None),
    ]
