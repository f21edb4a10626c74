"""GRD-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Located, Rule, Verdict

_OTHERS = {
    "rules": "rules",
    "oso": "Oso",
    "casbin": "Casbin",
    "casbin_adapter": "Casbin",
    "permission": "django-permission",
    "rest_access_policy": "drf-access-policy",
    "dry_rest_permissions": "dry-rest-permissions",
    "authzed": "SpiceDB",
    "openfga_sdk": "OpenFGA",
    "cerbos": "Cerbos",
}
_DISTRIBUTIONS = (
    ("oso", "django-oso"),
    ("casbin", "django-authorization"),
    ("rules", "django-rules"),
)
_ASKING = ("has_perm", "ahas_perm", "has_perms", "ahas_perms")
_REST = "rest_framework.permissions.BasePermission"


class HomeMadeObjectPermissions(Rule):
    """Finds checks of permissions per object in projects without a library that keeps them."""

    code = "GRD01"
    slug = "home-made-object-permissions"
    title = "Permissions per object are kept by django-guardian"
    level = Level.SHOULD
    preview = True
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (908, 914)
    effort = Effort.DAYS
    needs = ("python", "toml", "requirements")
    what = (
        "A repository that checks permissions on single objects (`has_perm(name, object)`, or `has_object_permission` "
        "in a permission class of REST framework) and uses neither django-guardian, another library for that "
        "nor an authentication backend of its own that decides. It is "
        "reported once, with the number of places and the first one."
    )
    why = (
        "Who may see which row becomes a pile of comparisons in views. They cannot be listed, granted or taken away "
        "without a release, and each new endpoint has to repeat them."
    )
    how = (
        "Where access is granted per object, add django-guardian and assign permissions. Where it follows from "
        "ownership alone, a scoped queryset says it better, and this can be waived."
    )
    applies_when = "code checks permissions on single objects"
    absent = "nothing checks permissions on single objects"
    errata = (
        "Preview: the guide asks for guardian where permissions are fine-grained, and whether they are is a judgement. "
        "Other libraries (rules, Oso, Casbin and the like) and backends are accepted as another decision."
    )
    examples = (
        Example(
            "a permission class that compares owners",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "djangorestframework"]\n',
                "shop/permissions.py": (
                    "from rest_framework.permissions import BasePermission\n\n"
                    "class IsOwner(BasePermission):\n"
                    "    def has_object_permission(self, request, view, obj):\n"
                    "        return obj.owner == request.user\n"
                ),
                "shop/services.py": (
                    "def order_close(*, user, order):\n    return user.has_perm('shop.close_order', order)\n"
                ),
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "guardian",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "django-guardian"]\n',
                "shop/services.py": (
                    "def order_close(*, user, order):\n    return user.has_perm('shop.close_order', order)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "another library",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "rules"]\n',
                "shop/services.py": (
                    "def order_close(*, user, order):\n    return user.has_perm('shop.close_order', order)\n"
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "permissions in general",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django"]\n',
                "shop/services.py": (
                    "def order_close(*, user):\n    return user.has_perm('shop.close_order')\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Another library is another decision."""
        for package, name in _OTHERS.items():
            distributions = [item for key, item in _DISTRIBUTIONS if key == package]
            if project.uses(package, *distributions):
                return f"permissions per object are left to {name}"
        cls = project.permissions.own_backend(project.settings)
        if cls is not None:
            return f"the backend {cls.qualified_name} keeps permissions by itself"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge the repository as a whole."""
        places = list(_checks(project))
        if not places:
            return
        subject = project.repository("permissions per object", "pyproject.toml", "requirements.txt")
        if project.uses("guardian", "django-guardian"):
            yield subject.in_order()
            return
        first = min(places, key=lambda place: (place.path, place.line))
        count = f"{len(places)} places check" if len(places) > 1 else "One place checks"
        yield subject.violation(
            f"{count} permissions on single objects (first {first.path}:{first.line}) and no library keeps them; "
            "consider django-guardian"
        )


def _checks(project: Project) -> Iterator[Located]:
    for call in project.calls.named(*_ASKING):
        is_own = call.function is not None and "has_perm" in call.function.name
        given = len(call.outline.args) > 1 or call.keyword("obj") is not None
        if given and not is_own and "." in call.outline.name:
            yield call
    for cls in project.classes.heirs(_REST):
        member = cls.member("has_object_permission")
        if member is not None:
            yield cls.located(member)
