"""Feature flags of django-waffle: which names code, templates and tests use, and as what kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from plumbline import outline as o
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

APP = "waffle"
MIDDLEWARE = "waffle.middleware.WaffleMiddleware"
DISTRIBUTION = "django-waffle"
KINDS = ("flag", "switch", "sample")
_CALLS = {
    **{f"{kind}_is_active": kind for kind in KINDS},
    **{f"waffle_{kind}": kind for kind in KINDS},
    **{f"override_{kind}": kind for kind in KINDS},
    "get_waffle_flag_model": "",
}
_QUOTED = re.compile(r"""^(["'])([^"']{1,200})\1""")


class Use(msgspec.Struct):
    """One mention of a flag, switch or sample; ``name`` is empty where it is computed."""

    place: Located
    kind: str
    name: str
    is_override: bool


def flag_uses(project: Project) -> list[Use]:
    """Every mention in code, templates and tests, in this order."""
    return [
        *_in_code(project, tests=False),
        *_in_templates(project),
        *_in_code(project, tests=True),
    ]


def _in_code(project: Project, *, tests: bool) -> Iterator[Use]:
    for call in project.calls.named(*_CALLS, tests=tests):
        kind = _CALLS[call.method]
        if not kind or not call.target.startswith("waffle."):
            continue
        # `flag_is_active(request, name)` is the only one whose name comes second.
        position = 1 if call.method == "flag_is_active" else 0
        value: o.Value = (
            call.outline.args[position]
            if len(call.outline.args) > position
            else call.keyword(f"{kind}_name") or call.keyword("name")
        )
        is_override = call.method.startswith("override_")
        yield Use(call, kind, value if isinstance(value, str) else "", is_override)


def _in_templates(project: Project) -> Iterator[Use]:
    for template in project.templates:
        for tag in template.outline.tags:
            if tag.name in KINDS:
                match = _QUOTED.match(tag.rest)
                yield Use(template.located(tag), tag.name, match[2] if match else "", False)
