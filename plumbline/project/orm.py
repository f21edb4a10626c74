"""What the shape of an expression says about the ORM: managers, querysets, model instances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project.functions import CallSite, Function

if TYPE_CHECKING:
    from plumbline.project import Project
    from plumbline.project.modules import Module

INSTANCE = "instance"
QUERYSET = "queryset"

ONE = frozenset(("get", "create", "first", "last", "latest", "earliest"))
"""Manager and queryset methods that give one instance."""
TERMINAL = ONE | frozenset(
    "get_or_create update_or_create bulk_create bulk_update count exists aggregate delete update in_bulk contains "
    "explain".split()
)
"""Queryset methods that ask the database at once; each has a twin that starts with ``a``."""
LAZY = frozenset(
    "all filter exclude annotate alias order_by reverse distinct values values_list dates datetimes none union "
    "intersection difference select_related prefetch_related extra defer only using select_for_update raw iterator "
    "complex_filter".split()
)
"""Queryset methods that only describe a query."""
_MANAGERS = frozenset(("objects", "_default_manager", "_base_manager"))
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_CONTAINERS = frozenset(
    "list List set Set tuple Tuple dict Dict frozenset FrozenSet Sequence MutableSequence Iterable Iterator Collection "
    "Mapping Optional Union Annotated QuerySet Manager BaseManager RelatedManager".split()
)
_SHORTCUTS = {
    "django.shortcuts.get_object_or_404": INSTANCE,
    "django.shortcuts.aget_object_or_404": INSTANCE,
}


def steps_of(name: str) -> tuple[str, list[str]] | None:
    """The manager and the method names after it in a chain as written, or None if it names no manager.

    ``Order.objects.filter().first`` gives ``Order.objects`` and ``filter``, ``first``; a local name ``objects`` is
    no manager.
    """
    parts = name.split(".")
    for index, part in enumerate(parts[:-1]):
        if index and (part in _MANAGERS or part.endswith("_objects")):
            return ".".join(parts[: index + 1]), [
                item.rstrip("()[]") for item in parts[index + 1 :]
            ]
    return None


def is_model(project: Project, name: str) -> bool:
    """Whether a canonical dotted name is a model, of the repository or a known one of a package."""
    cls = project.classes.by_name.get(name)
    if cls is not None:
        return cls.inherits(knowledge.MODEL)
    if knowledge.MODEL in knowledge.bases_behind(name):
        return True
    return is_user_alias(project, name)


def is_user_alias(project: Project, name: str) -> bool:
    """Whether a canonical dotted name is a variable that holds what ``get_user_model()`` gave."""
    module, rest = project.names.split(name)
    if module is None or not rest or "." in rest:
        return False
    return any(
        item.target == rest
        and isinstance(item.value, o.Invocation)
        and item.value.name.rpartition(".")[2] == "get_user_model"
        for item in module.outline.assignments
    )


def is_foreign(project: Project, function: Function, manager: str) -> bool:
    """Whether a class of the repository that is certainly no model stands before ``.objects``."""
    owner = manager.rpartition(".")[0]
    cls = project.classes.by_name.get(function.resolve(owner)) if owner else None
    return cls is not None and not cls.inherits(knowledge.MODEL) and not cls.unknown_bases


def models_in(project: Project, module: Module, annotation: str, scope: int = -1) -> list[str]:
    """Names of models or querysets in an annotation, as written: what it is or what a container holds.

    ``type[Order]``, ``Callable[[Order], str]`` and other generics say nothing of instances.
    """
    found: list[str] = []
    heads: list[str] = []
    before, last = 0, ""
    for match in _NAME.finditer(annotation):
        for character in annotation[before : match.start()]:
            if character == "[":
                heads.append(last)
            elif character == "]" and heads:
                heads.pop()
        before, last = match.end(), match[0].rpartition(".")[2]
        if any(head not in _CONTAINERS for head in heads):
            continue
        name = project.names.resolve(module, match[0], scope)
        if name == "django.db.models.QuerySet" or is_model(project, name):
            found.append(match[0])
    return found


def held_by(project: Project, call: o.Call, function: Function) -> str | None:
    """What the result of a call is: ``instance``, ``queryset``, or None where that cannot be said."""
    chain = steps_of(call.name)
    if chain is not None and not is_foreign(project, function, chain[0]):
        return _after(chain[1])
    target = function.resolve(call.name)
    if target in _SHORTCUTS:
        return _SHORTCUTS[target]
    return INSTANCE if call.name[:1].isalpha() and is_model(project, target) else None


def _after(steps: list[str]) -> str | None:
    *middle, last = steps
    if any(step not in LAZY for step in middle):
        return None
    if last in ONE or (last.startswith("a") and last[1:] in ONE):
        return INSTANCE
    return QUERYSET if last in LAZY and last != "iterator" else None


def kind_of_name(project: Project, site: CallSite, name: str) -> str | None:
    """What a local name holds where a call stands: ``instance``, ``queryset``, or None where that cannot be said."""
    for function in _around(project, site):
        bound = [
            call
            for call in function.module.calls_by_scope.get(function.index, ())
            if call.bound == name and call.line <= site.line and call != site.outline
        ]
        if bound:
            call = bound[-1]
            chain = steps_of(call.name)
            if chain is not None and "values" in {step.removesuffix("_list") for step in chain[1]}:
                return None
            return held_by(project, call, function)
        for position, parameter in enumerate(function.outline.parameters):
            if parameter.name != name:
                continue
            if models_in(project, function.module, parameter.annotation, function.index):
                return INSTANCE
            is_self = position == 0 and name == "self" and function.owner is not None
            owner = function.owner
            return INSTANCE if is_self and owner and owner.inherits(knowledge.MODEL) else None
    return None


def _around(project: Project, site: CallSite) -> Iterator[Function]:
    """The function in which a call stands, and those around it."""
    function = site.function
    while function is not None:
        yield function
        function = project.functions.by_index.get((function.path, function.outline.parent))
