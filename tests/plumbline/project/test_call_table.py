"""Calls of a module, decoded one by one or all together."""

from plumbline.project import Project
from plumbline.project.call_table import CallTable
from tests.plumbline.outlines import outlines_of, python

TEXT = "a.save()\nb.load(c.save())\nsave(1)\n"


def test_calls_are_found_by_last_name_in_order():
    outline = python(TEXT)
    table = CallTable(outline, outline.called)
    assert [call.name for call in table.named("save")] == ["a.save", "c.save", "save"]
    assert [call.name for call in table.named("load", "save")] == [
        "a.save",
        "b.load",
        "c.save",
        "save",
    ]
    assert table.named("drop") == []


def test_a_call_is_the_same_object_however_it_is_found():
    outline = python(TEXT)
    table = CallTable(outline, outline.called)
    first = table.named("load")[0]
    assert any(call is first for call in table.all)
    assert all(any(call is item for item in table.all) for call in table.named("save"))


def test_modules_are_found_by_what_they_import():
    files = {
        "shop/a.py": "from django.urls import path\n",
        "shop/b.py": "import shop.urls\n",
        "shop/c.py": "import os\n",
    }
    names = Project(outlines_of(files)).names
    assert names.importers(lambda name: name.endswith("urls")) == {"shop/a.py", "shop/b.py"}
    assert names.importers(lambda name: name == "os", "path") == {"shop/a.py", "shop/c.py"}
