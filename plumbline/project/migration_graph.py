"""The order in which migrations run, told from what they say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

type Key = tuple[str, str]
"""Label of an app and name of a migration; the name may be ``__first__`` or ``__latest__``."""


class Node(Protocol):
    """What the graph has to know of a migration."""

    label: str
    name: str
    folder: str

    @property
    def dependencies(self) -> list[Key]:
        """What runs before."""

    @property
    def run_before(self) -> list[Key]:
        """What runs after."""

    @property
    def replaces(self) -> list[Key]:
        """What it stands for."""


def in_running_order[N: Node](migrations: Iterable[N], settings: Mapping[str, str]) -> list[N]:
    """The migrations in an order that their dependencies allow; what no edge decides goes by label and name.

    Of a squashed migration and those that it replaces only one side runs: the replaced ones if all of them are still
    there (they are what ran on databases that exist), else the squashed one. ``settings`` gives the label of the app
    that a setting for a swappable model names. A circle is cut where it is met.
    """
    return _Graph(sorted(migrations, key=lambda item: (item.label, item.name, item.folder))).order(
        settings
    )


class _Graph[N: Node]:
    def __init__(self, migrations: list[N]) -> None:
        self.migrations = migrations
        self.by_key: dict[Key, list[N]] = {}
        self.by_label: dict[str, list[N]] = {}
        for migration in migrations:
            self.by_key.setdefault((migration.label, migration.name), []).append(migration)
            self.by_label.setdefault(migration.label, []).append(migration)
        self.instead: dict[int, list[N]] = {}
        """What runs in place of a migration that does not."""
        self._squash()

    def _squash(self) -> None:
        for migration in self.migrations:
            if not migration.replaces:
                continue
            replaced = [self._nearest(key, migration) for key in migration.replaces]
            present = [item for item in replaced if item is not None and item is not migration]
            if len(present) == len(replaced):
                self.instead[id(migration)] = present
            else:
                for item in present:
                    self.instead[id(item)] = [migration]

    def _nearest(self, key: Key, asking: N) -> N | None:
        """The migration of this name; of several apps with the same label the one nearest in the tree."""
        found = self.by_key.get(key, [])
        if len(found) < 2:
            return found[0] if found else None
        return max(found, key=lambda item: _shared(item.folder, asking.folder))

    def _targets(self, key: Key, asking: N, settings: Mapping[str, str]) -> list[N]:
        label, name = key
        if name in ("__first__", "__latest__"):
            label = settings[label] if label.isupper() else label
            own = self.by_label.get(label, [])
            if not own:
                return []
            if own[0].folder != own[-1].folder:
                near = max(_shared(item.folder, asking.folder) for item in own)
                own = [item for item in own if _shared(item.folder, asking.folder) == near]
            if name == "__latest__":
                return own if label != asking.label else []
            return self._running(own[0], set()) if own[0] is not asking else []
        found = self._nearest(key, asking)
        return self._running(found, set()) if found is not None else []

    def _running(self, migration: N, seen: set[int]) -> list[N]:
        """The migration itself, or what runs in its place."""
        if not self.instead:
            return [migration]
        if id(migration) in seen:
            return []
        others = self.instead.get(id(migration))
        if others is None:
            return [migration]
        seen.add(id(migration))
        return [item for other in others for item in self._running(other, seen)]

    def order(self, settings: Mapping[str, str]) -> list[N]:
        """Depth first, parents before children, without recursion: chains of a thousand migrations exist."""
        running = [item for item in self.migrations if id(item) not in self.instead]
        before: dict[int, list[N]] = {id(item): [] for item in running}
        for migration in self.migrations:
            own = [item for item in self._running(migration, set()) if id(item) in before]
            parents = [
                item
                for key in migration.dependencies
                for item in self._targets(key, migration, settings)
            ]
            if own == [migration]:
                before[id(migration)] += parents
            elif len(own) == 1:
                # The squashed one takes over what the migrations that it replaces depend on.
                before[id(own[0])] += [item for item in parents if item is not own[0]]
            for key in migration.run_before:
                for child in self._targets(key, migration, settings):
                    before[id(child)] += [item for item in own if item is not child]
        found: dict[int, N] = {}
        entered: set[int] = set()
        for migration in running:
            stack = [migration]
            while stack:
                node = stack[-1]
                entered.add(id(node))
                missing = [
                    item
                    for item in before[id(node)]
                    if id(item) in before and id(item) not in found and id(item) not in entered
                ]
                if missing:
                    stack += sorted(missing, key=lambda item: (item.label, item.name), reverse=True)
                else:
                    stack.pop()
                    found.setdefault(id(node), node)
        return list(found.values())


def _shared(left: str, right: str) -> int:
    """How many folders two paths have in common from the top."""
    count = 0
    for one, other in zip(left.split("/"), right.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
