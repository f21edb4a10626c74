"""Circuit breakers, and what runs under them."""

from tests.plumbline.project.projects import project_of

HEAD = "import pybreaker\nimport requests\n\npayment = pybreaker.CircuitBreaker(5, 60)\n\n\n"


def guarded(text):
    project = project_of({"shop/services.py": HEAD + text})
    return [project.breakers.is_guarded(item.call) for item in project.outbound]


def test_a_decorator_a_call_and_a_context_manager_guard():
    assert guarded("@payment\ndef f(url):\n    requests.get(url)\n") == [True]
    assert guarded("def f(url):\n    payment.call(requests.get, url)\n") == [True]
    assert guarded("def f(url):\n    with payment.calling():\n        requests.get(url)\n") == [
        True
    ]
    assert guarded("def f(url):\n    requests.get(url)\n") == [False]


def test_a_function_that_is_handed_to_a_breaker_is_guarded():
    text = (
        "class Client:\n    def _ask(self, url):\n        return requests.get(url)\n\n"
        "    def ask(self, url):\n        return payment.call(self._ask, url)\n"
    )
    assert guarded(text) == [True]


def test_all_that_leads_to_a_call_must_be_guarded():
    ask = "def ask(url):\n    return requests.get(url)\n\n\n"
    one = "@payment\ndef first(url):\n    ask(url)\n\n\n"
    assert guarded(ask + one) == [True]
    assert guarded(ask + one + "def second(url):\n    ask(url)\n") == [False]


def test_breakers_are_known_by_name_those_of_a_factory_and_of_a_class_too():
    project = project_of(
        {
            "shop/breakers.py": (
                "import pybreaker\n\n\nclass Own(pybreaker.CircuitBreaker):\n    pass\n\n\n"
                "def make(name):\n    return pybreaker.CircuitBreaker(name=name)\n\n\n"
                "mail = make('mail')\nsearch = Own()\n"
            ),
            "shop/views.py": "from shop.breakers import mail\n",
        }
    )
    assert project.breakers.names == {
        "shop.breakers.make", "shop.breakers.mail", "shop.breakers.search",
    }  # fmt: skip
    assert [module.name for module in project.breakers.users] == ["shop.breakers", "shop.views"]
    assert len(project.breakers.made) == 2
