"""YAML files, built from parser events so that aliases and depth can be bounded while it is read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from plumbline.extract.errors import NotReadable, decoded
from plumbline.extract.suppressions import hash_suppressions
from plumbline.outline import YamlOutline

_NODE_LIMIT = 50_000
_DEPTH_LIMIT = 60


def yaml_outline(content: bytes) -> YamlOutline:
    """The documents of a YAML file; raises ``NotReadable`` on bad syntax or when aliases expand too far."""
    text = decoded(content)
    try:
        documents = list(_Builder(text).documents())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise NotReadable(f"not valid YAML{where}") from None
    return YamlOutline(documents, hash_suppressions(text))


class _Builder:
    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._resolver = Resolver()
        self._constructor = SafeConstructor()
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def documents(self) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
                yield self._value(next(self._events), 0)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > _NODE_LIMIT:
            raise NotReadable(f"more than {_NODE_LIMIT:,} YAML nodes once aliases are followed")

    def _value(self, event: Any, depth: int) -> Any:  # noqa: ANN401
        if depth > _DEPTH_LIMIT:
            raise NotReadable("nested too deeply")
        before = self._nodes
        self._count(1)
        if isinstance(event, yaml.AliasEvent):
            value, nodes = self._anchors.get(event.anchor or "", (None, 0))
            self._count(nodes)
            return value
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                value.append(self._value(item, depth + 1))
        else:
            value = self._mapping(depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _mapping(self, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(item := next(self._events), yaml.MappingEndEvent):
            is_merge = (
                isinstance(item, yaml.ScalarEvent) and item.value == "<<" and item.implicit[0]
            )
            key = self._value(item, depth + 1)
            value = self._value(next(self._events), depth + 1)
            if is_merge:
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, dict):
                        merged = part | merged
            elif isinstance(key, Hashable):
                # GitHub's `on:` is the boolean True in YAML 1.1.
                mapping["on" if key is True else str(key)] = value
        return merged | mapping

    def _scalar(self, event: yaml.ScalarEvent) -> Any:  # noqa: ANN401
        tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        if event.tag or len(event.value) > 200:
            return event.value
        if tag.endswith(":bool"):
            return self._constructor.construct_yaml_bool(yaml.ScalarNode(tag, event.value))
        if tag.endswith(":null"):
            return None
        if tag.endswith(":int") and event.value.isdecimal() and len(event.value) < 15:
            return int(event.value)
        return event.value
