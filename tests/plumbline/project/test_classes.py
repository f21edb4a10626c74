"""What classes inherit, wherever it is defined."""

import pytest

from plumbline.extract import read_outline
from plumbline.project import Project

MODEL = "django.db.models.Model"


def project_of(files):
    return Project({path: read_outline("python", text.encode()) for path, text in files.items()})


def cls(files, name):
    if isinstance(files, str):
        files = {"app/models.py": files}
    return project_of(files).classes.by_name[name]


def test_a_base_three_files_away_is_found():
    found = cls(
        {
            "a.py": "from django.db.models import Model as Table\nclass A(Table): pass",
            "b.py": "from a import A as First\nclass B(First): pass",
            "c.py": "import b\nclass C(b.B): pass",
        },
        "c.C",
    )
    assert found.inherits(MODEL)
    assert [item.name for item in found.ancestors] == ["B", "A"]


def test_a_class_named_like_its_imported_base_inherits_from_what_was_imported():
    files = {
        "base.py": "from django.db import models\nclass Page(models.Model): pass",
        "app.py": "from base import Page\nclass Page(Page): pass",
    }
    assert cls(files, "app.Page").inherits(MODEL)


@pytest.mark.parametrize(
    ("base", "is_model"),
    [
        ("django_softdelete.models.SoftDeleteModel", True),
        ("ninja.params.models.BodyModel", False),
        ("keras.models.Model", False),
        ("pydantic.BaseModel", False),
    ],
)
def test_a_class_of_another_package_is_a_model_by_its_place_and_name(base, is_model):
    module, _, name = base.rpartition(".")
    source = f"from {module} import {name}\nclass A({name}): pass"
    found = cls(source, "app.models.A")
    assert found.inherits(MODEL) is is_model
    assert found.unknown_bases == [base]


def test_generic_bases_lose_their_parameters():
    assert cls(
        "from django.views.generic import ListView\nclass L(ListView[int]): pass", "app.models.L"
    ).inherits("django.views.generic.ListView")


def test_type_parameters_do_not_hide_bases():
    assert cls(
        "from django.db import models\nclass L[T](models.Model): pass", "app.models.L"
    ).inherits(MODEL)


def test_bases_made_by_calls_of_known_shape_are_seen_through():
    source = (
        "import six\nfrom django.contrib.auth import get_user_model\nfrom django.db import models\n"
        "class A(six.with_metaclass(Meta, models.Model)): pass\n"
        "class B(get_user_model()): pass\n"
        "class C(models.Manager.from_queryset(Q)): pass\n"
        "class D(make_base()): pass\n"
    )
    assert cls(source, "app.models.A").inherits(MODEL)
    assert cls(source, "app.models.B").inherits(MODEL)
    assert cls(source, "app.models.C").inherits("django.db.models.Manager")
    assert cls(source, "app.models.D").unknown_bases == ["?"]


def test_classes_that_inherit_from_each_other_end():
    found = cls("class A(B): pass\nclass B(A): pass\nclass C(C): pass", "app.models.A")
    assert [item.name for item in found.ancestors] == ["B"]
    assert cls("class A(B.X): pass\nclass B(A.Y): pass", "app.models.A").ancestors == []


def test_meta_inherits_from_the_meta_of_another_file_and_of_a_grandparent():
    files = {
        "core.py": (
            "from django.db import models\n"
            "class Base(models.Model):\n    class Meta:\n        abstract = True\n        ordering = ['pk']\n"
            "class Middle(Base):\n    pass\n"
        ),
        "app.py": (
            "import core\n"
            "class Order(core.Middle):\n    class Meta(core.Middle.Meta):\n        verbose_name = 'x'\n"
        ),
    }
    order = cls(files, "app.Order")
    assert order.option("verbose_name") == "x"
    assert order.option("ordering").items == ["pk"]
    assert order.option("missing") is None


def test_a_base_in_the_same_class_body_or_function_is_found():
    source = (
        "from django.db import models\n"
        "class Outer:\n    class One(models.Model): pass\n    class Two(One): pass\n"
        "def make():\n    class One(models.Model): pass\n    class Two(One): pass\n"
        "    def deeper():\n        class Three(Two): pass\n"
        "class Box:\n    def make(self):\n        class Four(models.Model): pass\n"
    )
    assert cls(source, "app.models.Outer.Two").inherits(MODEL)
    assert cls(source, "app.models.make.<locals>.Two").inherits(MODEL)
    assert cls(source, "app.models.make.<locals>.deeper.<locals>.Three").inherits(MODEL)
    assert cls(source, "app.models.Box.make.<locals>.Four").inherits(MODEL)


def test_an_import_in_a_function_serves_the_classes_in_it():
    source = "def make():\n    from django.db import models\n    class One(models.Model): pass\n"
    assert cls(source, "app.models.make.<locals>.One").inherits(MODEL)


def test_a_member_may_be_defined_here_above_or_beyond_the_repository():
    source = (
        "from django.contrib.auth.models import AbstractUser\nfrom outside import Thing\n"
        "class Named:\n    def __str__(self): return 'x'\n"
        "class A(Named): pass\nclass B(AbstractUser): pass\nclass C(Thing): pass\n"
    )
    assert cls(source, "app.models.A").defines("__str__")
    assert cls(source, "app.models.B").defines("__str__")
    assert not cls(source, "app.models.C").defines("__str__")
    assert cls(source, "app.models.C").unknown_bases == ["outside.Thing"]


def test_a_method_is_reported_on_its_def_and_not_on_its_decorator():
    found = cls("class A:\n    @property\n    def b(self): return 1\n", "app.models.A")
    assert found.located(found.member("b")).line == 3
