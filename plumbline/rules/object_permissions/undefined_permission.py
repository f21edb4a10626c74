"""GRD-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_MODELS = (
    "from django.db import models\n\n"
    "class Project(models.Model):\n"
    "    class Meta:\n"
    '        permissions = [("edit_project", "Can edit")]\n'
)


class UndefinedPermission(Rule):
    """Finds checks of permissions that nothing defines."""

    code = "GRD05"
    slug = "undefined-permission"
    title = "Permissions that code asks for are defined"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (932, 985)
    what = (
        "A literal such as `projects.edit_project` in `has_perm`, `permission_required`, `assign_perm`, "
        "`get_objects_for_user` and the like, whose app is one of the repository and whose codename is neither in a "
        "`Meta.permissions` of that app, nor one of Django's defaults, nor created as a row anywhere. Permissions of "
        "installed packages and names without an app are not judged."
    )
    why = (
        "A check of a permission that does not exist says no to everyone but superusers, and nothing fails: a view "
        "stays closed, or a button never shows, until someone finds the misspelling."
    )
    how = "Correct the name, or add the permission to `Meta.permissions` of the model that it is about and migrate."
    applies_when = "code asks for permissions of the repository's own apps by name"
    absent = "no permission of an app here is asked for by name"
    examples = (
        Example(
            "misspelt, and never defined",
            {
                "projects/models.py": _MODELS,
                "projects/views.py": (
                    "from django.contrib.auth.decorators import permission_required\n"
                    "from guardian.mixins import PermissionRequiredMixin\n\n"
                    '@permission_required("projects.edit_projects")  # <-\n'
                    "def edit(request):\n"
                    '    return request.user.has_perm("projects.manage_members")  # <-\n\n'
                    "class Detail(PermissionRequiredMixin):\n"
                    '    permission_required = "projects.see_project"  # <-\n'
                ),
            },
        ),
        Example(
            "declared and default permissions",
            {
                "projects/models.py": _MODELS,
                "projects/views.py": (
                    "from django.contrib.auth.decorators import permission_required\n\n"
                    '@permission_required(["projects.edit_project", "projects.view_project"])\n'
                    "def edit(request):\n    return None\n"
                ),
            },
            state="pass",
        ),
        Example(
            "permissions of a package, computed names, rows made by a migration",
            {
                "projects/models.py": _MODELS,
                "projects/migrations/0002_permissions.py": (
                    "from django.db import migrations\n\n"
                    "def add(apps, schema_editor):\n"
                    '    Permission = apps.get_model("auth", "Permission")\n'
                    '    Permission.objects.get_or_create(codename="publish", name="Can publish")\n'
                ),
                "projects/views.py": (
                    "def edit(request, name):\n"
                    '    return request.user.has_perms(["projects.publish", "auth.whatever", f"projects.{name}"])\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a backend of the repository decides",
            {
                "projects/models.py": _MODELS,
                "projects/auth.py": (
                    "class Backend:\n    def has_perm(self, user, perm, obj=None):\n        return True\n"
                ),
                "config/settings.py": (
                    'ROOT_URLCONF = "config.urls"\nAUTHENTICATION_BACKENDS = ["projects.auth.Backend"]\n'
                ),
                "projects/views.py": (
                    'def edit(request):\n    return request.user.has_perm("projects.anything")\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "no permission by name",
            {"projects/models.py": _MODELS},
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """A backend with rules of its own may know any permission."""
        cls = project.permissions.own_backend(project.settings)
        if cls is not None:
            return f"the backend {cls.qualified_name} decides on permissions by itself"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each literal permission of an app that has models here."""
        permissions = project.permissions
        for place, name in permissions.asked():
            label, _, codename = name.partition(".")
            if label not in permissions.labels:
                continue
            defined = permissions.of_app(label)
            if defined is None:
                yield place.unknown(f"permissions of the app {label} are computed")
            elif codename in defined or codename in permissions.created:
                yield place.in_order()
            else:
                yield place.violation(
                    f"no model of `{label}` defines the permission `{codename}`; correct the name or define it"
                )
