"""TST-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_USER = "django.contrib.auth.models.User"


class DirectUserModelInTests(Rule):
    """Finds tests that import Django's own ``User`` instead of asking which model is in use."""

    code = "TST04"
    slug = "direct-user-model-in-tests"
    title = "Tests ask for the user model"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Testing with pytest-django"
    guide_lines = (1945, 1954)
    what = "A test module or `conftest.py` that imports `User` from `django.contrib.auth.models`."
    why = (
        "The day a project gets a user model of its own, every such import breaks, or worse, makes rows of a model "
        "that the code under test never sees."
    )
    how = "Write `User = get_user_model()` and make users in one fixture."
    applies_when = "tests use the user model"
    absent = "no test names the user model"
    errata = "Importing a user model of the repository by name is fine: it is certain which one is meant."
    examples = (
        Example(
            "Django's own user",
            {
                "requirements.txt": "django\n",
                "shop/tests/test_orders.py": (
                    "from django.contrib.auth.models import User  # <-\n\n\n"
                    "def test_order(db):\n    User.objects.create()\n"
                ),
            },
        ),
        Example(
            "whichever is in use",
            {
                "requirements.txt": "django\n",
                "conftest.py": (
                    "import pytest\nfrom django.contrib.auth import get_user_model\n\n\n"
                    "@pytest.fixture\ndef user(db):\n    return get_user_model().objects.create_user(email='a@b.c')\n"
                ),
            },
            state="pass",
        ),
        Example(
            "names for annotations only",
            {
                "requirements.txt": "django\n",
                "shop/tests/test_orders.py": (
                    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
                    "    from django.contrib.auth.models import User\n\n\n"
                    "def test_order(user: 'User'):\n    assert user.pk\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each test module that imports Django's user model or asks for it."""
        asking = {module.path for module in project.calls.modules("get_user_model", tests=True)}
        for module in project.names:
            if module.role != "test":
                continue
            direct = next(
                (
                    item
                    for item in module.outline.imports
                    if item.name == "User"
                    and not item.typing_only
                    and project.names.canonical(f"{module.absolute(item.module)}.User") == _USER
                ),
                None,
            )
            if direct is not None:
                yield project.located_in(module, direct.line, "import User").violation(
                    "tests import Django's own `User`; ask `get_user_model()` for the model in use"
                )
            elif module.path in asking:
                yield project.located_at(module.path, module.name, "get_user_model").in_order()
