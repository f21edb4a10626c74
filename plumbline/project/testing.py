"""Tests as the repository has them: modules that hold tests, and in which style."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from plumbline import outline as o
from plumbline.knowledge import TEST_CASE
from plumbline.project.classes import Class, Classes
from plumbline.project.modules import Module, Names
from plumbline.roles import TEST

_LIVE = (
    "django.test.LiveServerTestCase",
    "django.contrib.staticfiles.testing.StaticLiveServerTestCase",
)


class Tests:
    """The test modules of a repository, looked into only as far as somebody asks."""

    __test__ = False  # pytest, which runs the engine's own tests, must not collect it

    def __init__(self, names: Names, classes: Classes) -> None:
        self._names = names
        self._classes = classes

    @functools.cached_property
    def modules(self) -> list[Module]:
        """The modules with test functions or methods, in order of path."""
        return sorted(
            (
                module
                for module in self._names
                # A quick look at the encoded functions: most modules of a suite need no other.
                if module.role == TEST and module.may_define("test_")
            ),
            key=lambda module: module.path,
        )

    @functools.cached_property
    def conftests(self) -> list[Module]:
        """The ``conftest.py`` modules."""
        return [module for module in self._names if module.path.rpartition("/")[2] == "conftest.py"]

    @functools.cached_property
    def cases(self) -> dict[str, list[Class]]:
        """Path to the classes of a test module that inherit from ``unittest.TestCase``, live server tests aside."""
        found: dict[str, list[Class]] = {}
        for module in self.modules:
            for index, outline in enumerate(module.outline.classes):
                if outline.bases:
                    cls = self._classes.by_index[module.path, index]
                    if is_test_case(cls) and not cls.inherits(*_LIVE):
                        found.setdefault(module.path, []).append(cls)
        return found

    @functools.cached_property
    def fixtures(self) -> dict[str, list[tuple[Module, o.Function]]]:
        """Name to the fixtures of pytest of that name, with their modules."""
        found: dict[str, list[tuple[Module, o.Function]]] = {}
        for name, module, function in self.fixtures_in(lambda module: True):
            found.setdefault(name, []).append((module, function))
        return found

    def fixtures_in(
        self, is_wanted: Callable[[Module], bool]
    ) -> Iterator[tuple[str, Module, o.Function]]:
        """The fixtures of pytest, by the name that tests ask for, in the test modules that ``is_wanted``."""
        for module in self._names:
            if module.role != TEST or not is_wanted(module) or not module.may_define("fixture"):
                continue
            for function in module.functions:
                name = next(filter(None, map(_fixture_name, function.decorators)), None)
                if name is not None:
                    yield function.name if name == "*" else name, module, function


_FIXTURE = re.compile(r"(^|\.)fixture$")


def _fixture_name(decorator: o.Value) -> str | None:
    """The name that a decorator gives a fixture, ``*`` for the function's own; None if it is no such decorator."""
    if isinstance(decorator, o.Ref):
        return "*" if _FIXTURE.search(decorator.name) else None
    if isinstance(decorator, o.Invocation) and _FIXTURE.search(decorator.name):
        given = dict(decorator.keywords).get("name")
        return given if isinstance(given, str) else "*"
    return None


def is_test_case(cls: Class) -> bool:
    """Whether a class is a test case of unittest, as far as its bases tell."""
    return cls.inherits(TEST_CASE) or any(base.endswith(".TestCase") for base in cls.external_bases)
