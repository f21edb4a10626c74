"""All calls of the repository by the last part of their names: where a rule starts that looks for something rare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from plumbline.project.classes import Classes
from plumbline.project.functions import CallSite, Function, Functions, functions_of, site
from plumbline.project.modules import Module, Names
from plumbline.roles import SETTINGS, SOURCE, TEST


class Calls:
    """Call sites found by name. Only modules that hold such a call are looked into."""

    def __init__(self, names: Names, classes: Classes, functions: Functions) -> None:
        self._names = names
        self._classes = classes
        self._functions = functions
        self._sites: dict[tuple[str, bool], list[CallSite]] = {}
        self._test_functions: dict[str, list[Function]] = {}

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
        known = self._test_functions.get(module.path)
        if known is None:
            known = functions_of(module, self._names, self._classes)
            self._test_functions[module.path] = known
        return known

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
                function = self.functions_of(module)[call.scope] if call.scope >= 0 else None
                yield site(call, module, self._names, function)
