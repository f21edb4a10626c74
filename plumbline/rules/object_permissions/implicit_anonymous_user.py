"""GRD-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Assign, Fix
from plumbline.project import Project
from plumbline.project.remedies import first_assignment
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_NAME = "ANONYMOUS_USER_NAME"
_DEPENDENCIES = '[project]\nname = "shop"\ndependencies = ["django", "django-guardian"]\n'
_SETTINGS = (
    'INSTALLED_APPS = ["guardian"]\n'
    'AUTHENTICATION_BACKENDS = ["guardian.backends.ObjectPermissionBackend"]\n'
)


class ImplicitAnonymousUser(Rule):
    """Finds projects with django-guardian that do not say whether there is an anonymous user."""

    code = "GRD03"
    slug = "implicit-anonymous-user"
    title = "Settings say whether django-guardian keeps an anonymous user"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (916, 929)
    needs = ("python", "toml", "requirements")
    what = (
        "Settings for production with `guardian` among the apps and without `ANONYMOUS_USER_NAME`. Any value is in "
        "order, `None` too: what counts is that it was decided."
    )
    why = (
        "By default guardian creates a user named AnonymousUser at the first migration. It shows up in lists and "
        "counts of users, and everything that is granted to it is granted to the public."
    )
    how = (
        "Set `ANONYMOUS_USER_NAME = None` if visitors have no permissions of their own, else the name of the user that "
        "stands for them. An existing AnonymousUser row has to be removed by hand."
    )
    applies_when = "the settings install django-guardian"
    absent = "no settings for production install django-guardian"
    examples = (
        Example(
            "not said",
            {
                "pyproject.toml": _DEPENDENCIES,
                "config/settings.py": _SETTINGS.replace("]\nAUTH", "]  # <-\nAUTH"),
            },
            fixed={"config/settings.py": f"{_SETTINGS}ANONYMOUS_USER_NAME = None\n"},
        ),
        Example(
            "said",
            {
                "pyproject.toml": _DEPENDENCIES,
                "config/settings.py": f"{_SETTINGS}ANONYMOUS_USER_NAME = None\n",
            },
            state="pass",
        ),
        Example(
            "without guardian",
            {
                "pyproject.toml": _DEPENDENCIES,
                "config/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "config.urls"\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each module of settings that production runs."""
        seen: set[tuple[str, int]] = set()
        for module in project.settings.deployed:
            apps = module.get("INSTALLED_APPS")
            if apps is None or not apps.may_hold("guardian") or not apps.items:
                continue
            if not (apps.holds("guardian") or project.uses("guardian", "django-guardian")):
                continue
            setting = module.get(_NAME)
            place = setting or apps
            if (place.path, place.line) in seen:
                continue
            seen.add((place.path, place.line))
            if setting is not None:
                yield setting.in_order()
            elif module.is_open:
                yield apps.unknown("settings come from elsewhere in part")
            else:
                first = first_assignment(project, apps)
                module_of_apps = project.names.modules[apps.path]
                at = project.located_in(module_of_apps, first.line, _NAME) if first else apps
                yield apps.violation(
                    f"django-guardian keeps a user for visitors by default; set `{_NAME}`, to None if there is none",
                    at=at,
                    fix=Fix([Assign(apps.path, _NAME, "None")], is_safe=False),
                )
