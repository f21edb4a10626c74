"""IMP-01."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from plumbline.edits import Fix, GroupImports
from plumbline.project import Module, Project
from plumbline.project.import_groups import GROUP_NAMES
from plumbline.roles import SETTINGS, SOURCE, is_template
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_STARTERS = ("asgi.py", "wsgi.py", "manage.py", "celery.py")


class ImportsOutOfOrder(Rule):
    """Finds modules whose imports are not grouped as the guide shows."""

    code = "IMP01"
    slug = "imports-out-of-order"
    title = (
        "Imports come in five groups: standard library, third party, Django, this project, relative"
    )
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Imports"
    guide_lines = (1457, 1471)
    what = (
        "A module in which an import stands below one of a later group: standard library, third-party packages, "
        "Django, the project's own packages, relative imports. Within a group any order will do. Imports under a "
        "condition or in a function, and modules that start the application, are left alone."
    )
    why = "In a fixed order a reader sees at one glance what a module needs from where, and merges clash less often."
    how = (
        "Give isort a section for Django in `[tool.ruff.lint.isort]` (IMP-02 shows how) and run `ruff check --select "
        "I --fix`."
    )
    applies_when = "the repository has Python modules that import something"
    absent = "no module outside tests imports anything"
    errata = (
        "The guide's own Ruff configuration would sort Django among the third-party packages; its order of imports "
        "decides, and the configuration gets a section for Django."
    )
    examples = (
        Example(
            "Django first, the standard library last",
            {
                "shop/views.py": (
                    "from django.db import models\nimport requests  # <-\n\nfrom .services import order_create\n"
                    "import logging\n\nX = 1\n"
                )
            },
            fixed={
                "shop/views.py": (
                    "import logging\n\nimport requests\n\nfrom django.db import models\n\n"
                    "from .services import order_create\n\nX = 1\n"
                )
            },
        ),
        Example(
            "the project's own packages above Django",
            {
                "shop/users/models.py": "X = 1\n",
                "shop/views.py": "from shop.users.models import X\nfrom django.db import models  # <-\n",
            },
            fixed={
                "shop/views.py": "from django.db import models\n\nfrom shop.users.models import X\n"
            },
        ),
        Example(
            "five groups",
            {
                "shop/users/models.py": "X = 1\n",
                "shop/views.py": (
                    "from __future__ import annotations\n\nimport logging\nfrom datetime import datetime\n\n"
                    "import requests\nfrom rest_framework import serializers\n\nfrom django.conf import settings\n\n"
                    "from shop.users.models import X\n\nfrom .services import order_create\n"
                ),
            },
            state="pass",
        ),
        Example(
            "imports under a condition",
            {
                "shop/views.py": (
                    "from typing import TYPE_CHECKING\n\nfrom django.db import models\n\n"
                    "try:\n    import orjson\nexcept ImportError:\n    orjson = None\n\n"
                    "if TYPE_CHECKING:\n    import decimal\n\n\ndef page(request):\n    import json\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an order that starts the application",
            {
                "config/asgi.py": (
                    "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n\n"
                    "from channels.routing import URLRouter\n"
                ),
                "shop/views.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "imports around one for the type checker, which are not sorted over it",
            {
                "shop/views.py": (
                    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from os import PathLike\n\n"
                    "import django\nimport requests  # <-\n"
                ),
            },
        ),
        Example(
            "an import below a call that has to come first",
            {
                "shop/urls.py": (
                    "import django\n\nfrom shop.patches import patch\n\npatch()\n\n"
                    "from django.contrib import admin\n"
                ),
                "shop/patches.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("nothing is imported", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        groups = project.import_groups
        for module in project.names:
            if module.role not in (SOURCE, SETTINGS) or not module.outline.imports:
                continue
            if module.path.endswith(_STARTERS) or is_template(module.path):
                continue
            subject = project.located_at(module.path, module.name, "order of imports")
            found = groups.first_out_of_order(module)
            if found is None:
                yield subject.in_order()
                continue
            header = _above_calls(module, groups.header(module))
            if found.line not in {line for line, _, _ in header}:
                yield subject.in_order()  # below code that may have to run first
                continue
            place = project.located_in(module, found.line, f"import {found.module}")
            above = max(group for line, group, _ in header if line < found.line)
            others = groups.out_of_order(module) - 1
            verb = "stand" if others > 1 else "stands"
            more = f", and {others} more {verb} too low" if others > 0 else ""
            yield subject.violation(
                f"`{found.module}` belongs above {GROUP_NAMES[above]}{more}; the order is standard library, third "
                f"party, Django, this project, relative",
                at=place,
                fix=_fix(module, header) if groups.is_one_block(module) else None,
            )


def _above_calls(module: Module, header: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The imports above the first statement that calls something, where there is room for one between them."""
    if all(later[0] - line < 3 for (line, *_), later in pairwise(header)):
        return header
    end = module.outline.first_call or module.outline.lines + 1
    return [item for item in header if item[0] < end]


def _fix(module: Module, header: list[tuple[int, int, str]]) -> Fix:
    """Sort the statements at the top; one that relies on an earlier import may break, so a person has to look."""
    ranks = tuple((line, group) for line, group, _ in header)
    return Fix([GroupImports(module.path, ranks)], is_safe=False)
