"""Which calls ask other servers, and how long each may wait."""

import pytest

from tests.plumbline.project.projects import project_of

HEAD = "import httpx\nimport requests\nfrom requests.adapters import HTTPAdapter\n\n\n"


def waits(text, **others):
    files = {"shop/client.py": HEAD + text}
    files |= {f"shop/{name}.py": content for name, content in others.items()}
    return [
        (item.call.outline.name.rpartition(".")[2], item.wait)
        for item in project_of(files).outbound
    ]


@pytest.mark.parametrize(
    ("call", "wait"),
    [
        ("requests.get(url)", "missing"),
        ("requests.get(url, timeout=3)", "set"),
        ("requests.get(url, timeout=(None, None))", "endless"),
        ("requests.get(url, **{'timeout': 3})", "set"),
        ("requests.get(url, **{'stream': True})", "missing"),
        ("requests.Session().get(url)", "missing"),
        ("httpx.get(url)", "set"),
        ("httpx.get(url, timeout=None)", "endless"),
        ("httpx.get(url, timeout=httpx.Timeout(None))", "endless"),
        ("httpx.get(url, **options)", "set"),
        ("pool.submit(requests.get, url)", "missing"),
        ("pool.submit(requests.get, url, timeout=2)", "set"),
    ],
)
def test_a_call_says_how_long_it_waits_or_its_package_does(call, wait):
    assert [found for _, found in waits(f"def f(url, options):\n    {call}\n")] == [wait]


def test_a_session_is_followed_to_where_it_is_made():
    text = (
        "shared = requests.Session()\n\n\n"
        "def f(url):\n    def g():\n        return local.get(url)\n    local = requests.Session()\n\n\n"
        "def h(url):\n    shared.post(url)\n\n\n"
        "class Client:\n    def __init__(self):\n        self.session = requests.Session()\n\n"
        "    def ask(self, url):\n        return self.session.head(url)\n"
    )
    assert waits(text) == [("get", "missing"), ("post", "missing"), ("head", "missing")]


def test_a_session_that_somebody_else_hands_over_may_have_a_limit():
    text = "def f(session: requests.Session | None, url):\n    session.get(url)\n"
    assert waits(text) == [("get", "open")]


@pytest.mark.parametrize(
    ("adapter", "wait"),
    [
        ("HTTPAdapter(max_retries=3)", "missing"),
        ("TimeoutAdapter(3)", "set"),
        ("Own()", "open"),
        ("Pooled()", "missing"),
        ("adapter", "open"),
    ],
)
def test_an_adapter_may_set_the_limit(adapter, wait):
    text = (
        "class Own(HTTPAdapter):\n    def send(self, *args, **kwargs):\n        pass\n\n\n"
        "class Pooled(HTTPAdapter):\n    def init_poolmanager(self):\n        pass\n\n\n"
        "def f(url, adapter):\n    session = requests.Session()\n"
        f'    session.mount("https://", {adapter})\n    session.get(url)\n'
    )
    assert waits(text) == [("get", wait)]


def test_a_method_that_is_replaced_sets_the_limit():
    text = (
        "from functools import partial\n\n\ndef f(url):\n    session = requests.Session()\n"
        "    session.request = partial(session.request, timeout=3)\n    session.get(url)\n"
    )
    assert waits(text) == [("get", "set")]


def test_options_of_a_function_are_known_if_all_callers_give_the_limit():
    wrapper = "def ask(url, **options):\n    return requests.get(url, **options)\n"
    caller = "from shop.client import ask\n\n\ndef f():\n    ask('/', timeout=3)\n"
    assert waits(wrapper) == [("get", "open")]
    assert waits(wrapper, views=caller) == [("get", "set")]


def test_a_session_of_django_is_no_session_of_requests():
    assert waits("def view(request):\n    request.session.get('cart')\n") == []


def test_a_limit_for_all_sockets_is_one_for_urlopen():
    text = "from urllib.request import urlopen\n\n\ndef f(url):\n    urlopen(url)\n"
    assert waits(text) == [("urlopen", "missing")]
    assert waits(text, apps="import socket\n\nsocket.setdefaulttimeout(5)\n") == [
        ("urlopen", "set")
    ]
