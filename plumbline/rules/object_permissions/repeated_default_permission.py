"""GRD-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, SetValue
from plumbline.outline import Many
from plumbline.project import Project
from plumbline.project.permissions import declared, default_codenames
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_WIDTH = 88


class RepeatedDefaultPermission(Rule):
    """Finds models whose ``Meta.permissions`` repeat a permission that Django makes by itself."""

    code = "GRD04"
    slug = "repeated-default-permission"
    title = "Meta.permissions does not repeat Django's own permissions"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (932, 956)
    what = (
        "A codename in a model's `Meta.permissions` that Django adds anyway: `add_`, `change_`, `delete_` or `view_` "
        "and the lower-case name of the model. Where `default_permissions` leaves an action out, its codename is free."
    )
    why = (
        "Django's checks report auth.E005 for such a model, and no command runs any more. The permission exists "
        "already and can be assigned per object like any other."
    )
    how = (
        "Take the entry out and use Django's permission of that name. If it must mean something else, give it "
        "another codename, or leave the action out of `default_permissions`."
    )
    applies_when = "the repository has models with permissions in their Meta"
    absent = "no model declares permissions"
    errata = "The guide's own sample declares `view_project` on `Project` and fails Django's check; what works decides."
    examples = (
        Example(
            "a permission that exists",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Project(models.Model):\n"
                    "    class Meta:\n"
                    "        permissions = [  # <-\n"
                    '            ("view_project", "Can view project"),\n'
                    '            ("manage_members", "Can manage project members"),\n'
                    "        ]\n\n"
                    "class Order(models.Model):\n"
                    "    class Meta:\n"
                    "        permissions = ((\"add_order\", 'Can add'),)  # <-\n"
                )
            },
            fixed={
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Project(models.Model):\n"
                    "    class Meta:\n"
                    '        permissions = [("manage_members", "Can manage project members")]\n\n'
                    "class Order(models.Model):\n"
                    "    class Meta:\n"
                    "        permissions = []\n"
                )
            },
        ),
        Example(
            "permissions of its own",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Project(models.Model):\n"
                    "    class Meta:\n"
                    '        permissions = [("edit_project", "Can edit"), ("view_order", "Can view orders")]\n'
                )
            },
            state="pass",
        ),
        Example(
            "defaults that are switched off",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Project(models.Model):\n"
                    "    class Meta:\n"
                    '        default_permissions = ("add", "change")\n'
                    '        permissions = [("view_project", "Can see everything of a project")]\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no permissions",
            {
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model whose own ``Meta`` declares permissions."""
        for model in project.models:
            meta = model.cls.inner("Meta")
            member = meta.member("permissions") if meta is not None else None
            if meta is None or member is None or model.is_abstract:
                continue
            place = meta.located(member)
            own, standard = declared(model), default_codenames(model)
            if own is None or standard is None:
                yield place.unknown(f"the permissions of `{model.name}` are computed")
                continue
            repeated = [name for name in own if name in standard]
            if not repeated:
                yield place.in_order()
                continue
            fix = None
            if isinstance(member.value, Many):
                text = _rewritten(member.value, repeated)
                if text is not None:
                    fix = Fix([SetValue(place.path, place.line, text)], is_safe=False)
            names = ", ".join(f"`{name}`" for name in repeated)
            yield place.violation(
                f"Django makes {names} for `{model.name}` by itself (auth.E005); take it out",
                fix=fix,
            )


def _rewritten(value: Many, repeated: list[str]) -> str | None:
    """The list without the repeated entries; None where an entry is more than two strings."""
    kept: list[str] = []
    for item in value.items:
        texts = item.items if isinstance(item, Many) else []
        if not all(
            isinstance(text, str) and '"' not in text and text.isprintable() for text in texts
        ):
            return None
        if texts and texts[0] not in repeated:
            kept.append("(" + ", ".join(f'"{text}"' for text in texts) + ")")
    line = f"[{', '.join(kept)}]"
    if len(line) <= _WIDTH:
        return line
    return "[\n" + "".join(f"            {item},\n" for item in kept) + "        ]"
