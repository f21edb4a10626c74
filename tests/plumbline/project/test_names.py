"""What a name in a file stands for, across the repository."""

import pytest

from plumbline.extract import read_outline
from plumbline.project.modules import Names


def names_of(**files):
    """Names over files given as ``app__models="text"`` for ``app/models.py``."""
    return Names(
        {
            f"{path.replace('__', '/').replace('INIT', '__init__')}.py": read_outline(
                "python", text.encode()
            )
            for path, text in files.items()
        }
    )


def resolve(names, path, name, scope=-1):
    return names.resolve(names.modules[path], name, scope)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from django.db import models", "models.ForeignKey"),
        ("from django.db import models as m", "m.ForeignKey"),
        ("from django.db.models import ForeignKey as FK", "FK"),
        ("import django.db.models", "django.db.models.ForeignKey"),
        ("import django.db.models as db", "db.ForeignKey"),
        ("from django.db.models.fields.related import ForeignKey", "ForeignKey"),
        ("from django.contrib.gis.db import models", "models.ForeignKey"),
        ("from django.db.models import *", "ForeignKey"),
        (
            "try:\n    from django.db.models import ForeignKey as Key\nexcept ImportError:\n    Key = None",
            "Key",
        ),
    ],
)
def test_every_spelling_of_a_name_leads_to_the_same_place(source, name):
    assert (
        resolve(names_of(app__models=source), "app/models.py", name)
        == "django.db.models.ForeignKey"
    )


def test_a_re_export_leads_to_the_definition():
    names = names_of(
        core__INIT="from .base import Base",
        core__base="class Base: pass",
        app__INIT="",
        app__models="from core import Base as B",
    )
    assert resolve(names, "app/models.py", "B") == "core.base.Base"


def test_a_star_import_of_a_star_import_leads_to_the_definition():
    names = names_of(
        a__INIT="",
        a__one="class Thing: pass",
        a__two="from .one import *",
        a__three="from a.two import *",
    )
    assert resolve(names, "a/three.py", "Thing") == "a.one.Thing"


def test_the_last_of_two_star_imports_wins():
    names = names_of(
        a__INIT="",
        a__one="class Thing: pass",
        a__two="class Thing: pass",
        a__three="from a.one import *\nfrom a.two import *",
    )
    assert resolve(names, "a/three.py", "Thing") == "a.two.Thing"


def test_builtins_do_not_come_from_star_imports():
    assert resolve(names_of(a="from somewhere import *"), "a.py", "print") == "print"


def test_modules_that_star_import_each_other_end():
    ring = {
        f"m{number}": "\n".join(f"from m{other} import *" for other in range(40) if other != number)
        for number in range(40)
    }
    assert resolve(names_of(**ring), "m0.py", "Missing") == "Missing"


def test_re_exports_in_a_circle_end():
    names = names_of(a="from b import Thing", b="from a import Thing", c="from a import Thing")
    assert resolve(names, "c.py", "Thing").endswith(".Thing")


def test_a_circle_that_makes_the_name_longer_with_each_turn_ends():
    names = names_of(a="from b import order", b="import a\norder = a.order.filter")
    assert len(resolve(names, "a.py", "order.first")) < 400


def test_an_alias_at_module_level_is_followed():
    names = names_of(
        core="from django.db import models\nBase = models.Model", app="from core import Base"
    )
    assert resolve(names, "app.py", "Base") == "django.db.models.Model"


def test_a_relative_import_counts_its_dots_from_the_package():
    names = names_of(
        a__INIT="from .b.c import Thing",
        a__b__INIT="from ..d import Other",
        a__b__c="class Thing: pass",
        a__d="class Other: pass",
    )
    assert resolve(names, "a/__init__.py", "Thing") == "a.b.c.Thing"
    assert resolve(names, "a/b/__init__.py", "Other") == "a.d.Other"


def test_an_import_inside_a_function_is_seen_in_it_and_in_functions_inside_it():
    names = names_of(
        a="def outer():\n    from b import Thing\n    def inner():\n        Thing()\n",
        b="class Thing: pass",
    )
    assert resolve(names, "a.py", "Thing", 0) == "b.Thing"
    assert resolve(names, "a.py", "Thing", 1) == "b.Thing"
    assert resolve(names, "a.py", "Thing") == "Thing"


def test_an_argument_hides_a_module_of_the_same_name():
    names = names_of(a="import requests\ndef fetch(requests):\n    requests.get()\n")
    assert resolve(names, "a.py", "requests.get", 0) == "requests.get"
    names = names_of(a="from shop import models\ndef fetch(models):\n    models.first()\n")
    assert resolve(names, "a.py", "models.first", 0) == "models.first"


def test_the_chain_after_a_call_is_kept_as_written():
    names = names_of(
        app__INIT="", app__models="class Order: pass", app__use="from .models import Order"
    )
    assert (
        resolve(names, "app/use.py", "Order.objects.filter().first")
        == "app.models.Order.objects.filter().first"
    )


def test_imports_from_a_source_folder_and_from_the_top_meet():
    names = names_of(
        src__shop__INIT="",
        src__shop__models="class Order: pass",
        src__shop__a="from shop.models import Order",
        src__shop__b="from src.shop.models import Order",
    )
    assert resolve(names, "src/shop/a.py", "Order") == "shop.models.Order"
    assert resolve(names, "src/shop/b.py", "Order") == "shop.models.Order"


def test_two_projects_in_one_repository_keep_their_modules_apart():
    one = {"manage": "", "core__INIT": "", "core__models": "class Base: pass"}
    files = {f"{root}__{path}": text for root in ("first", "second") for path, text in one.items()}
    files |= {"second__shop__INIT": "", "second__shop__models": "from core.models import Base"}
    names = names_of(**files)
    assert resolve(names, "second/shop/models.py", "Base") == "second.core.models.Base"
    assert resolve(names, "first/core/models.py", "Base") == "first.core.models.Base" or (
        resolve(names, "first/core/models.py", "Base") == "core.models.Base"
    )
