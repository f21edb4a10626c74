"""Django applications: which one a module belongs to, its label, and models by the names that text gives them."""

from __future__ import annotations

import functools

from plumbline import outline as o
from plumbline.project.classes import Class
from plumbline.project.models import Field, Model
from plumbline.project.modules import Module


class Apps:
    """The applications of the repository, told from ``AppConfig`` classes and from where models stand."""

    def __init__(self, configs: list[Class], models: list[Model]) -> None:
        self._models = models
        self._labels: dict[str, str] = {}
        self._found: dict[str, str] = {}
        self._model_labels: dict[str, str] = {}
        for config in configs:
            name, label = (_text(config, key) for key in ("name", "label"))
            if name:
                self._labels.setdefault(name, label or name.rpartition(".")[2])

    def package_of(self, module: Module) -> str:
        """The dotted package of the application that a module belongs to."""
        known = self._found.get(module.path)
        if known is None:
            known = self._found[module.path] = self._find(module)
        return known

    def _find(self, module: Module) -> str:
        head = module.relative_name
        while head and head not in self._labels:
            head = head.rpartition(".")[0]
        if head:
            return head
        parts = module.relative_name.split(".")
        if "models" in parts[1:]:
            return ".".join(parts[: parts.index("models", 1)])
        return module.relative_name if module.is_package else ".".join(parts[:-1])

    def label_of(self, module: Module) -> str:
        """The label of a module's application: what stands before the dot in ``"shop.Order"``."""
        package = self.package_of(module)
        return self._labels.get(package, package.rpartition(".")[2])

    def label_of_model(self, model: Model) -> str:
        """The label of the application that a model belongs to, ``app_label`` of its ``Meta`` first."""
        name = model.cls.qualified_name
        known = self._model_labels.get(name)
        if known is None:
            label = model.cls.option("app_label")
            own = label if isinstance(label, str) else self.label_of(model.cls.module)
            known = self._model_labels[name] = own
        return known

    @functools.cached_property
    def models_by_label(self) -> dict[str, Model]:
        """``shop.order`` (in lower case) to the model."""
        found: dict[str, Model] = {}
        for model in self._models:
            found.setdefault(f"{self.label_of_model(model)}.{model.name}".lower(), model)
        return found

    @functools.cached_property
    def models_by_name(self) -> dict[str, Model]:
        """Canonical dotted name of the class to the model."""
        return {model.cls.qualified_name: model for model in self._models}

    def target_of(self, field: Field) -> Model | None:
        """The model of the repository that a relation leads to; None if it is none, or not known."""
        value = field.target
        if isinstance(value, o.Ref):
            return self.models_by_name.get(field.model.cls.resolve(value.name))
        if not isinstance(value, str):
            return None
        if value == "self":
            return field.model
        name = value if "." in value else f"{self.label_of_model(field.model)}.{value}"
        return self.models_by_label.get(name.lower())

    @functools.cached_property
    def composite(self) -> list[tuple[Model, Field]]:
        """Models with a composite primary key of their own, and that key."""
        return [
            (model, field)
            for model in self._models
            if any(
                isinstance(item.value, o.Invocation)
                and item.value.name.endswith("CompositePrimaryKey")
                for item in model.cls.members
            )
            for field in model.fields
            if field.kind == "django.db.models.CompositePrimaryKey"
        ]


def _text(config: Class, name: str) -> str:
    for cls in (config, *config.ancestors):
        member = cls.member(name)
        if member is not None:
            return member.value if isinstance(member.value, str) else ""
    return ""
