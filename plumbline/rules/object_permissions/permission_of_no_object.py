"""GRD-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Class, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = "django.contrib.auth.mixins.PermissionRequiredMixin"
_GUARDIAN = "guardian.mixins.PermissionRequiredMixin"
_OBJECT_VIEWS = tuple(
    f"django.views.generic.{name}"
    for name in (
        "DetailView",
        "UpdateView",
        "DeleteView",
        "BaseDetailView",
        "BaseUpdateView",
        "BaseDeleteView",
    )
)
_NAMES = ("permission_required", "get_permission_required", "get_required_permissions")
_OWN_CHECKS = ("has_permission", "check_permissions", "dispatch", "test_func")


class PermissionOfNoObject(Rule):
    """Finds views of one object whose permission check does not look at the object."""

    code = "GRD06"
    slug = "permission-of-no-object"
    title = "Views of one object check the permission on that object"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (958, 972)
    needs = ("python", "toml", "requirements")
    what = (
        "In a project that uses django-guardian: a detail, update or delete view with Django's "
        "`PermissionRequiredMixin`, which asks for the permission in general, or with guardian's mixin of the same "
        "name and no `permission_required`. Views that check in a `has_permission` or `dispatch` of their own are left "
        "alone."
    )
    why = (
        "Both mixins have one name, and Django's never looks at the object: whoever may edit one project may edit "
        "all, and whoever was granted one object only is refused. Nothing fails, so nobody notices."
    )
    how = (
        "Import `PermissionRequiredMixin` from `guardian.mixins` and set `permission_required`; keep "
        "`raise_exception = True` if strangers should get 403 and not the login page."
    )
    applies_when = (
        "the project uses django-guardian and has views of one object with a permission mixin"
    )
    absent = "no view of one object has a permission mixin"
    examples = (
        Example(
            "Django's mixin, and guardian's without a permission",
            {
                "projects/views.py": (
                    "from django.contrib.auth.mixins import PermissionRequiredMixin\n"
                    "from django.views.generic import DetailView, UpdateView\n"
                    "from guardian.mixins import PermissionRequiredMixin as ObjectPermissionMixin\n\n"
                    "class ProjectDetail(PermissionRequiredMixin, DetailView):  # <-\n"
                    '    permission_required = "projects.view_project"\n\n'
                    "class ProjectEdit(ObjectPermissionMixin, UpdateView):  # <-\n"
                    "    raise_exception = True\n"
                )
            },
        ),
        Example(
            "guardian's mixin with a permission",
            {
                "projects/views.py": (
                    "from django.views.generic import DetailView\n"
                    "from guardian.mixins import PermissionRequiredMixin\n\n"
                    "class ProjectDetail(PermissionRequiredMixin, DetailView):\n"
                    '    permission_required = "projects.view_project"\n'
                )
            },
            state="pass",
        ),
        Example(
            "a check of its own, a view without an object",
            {
                "projects/views.py": (
                    "from django.contrib.auth.mixins import PermissionRequiredMixin\n"
                    "from django.views.generic import CreateView, DetailView\n"
                    "from guardian.shortcuts import get_perms\n\n"
                    "class ProjectCreate(PermissionRequiredMixin, CreateView):\n"
                    '    permission_required = "projects.add_project"\n\n'
                    "class ProjectDetail(PermissionRequiredMixin, DetailView):\n"
                    "    def has_permission(self):\n"
                    '        return "view_project" in get_perms(self.request.user, self.get_object())\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no guardian: permissions in general are meant",
            {
                "projects/views.py": (
                    "from django.contrib.auth.mixins import PermissionRequiredMixin\n"
                    "from django.views.generic import DetailView\n\n"
                    "class ProjectDetail(PermissionRequiredMixin, DetailView):\n"
                    '    permission_required = "projects.view_project"\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Only projects with guardian."""
        if project.uses("guardian", "django-guardian"):
            return None
        return "django-guardian is no dependency and not imported"

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each view of one object that has a permission mixin."""
        for cls in project.classes.heirs(_DJANGO):
            if _is_of_an_object(cls) and not cls.inherits(_GUARDIAN):
                if any(cls.defines(name) for name in _OWN_CHECKS):
                    yield cls.in_order()
                else:
                    yield cls.violation(
                        f"`{cls.name}` asks for the permission in general, not on its object; use the mixin of "
                        "`guardian.mixins`"
                    )
        for cls in project.classes.heirs(_GUARDIAN):
            if _is_of_an_object(cls):
                if any(cls.defines(name) for name in (*_NAMES, *_OWN_CHECKS)):
                    yield cls.in_order()
                else:
                    yield cls.violation(
                        f"`{cls.name}` does not say which permission it asks for; set `permission_required`"
                    )


def _is_of_an_object(cls: Class) -> bool:
    return cls.inherits(*_OBJECT_VIEWS)
