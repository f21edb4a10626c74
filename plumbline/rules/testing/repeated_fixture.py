"""TST-05."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Module, Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SHARED = re.compile(r"^((\w+_)?user|(\w+_)?client)$")
_FIXTURE = (
    "import pytest\n\n\n@pytest.fixture\ndef api_client():\n    return object()\n\n\n"
    "def test_it(api_client):\n    assert api_client\n"
)


class RepeatedFixture(Rule):
    """Finds user and client fixtures that several test modules define for themselves."""

    code = "TST05"
    slug = "repeated-fixture"
    title = "Fixtures for users and clients are shared"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Testing with pytest-django"
    guide_lines = (1942, 1965)
    effort = Effort.MINUTES
    what = (
        "A fixture for a user or a client (`user`, `admin_user`, `api_client` and the like) that two or more test "
        "modules define under the same name, rather than a `conftest.py` above both."
    )
    why = (
        "Two fixtures of one name drift apart, and a reader has to look which of them a test gets."
    )
    how = "Move the fixture to the `conftest.py` of the folder that holds all of its users."
    applies_when = "tests have fixtures for users or clients"
    absent = "no fixture for a user or a client"
    errata = (
        "A hint, not a judgement: a module may want a user of a special kind under the usual name."
    )
    examples = (
        Example(
            "the same fixture twice",
            {
                "tests/test_orders.py": _FIXTURE.replace("api_client():", "api_client():  # <-"),
                "tests/test_items.py": _FIXTURE,
                "requirements.txt": "django\n",
            },
        ),
        Example(
            "in conftest.py",
            {
                "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef api_client():\n    return object()\n",
                "tests/test_orders.py": "def test_it(api_client):\n    assert api_client\n",
                "requirements.txt": "django\n",
            },
            state="pass",
        ),
        Example(
            "no such fixture",
            {
                "tests/test_orders.py": "def test_it():\n    assert 1\n",
                "requirements.txt": "django\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each name of a fixture for users or clients."""
        fixtures: dict[str, list[tuple[Module, o.Function]]] = {}
        for name, module, function in project.tests.fixtures_in(_may_share):
            if _SHARED.match(name):
                fixtures.setdefault(name, []).append((module, function))
        for name, found in sorted(fixtures.items()):
            own = [
                (module, function)
                for module, function in found
                if posixpath.basename(module.path) != "conftest.py" and function.owner < 0
            ]
            own.sort(key=lambda item: item[0].path)
            module, function = own[-1] if len(own) > 1 else found[0]
            place = project.located_in(module, function.line, f"fixture {name}")
            if len({other.path for other, _ in own}) > 1:
                first = min(other.path for other, _ in own if other.path != module.path)
                yield place.violation(
                    f"the fixture `{name}` is defined in {len(own)} test modules, `{first}` among them; share one "
                    "in a `conftest.py`"
                )
            else:
                yield place.in_order()


def _may_share(module: Module) -> bool:
    """A quick look: whether a function of the module has such a name."""
    return any(name.endswith(("user", "client")) for name in module.outline.top_functions)
