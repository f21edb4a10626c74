"""Django permissions: which the models of the repository define, and which its code asks for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from plumbline import outline as o
from plumbline.project.apps import Apps
from plumbline.project.calls import Calls
from plumbline.project.classes import Class, Classes
from plumbline.project.models import Model
from plumbline.project.modules import Names
from plumbline.project.settings import Settings
from plumbline.rule import Located

ACTIONS = ("add", "change", "delete", "view")
"""What Django makes a permission of for every model."""
MIXINS = (
    "django.contrib.auth.mixins.PermissionRequiredMixin",
    "guardian.mixins.PermissionRequiredMixin",
)
_ASKING = (
    "has_perm", "ahas_perm", "has_perms", "ahas_perms", "permission_required", "permission_required_or_403",
    "permission_required_or_404", "assign_perm", "remove_perm", "get_objects_for_user", "get_objects_for_group",
)  # fmt: skip
_DECIDING = ("has_perm", "get_all_permissions", "get_user_permissions")
_PERMISSION = re.compile(r"[a-z_]\w*\.\w+")
_CREATES = frozenset(("create", "get_or_create", "update_or_create", "Permission"))


class Permissions:
    """Permissions by definition and by use."""

    def __init__(self, names: Names, classes: Classes, apps: Apps, calls: Calls) -> None:
        self._names = names
        self._classes = classes
        self._apps = apps
        self._calls = calls

    @functools.cached_property
    def labels(self) -> frozenset[str]:
        """Labels of the applications that have models here."""
        return frozenset(label.rpartition(".")[0] for label in self._apps.models_by_label)

    def of_app(self, label: str) -> frozenset[str] | None:
        """The codenames that the models of an application define; None if one of them cannot be told."""
        found: set[str] = set()
        for name, model in self._apps.models_by_label.items():
            if name.rpartition(".")[0] == label:
                own = codenames(model)
                if own is None:
                    return None
                found |= own
        return frozenset(found)

    @functools.cached_property
    def created(self) -> frozenset[str]:
        """Codenames of permissions that code or migrations create as rows."""
        found: set[str] = set()
        for module in self._names:
            if _CREATES.isdisjoint(module.called) or not module.may_call("codename"):
                continue
            for call in module.calls_named(*_CREATES):
                found.update(
                    value
                    for key, value in call.keywords
                    if key == "codename" and isinstance(value, str)
                )
        return frozenset(found)

    def asked(self) -> Iterator[tuple[Located, str]]:
        """Each permission (``shop.view_order``) that code asks for by a literal, and where."""
        for call in self._calls.named(*_ASKING):
            values = [*call.outline.args, call.keyword("perm"), call.keyword("perms")]
            for name in _named(values):
                yield call, name
        for mixin in MIXINS:
            for cls in self._classes.heirs(mixin):
                member = cls.member("permission_required")
                if member is not None and member.kind == "assign":
                    for name in _named([member.value]):
                        yield cls.located(member), name

    def own_backend(self, settings: Settings) -> Class | None:
        """A class of the repository among authentication backends that decides on permissions by itself."""
        for module in settings.modules:
            setting = module.get("AUTHENTICATION_BACKENDS")
            for name in setting.items if setting is not None else ():
                cls = (
                    self._classes.by_name.get(self._names.canonical(name))
                    if isinstance(name, str)
                    else None
                )
                if cls is not None and any(cls.defines(method) for method in _DECIDING):
                    return cls
        return None


def codenames(model: Model) -> frozenset[str] | None:
    """The codenames of a model's permissions; None if they are computed."""
    own, standard = declared(model), default_codenames(model)
    return None if own is None or standard is None else frozenset((*own, *standard))


def declared(model: Model) -> list[str] | None:
    """The codenames in ``Meta.permissions``, in order; None if they are computed."""
    value = model.cls.option("permissions")
    if value is None:
        return []
    found = [_first(item) for item in value.items] if isinstance(value, o.Many) else [None]
    return None if None in found else [name for name in found if name is not None]


def default_codenames(model: Model) -> list[str] | None:
    """The codenames that Django adds by itself, as ``Meta.default_permissions`` says; None if it is computed."""
    value = model.cls.option("default_permissions")
    actions: list[o.Value] = list(ACTIONS)
    if value is not None:
        if not isinstance(value, o.Many):
            return None
        actions = value.items
    if not all(isinstance(action, str) for action in actions):
        return None
    return [f"{action}_{model.name.lower()}" for action in actions]


def _first(item: o.Value) -> str | None:
    if isinstance(item, o.Many) and item.items and isinstance(item.items[0], str):
        return item.items[0]
    return None


def _named(values: Iterable[o.Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str) and _PERMISSION.fullmatch(value):
            yield value
        elif isinstance(value, o.Many):
            yield from _named(value.items)
