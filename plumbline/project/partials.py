"""Template partials: whether a repository has them, and the references by ``file#name`` to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from packaging.version import Version

from plumbline import outline as o
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

PACKAGE = ("template_partials", "django-template-partials")
BUILT_IN = Version("6.0")
_LITERAL = re.compile(r"""(["'])([^"'#{}]+)#([^"'#{}]*)\1(?=\s|$)""")
_NAME = re.compile(r"([^#\s]+\.\w+)#(\S*)")
_LOADERS = ("render", "render_to_string", "get_template", "select_template", "TemplateResponse")


class Reference(msgspec.Struct):
    """A mention of a partial of another file: ``"orders/list.html#row"``; ``partial`` is empty where it is computed."""

    place: Located
    template: str
    partial: str


def no_partials(project: Project) -> str | None:
    """The evidence that templates here can have no partials, or None if they can."""
    version = project.dependencies.minimum("django")
    if version is not None and version < BUILT_IN and not project.uses(*PACKAGE):
        return f"Django {version} has no template partials"
    return None


def references(project: Project) -> Iterator[Reference]:
    """Every literal reference to a partial by ``file#name``: in ``include``, in calls that load templates, in views."""
    for template in project.templates:
        for tag in template.outline.tags:
            if tag.name == "include" and (match := _LITERAL.match(tag.rest)) is not None:
                yield Reference(template.located(tag), match[2], match[3])
    for call in project.calls.named(*_LOADERS):
        if call.target.rpartition(".")[2] not in _LOADERS:
            continue
        values = [*call.outline.args[:2], call.keyword("template_name"), call.keyword("template")]
        for value in values:
            for name in value.items if isinstance(value, o.Many) else [value]:
                if (found := _parsed(name)) is not None:
                    yield Reference(call, *found)
    for cls in project.views.classes():
        member = cls.member("template_name")
        if member is not None and (found := _parsed(member.value)) is not None:
            yield Reference(cls.located(member), *found)


def _parsed(value: o.Value) -> tuple[str, str] | None:
    """Template and partial of a name that a program gives; an interpolated partial is not known."""
    text = value.template if isinstance(value, o.Text) else value
    match = _NAME.fullmatch(text) if isinstance(text, str) else None
    if match is None or (isinstance(value, o.Text) and "{}" in match[1]):
        return None
    return match[1], "" if isinstance(value, o.Text) else match[2]
