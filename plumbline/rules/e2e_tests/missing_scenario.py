"""E2E-02."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_STEP = re.compile(r"^\s*(Given|When|Then|And|But|\*)\s+(.+?)\s*$")
_BDD = {"requirements.txt": "django\npytest-bdd\n"}
_FEATURE = "Feature: Orders\n  Scenario: One\n    Given a user\n    When they order 2 items\n"
_STEPS = (
    "from pytest_bdd import given, parsers, scenarios, when\n\n"
    'scenarios("features/order.feature")\n\n\n'
    '@given("a user")\ndef user():\n    pass\n\n\n'
    '@when(parsers.parse("they order {count:d} items"))\ndef order(count):\n    pass\n'
)


class MissingScenario(Rule):
    """Finds acceptance tests whose feature files or steps do not exist."""

    code = "E2E02"
    slug = "missing-scenario"
    title = "Features and their steps exist"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "E2E & Acceptance Testing"
    guide_lines = (2042, 2070)
    effort = Effort.HOUR
    what = (
        "A `scenarios()` or `scenario()` of pytest-bdd that names a feature file which is not there, or one with a "
        "step that no `given`, `when` or `then` defines."
    )
    why = "The suite fails when it is collected, or at the step, and a feature that nothing runs describes a wish."
    how = (
        "Correct the path, which counts from the test module or from `bdd_features_base_dir`, and define the "
        "missing steps."
    )
    applies_when = "tests use pytest-bdd"
    absent = "pytest-bdd is not used"
    errata = (
        "Steps that are matched by regular expressions or computed patterns are taken as defined."
    )
    examples = (
        Example(
            "a missing file",
            {
                **_BDD,
                "tests/test_orders.py": (
                    'from pytest_bdd import scenarios\n\nscenarios("features/order.feature")  # <-\n'
                ),
            },
        ),
        Example(
            "a missing step",
            {
                **_BDD,
                "tests/features/order.feature": _FEATURE + "    Then it is paid\n",
                "tests/test_orders.py": _STEPS.replace('.feature")', '.feature")  # <-'),
            },
        ),
        Example(
            "file and steps are there",
            {**_BDD, "tests/features/order.feature": _FEATURE, "tests/test_orders.py": _STEPS},
            state="pass",
        ),
        Example(
            "another base folder",
            {
                **_BDD,
                "pytest.ini": "[pytest]\nbdd_features_base_dir = features/\n",
                "features/order.feature": _FEATURE,
                "tests/test_orders.py": _STEPS.replace("features/order", "order"),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no pytest-bdd", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each feature that tests name."""
        calls = [
            call
            for call in project.calls.named("scenarios", "scenario", tests=True)
            if call.target.startswith("pytest_bdd.")
        ]
        if not calls:
            return
        steps = _steps(project)
        for call in calls:
            names = call.outline.args if call.method == "scenarios" else call.outline.args[:1]
            for name in names:
                if isinstance(name, str):
                    yield _judged(project, call, name, steps)


def _judged(
    project: Project, call: CallSite, name: str, steps: list[re.Pattern[str]] | None
) -> Verdict:
    features = _features(project, call, name)
    if not features:
        return call.violation(f"there is no feature at `{name}`; correct the path")
    for path in features:
        outline = project.outlines[path]
        for _, text in outline.lines if isinstance(outline, o.TextOutline) else ():
            match = _STEP.match(text)
            if match is None or steps is None or "<" in match[2]:
                continue
            if not any(step.fullmatch(match[2]) for step in steps):
                return call.violation(
                    f"the step `{match[2]}` of `{posixpath.basename(path)}` is defined nowhere; define it"
                )
    return call.in_order()


def _features(project: Project, call: CallSite, name: str) -> list[str]:
    pytest = project.configuration.pytest
    base = pytest[1].get("bdd_features_base_dir") if pytest is not None else None
    folders = [posixpath.dirname(call.path)]
    given = call.keyword("features_base_dir")
    for value in (given, base):
        if isinstance(value, str):
            folders = [value, posixpath.join(posixpath.dirname(call.path), value), *folders]
    if given is not None and not isinstance(given, str):
        folders.append("")
    for folder in folders:
        wanted = posixpath.normpath(posixpath.join(folder, name)).removeprefix("./")
        found = [
            path
            for path in project.outlines
            if path == wanted or (path.startswith(f"{wanted}/") and path.endswith(".feature"))
        ]
        if found:
            return found
    return []


def _steps(project: Project) -> list[re.Pattern[str]] | None:
    """A pattern for each step that is defined; None where some of them cannot be told."""
    found: list[re.Pattern[str]] = []
    for call in project.calls.named("given", "when", "then", "step", tests=True):
        if not call.target.startswith("pytest_bdd."):
            continue
        value = call.outline.args[0] if call.outline.args else None
        if isinstance(value, str):
            found.append(re.compile(re.escape(value)))
        elif (
            isinstance(value, o.Invocation)
            and value.name.endswith(("parse", "cfparse"))
            and value.args
            and isinstance(value.args[0], str)
        ):
            parts = re.split(r"\{[^{}]{0,100}\}", value.args[0])
            found.append(re.compile(".+".join(map(re.escape, parts))))
        else:
            return None
    return found
