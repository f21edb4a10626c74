"""Which classes are models, and what their fields are."""

import pytest

from plumbline.extract import read_outline
from plumbline.project import Project


def models_of(files):
    if isinstance(files, str):
        files = {"app/models.py": files}
    project = Project({path: read_outline("python", text.encode()) for path, text in files.items()})
    return {model.name: model for model in project.models}


HEAD = "from django.db import models\n"


def test_tests_migrations_and_documentation_hold_no_models():
    source = HEAD + "class A(models.Model): pass\n"
    paths = ("tests/models.py", "app/migrations/0001_a.py", "docs/models.py", "examples/a.py")
    assert not models_of(dict.fromkeys(paths, source))


@pytest.mark.parametrize(
    ("declaration", "kind"),
    [
        ("models.CharField(max_length=1)", "django.db.models.CharField"),
        ("FK('A', 1)", "django.db.models.ForeignKey"),
        ("OwnKey('A', 1)", "django.db.models.ForeignKey"),
        ("Money()", "django.db.models.DecimalField"),
        ("models.ForeignKey['A']('A', 1)", "django.db.models.ForeignKey"),
        ("GenericForeignKey()", "django.contrib.contenttypes.fields.GenericForeignKey"),
        ("outside.PhoneField()", "outside.PhoneField"),
    ],
)
def test_a_field_is_known_by_where_its_class_comes_from(declaration, kind):
    source = (
        HEAD + "import outside\nfrom django.db.models import ForeignKey as FK\n"
        "from django.contrib.contenttypes.fields import GenericForeignKey\n"
        "class OwnKey(FK): pass\n"
        "class Money(models.DecimalField): pass\n"
        f"class A(models.Model):\n    field = {declaration}\n"
    )
    assert [field.kind for field in models_of(source)["A"].fields] == [kind]


@pytest.mark.parametrize(
    "declaration",
    [
        "5",
        "models.Manager()",
        "FieldTracker()",
        "forms.CharField()",
        "[models.CharField()]",
        "pydantic.Field()",
    ],
)
def test_constants_managers_trackers_and_form_fields_are_no_fields(declaration):
    source = (
        HEAD + "import pydantic\nfrom django import forms\nfrom model_utils import FieldTracker\n"
        f"class A(models.Model):\n    thing = {declaration}\n"
    )
    assert models_of(source)["A"].fields == []


def test_the_reverse_name_may_stand_in_its_position():
    source = (
        HEAD + "class A(models.Model):\n"
        "    one = models.ForeignKey('B', 1, 'ones')\n"
        "    two = models.ManyToManyField('B', 'twos')\n"
        "    three = models.ForeignKey('B', 1, related_name='threes')\n"
        "    four = models.ForeignKey('B', 1)\n"
    )
    names = [field.reverse_name for field in models_of(source)["A"].fields]
    assert names == ["ones", "twos", "threes", None]


def test_abstract_and_proxy_are_not_inherited():
    source = (
        HEAD + "class A(models.Model):\n    class Meta:\n        abstract = True\n"
        "class B(A):\n    class Meta(A.Meta):\n        ordering = ['pk']\n"
        "class C(B):\n    class Meta:\n        proxy = True\n"
        "class D(models.Model):\n    class Meta:\n        abstract = SOMETIMES\n"
    )
    found = models_of(source)
    assert [found[name].is_abstract for name in "ABCD"] == [True, False, False, True]
    assert [found[name].is_proxy for name in "ABCD"] == [False, False, True, False]


def test_unique_constraints_name_their_fields():
    source = (
        HEAD + "class A(models.Model):\n    class Meta:\n"
        "        unique_together = ('a', 'b')\n"
        "        constraints = [models.UniqueConstraint(fields=['c'], name='x')]\n"
        "class B(models.Model):\n    class Meta:\n        unique_together = [('d', 'e')]\n"
    )
    found = models_of(source)
    assert found["A"].unique_together == {"a", "b", "c"}
    assert found["B"].unique_together == {"d", "e"}


def test_what_stands_under_a_condition_is_not_part_of_the_order():
    source = (
        HEAD + "class A(models.Model):\n"
        "    if DEBUG:\n        a = models.CharField()\n        def b(self): pass\n"
        "    else:\n        a = models.TextField()\n"
        "    c = models.CharField()\n"
        "    def d(self): pass\n"
    )
    model = models_of(source)["A"]
    assert [member.name for member in model.body if member.name] == ["c", "d"]
    assert [member.name for member in model.callables] == ["d"]


def test_functions_that_fields_refer_to_are_not_methods():
    source = (
        HEAD + "class A(models.Model):\n"
        "    def path(instance, name): return name\n"
        "    def check(value): return value\n"
        "    a = models.FileField(upload_to=path, validators=[check])\n"
        "    def __repr__(self): return 'x'\n"
        "    def crop(self): pass\n"
    )
    assert [member.name for member in models_of(source)["A"].callables] == ["crop"]
