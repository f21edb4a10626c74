"""Functions, the calls in them, and what those calls do."""

import pytest

from plumbline import outline as o
from plumbline.project.functions import effect_kind, is_write
from tests.plumbline.project.projects import project_of


def function_of(text, name="f", **files):
    project = project_of(
        {"shop/a.py": text} | {f"shop/{path}.py": more for path, more in files.items()}
    )
    (found,) = [function for function in project.functions if function.name == name]
    return project, found


def test_functions_have_qualified_names_wherever_they_stand():
    text = (
        "def a():\n    def b():\n        pass\nclass C:\n    def d(self):\n        pass\n"
        "    class E:\n        def f(self):\n            pass\n"
    )
    names = [function.qualified_name for function in project_of({"shop/a.py": text}).functions]
    assert names == ["shop.a.a", "shop.a.a.<locals>.b", "shop.a.C.d", "shop.a.C.E.f"]


def test_calls_of_nested_functions_are_not_the_outer_ones():
    _, found = function_of("def f():\n    x()\n    def g():\n        y()\n    z()\n")
    assert [call.target for call in found.calls] == ["x", "z"]


def test_parameters_leave_out_what_python_fills_in():
    text = (
        "class A:\n    def a(self, x):\n        pass\n    @classmethod\n    def b(cls, x):\n        pass\n"
        "    @staticmethod\n    def c(x):\n        pass\ndef d(x):\n    pass\n"
    )
    functions = project_of({"shop/a.py": text}).functions
    assert [[p.name for p in function.parameters] for function in functions] == [["x"]] * 4


def test_decorators_are_known_by_their_canonical_names():
    text = (
        "from django.db import transaction as t\nfrom shop.b import own\n"
        "@t.atomic(using='x')\n@own\ndef f():\n    pass\n"
    )
    _, found = function_of(text, b="def own(f):\n    return f\n")
    assert [name for name, _ in found.decorators] == ["django.db.transaction.atomic", "shop.b.own"]
    assert isinstance(found.decorators[0][1], o.Invocation)
    assert found.decorated("django.db.transaction.")
    assert not found.decorated("celery.")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("g()", "shop.a.g"),
        ("b.h()", "shop.b.h"),
        ("self.own()", "shop.a.Child.own"),
        ("self.inherited()", "shop.b.Parent.inherited"),
        ("super().own()", "shop.b.Parent.own"),
        ("Child.own(self)", "shop.a.Child.own"),
        ("self.child.own()", None),
        ("unknown()", None),
        ("len(x)", None),
    ],
)
def test_a_call_leads_to_the_function_that_it_runs(call, name):
    project, found = function_of(
        "from shop import b\nfrom shop.b import Parent\ndef g():\n    pass\n"
        f"class Child(Parent):\n    def own(self):\n        pass\n    def f(self):\n        {call}\n",
        b=(
            "class Parent:\n    def own(self):\n        pass\n    def inherited(self):\n        pass\n"
            "def h():\n    pass\n"
        ),
    )
    calls = [item for item in found.calls if item.outline.name != "super"]
    called = project.functions.called_by(calls[0])
    assert (called.qualified_name if called else None) == name


HEAD = (
    "import asyncio, os, subprocess, time, urllib.request\nimport boto3, httpx, requests, stripe\nfrom time "
    "import sleep\n"
    "from django.core import mail\nfrom django.core.mail import EmailMessage, send_mail\nfrom requests import "
    "Session\n"
    "from shop.tasks import ship\nfrom shop.models import Order\n"
)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("send_mail('a', 'b', None, [])", "mail"),
        ("mail.mail_admins('a', 'b')", "mail"),
        ("EmailMessage('a').send()", "mail"),
        ("m = EmailMessage('a')\n    m.send()", "mail"),
        ("user.email_user('a', 'b')", "mail"),
        ("requests.get('x')", "http"),
        ("requests.Session().post('x')", "http"),
        ("s = requests.Session()\n    s.post('x')", "http"),
        ("with Session() as s:\n        s.post('x')", "http"),
        ("httpx.request('GET', 'x')", "http"),
        ("urllib.request.urlopen('x')", "http"),
        ("time.sleep(1)", "sleep"),
        ("sleep(1)", "sleep"),
        ("subprocess.run(['x'])", "process"),
        ("os.system('x')", "process"),
        ("stripe.Charge.create(amount=1)", "cloud"),
        ("boto3.client('s3').put_object(Key='x')", "cloud"),
        ("s3 = boto3.client('s3')\n    s3.put_object(Key='x')", "cloud"),
        ("ship.delay(1)", "task"),
        ("Order.objects.create()", "write"),
        ("Order.objects.filter().update(x=1)", "write"),
        ("Order._default_manager.bulk_create([])", "write"),
    ],
)
def test_a_call_that_does_something_says_what(statement, kind):
    _, found = function_of(
        f"{HEAD}def f(user):\n    {statement}\n", tasks="def ship():\n    pass\n"
    )
    assert kind in {effect_kind(call) for call in found.calls}


@pytest.mark.parametrize(
    "statement",
    [
        "options.get('x')",
        "request.GET.get('x')",
        "signal.send(sender=1)",
        "channel.send('x')",
        "cache.delete('x')",
        "options.update(x=1)",
        "boto3.client('s3')",
        "stripe.StripeClient('x')",
        "requests.Session()",
        "response = requests_like.get('x')",
        "EmailMessage('a')",
        "delay(1)",
        "Order.objects.filter().first()",
        "forms.create()",
        "post('x')",
        "self.client.post('x')",
    ],
)
def test_a_call_that_only_looks_like_one_does_nothing(statement):
    _, found = function_of(f"{HEAD}def f(self, options, request):\n    {statement}\n")
    assert {effect_kind(call) for call in found.calls} == {None}
    assert not any(is_write(call) for call in found.calls)
