"""All calls of the repository by the last part of their names: where a rule starts that looks for something rare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plumbline.project.classes import Classes
from plumbline.project.functions import CallSite, Function, Functions, FunctionTable, site
from plumbline.project.modules import Module, Names
from plumbline.roles import SETTINGS, SOURCE, TEST


class Calls:
    """Call sites found by name. Only modules that hold such a call are looked into."""

    def __init__(self, names: Names, classes: Classes, functions: Functions) -> None:
        self._names = names
        self._classes = classes
        self._functions = functions
        self._sites: dict[tuple[str, bool], list[CallSite]] = {}
        self._test_functions: dict[str, FunctionTable] = {}

    def named(self, *names: str, tests: bool = False) -> list[CallSite]:
        """The calls whose last name is one of ``names``: ``filter`` of ``Order.objects.filter()``.

        They come in the order of path and line. Those of tests, migrations and documentation are left out; with
        ``tests``, only those of tests are given.
        """
        found = [self._named(name, tests) for name in dict.fromkeys(names)]
        if len(found) == 1:
            return found[0]
        return sorted(
            (call for calls in found for call in calls),
            key=lambda call: (call.path, call.line, call.column),
        )

    def modules(self, *names: str, tests: bool = False) -> list[Module]:
        """The modules that hold a call with one of these last names."""
        index = self._index(tests)
        return list(dict.fromkeys(module for name in names for module in index.get(name, ())))

    def functions_of(self, module: Module) -> list[Function]:
        """The functions of any module by index, one of the tests too."""
        if module.role != TEST:
            return [
                self._functions.by_index[module.path, index]
                for index in range(len(module.functions))
            ]
        return self._of_tests(module).all()

    def _of_tests(self, module: Module) -> FunctionTable:
        known = self._test_functions.get(module.path)
        if known is None:
            known = FunctionTable(module, self._names, self._classes)
            self._test_functions[module.path] = known
        return known

    def _function(self, module: Module, index: int) -> Function | None:
        """The function around a call."""
        if index < 0:
            return None
        if module.role == TEST:
            return self._of_tests(module).at(index)
        return self._functions.by_index[module.path, index]

    def _index(self, tests: bool) -> Mapping[str, list[Module]]:
        return self._names.calling(*((TEST,) if tests else (SOURCE, SETTINGS)))

    def _named(self, name: str, tests: bool) -> list[CallSite]:
        known = self._sites.get((name, tests))
        if known is None:
            modules = sorted(self._index(tests).get(name, ()), key=lambda module: module.path)
            known = self._sites[name, tests] = list(self._in(modules, name))
        return known

    def _in(self, modules: Iterable[Module], name: str) -> Iterable[CallSite]:
        for module in modules:
            for call in module.calls_named(name):
                yield site(call, module, self._names, self._function)
