"""Edits of import statements: sorted into groups, taken out, put where they belong."""

import pytest

from plumbline.edits import AddImport, GroupImports, NotAsExpected, RemoveImport
from tests.plumbline.edits.test_python import edited


@pytest.mark.parametrize(
    ("before", "groups", "after"),
    [
        (
            '"""Doc."""\n\nfrom django.db import models\n# Why.\nimport requests\nimport os\n\nX = 1\n',
            ((3, 3), (5, 2), (6, 1)),
            '"""Doc."""\n\nimport os\n\n# Why.\nimport requests\n\nfrom django.db import models\n\nX = 1\n',
        ),
        (
            "from django.db import (\n    models,\n)\nimport os",
            ((1, 3), (4, 1)),
            "import os\n\nfrom django.db import (\n    models,\n)\n",
        ),
        (
            "import django\nimport os  # noqa\nimport re\n",
            ((1, 3), (2, 1), (3, 1)),
            "import os  # noqa\nimport re\n\nimport django\n",
        ),
        (
            "import re\n\nimport django\n\n# Apart.\n\nimport os\n\nfrom os import path\n",
            ((1, 1), (3, 3), (7, 1), (9, 1)),
            "import re\n# Apart.\n\nimport os\n\nfrom os import path\n\nimport django\n",
        ),
    ],
)
def test_imports_are_sorted_into_groups_with_their_comments(before, groups, after):
    assert edited(before, GroupImports("a.py", groups)) == after


@pytest.mark.parametrize(
    "source",
    [
        "import django; import os\n",
        "import django  # isort: skip\nimport os\n",
        "X = 1\n",
        "import a\nimport b\n",
    ],
)
def test_imports_that_are_not_as_expected_stay(source):
    with pytest.raises(NotAsExpected):
        edited(source, GroupImports("a.py", ((1, 2), (2, 1)) if "import b" not in source else ()))


def test_an_import_below_other_code_is_not_rewritten():
    edit = GroupImports("a.py", ((1, 4), (3, 4)), ((3, "shop.a", ".a"),))
    with pytest.raises(NotAsExpected, match="below other code"):
        edited("import a\nrun()\nfrom shop.a import b\n", edit)


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        ("from __future__ import annotations\n\nimport os\n", 1, "import os\n"),
        (
            '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\n',
            3,
            '"""Doc."""\n\nimport os\n',
        ),
        ("import os\nfrom __future__ import annotations\nimport re\n", 2, "import os\nimport re\n"),
    ],
)
def test_an_import_is_taken_out_with_its_line(before, line, after):
    assert edited(before, RemoveImport("a.py", line, "__future__", "annotations")) == after


def test_an_import_of_more_than_one_name_stays():
    with pytest.raises(NotAsExpected):
        edited(
            "from __future__ import annotations, division\n",
            RemoveImport("a.py", 1, "__future__", "annotations"),
        )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (-1, "import os\nfrom .a import b\nfrom celery import shared_task\n\nX = 1\n"),
        (0, "from celery import shared_task\n\nimport os\nfrom .a import b\n\nX = 1\n"),
        (1, "import os\nfrom celery import shared_task\nfrom .a import b\n\nX = 1\n"),
        (9, "import os\nfrom .a import b\nfrom celery import shared_task\n\nX = 1\n"),
    ],
)
def test_an_import_goes_below_the_one_that_is_named(after, expected):
    before = "import os\nfrom .a import b\n\nX = 1\n"
    assert edited(before, AddImport("a.py", "celery", "shared_task", after)) == expected


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        (
            "import os\n\nfrom django.db import models\n",
            AddImport("a.py", "django.conf", "settings", before=3),
            "import os\n\nfrom django.conf import settings\nfrom django.db import models\n",
        ),
        (
            "# Why.\nfrom django.db import models\n",
            AddImport("a.py", "django.conf", "settings", before=2),
            "# Why.\nfrom django.db import models\nfrom django.conf import settings\n",
        ),
        (
            "import os\n\nfrom .a import b\n",
            AddImport("a.py", "django.conf", "settings", 1, is_apart=True),
            "import os\n\nfrom django.conf import settings\n\nfrom .a import b\n",
        ),
    ],
)
def test_an_import_goes_above_another_or_stands_apart(before, edit, after):
    assert edited(before, edit) == after


def test_an_import_is_written_as_expected_to_be_renamed():
    before = "from .a import b\nimport os\n"
    edit = GroupImports("a.py", ((1, 4), (2, 1)), ((1, ".a", "shop.a"),))
    assert edited(before, edit) == "import os\n\nfrom shop.a import b\n"
    with pytest.raises(NotAsExpected):
        edited(before, GroupImports("a.py", ((1, 4), (2, 1)), ((1, ".c", "shop.a"),)))
