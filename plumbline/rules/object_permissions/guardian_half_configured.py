"""GRD-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddItem, Fix
from plumbline.outline import Many
from plumbline.project import Project
from plumbline.project.remedies import first_assignment
from plumbline.project.settings import UNKNOWN, Perhaps, Setting, SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = "guardian"
_BACKEND = "guardian.backends.ObjectPermissionBackend"


class GuardianHalfConfigured(Rule):
    """Finds settings with django-guardian's app and not its backend, or the other way round."""

    code = "GRD02"
    slug = "guardian-half-configured"
    title = "django-guardian has both its app and its backend configured"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (916, 929)
    needs = ("python", "toml", "requirements")
    what = (
        "Settings for production of a project that uses django-guardian, without `guardian` in `INSTALLED_APPS` or "
        "without `guardian.backends.ObjectPermissionBackend`, or a subclass of it, in `AUTHENTICATION_BACKENDS`. "
        "Lists that the environment changes are not judged."
    )
    why = (
        "Without the app there are no tables for permissions per object. Without the backend permissions can be "
        "assigned but `user.has_perm(name, object)` never sees them, and says no without an error."
    )
    how = (
        "Add `guardian` to `INSTALLED_APPS` and its backend below `ModelBackend` in "
        "`AUTHENTICATION_BACKENDS`, then run `migrate`."
    )
    applies_when = "the project uses django-guardian and has settings of its own"
    absent = "no settings for production are found"
    examples = (
        Example(
            "no backend; no app",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "django-guardian"]\n',
                "config/settings/base.py": (
                    "INSTALLED_APPS = [\n"
                    '    "django.contrib.auth",\n    "guardian",\n]\n\n'
                    "AUTHENTICATION_BACKENDS = [  # <-\n"
                    '    "django.contrib.auth.backends.ModelBackend",\n]\n'
                ),
            },
            fixed={
                "config/settings/base.py": (
                    "INSTALLED_APPS = [\n"
                    '    "django.contrib.auth",\n    "guardian",\n]\n\n'
                    "AUTHENTICATION_BACKENDS = [\n"
                    '    "django.contrib.auth.backends.ModelBackend",\n'
                    '    "guardian.backends.ObjectPermissionBackend",\n]\n'
                )
            },
        ),
        Example(
            "both",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "django-guardian"]\n',
                "config/settings.py": (
                    'INSTALLED_APPS = ["guardian"]\n'
                    'AUTHENTICATION_BACKENDS = ["guardian.backends.ObjectPermissionBackend"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a backend of the repository that inherits from guardian's",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "django-guardian"]\n',
                "config/settings.py": (
                    'INSTALLED_APPS = ["guardian"]\nAUTHENTICATION_BACKENDS = ["shop.auth.Backend"]\n'
                ),
                "shop/auth.py": (
                    "from guardian.backends import ObjectPermissionBackend\n\n"
                    "class Backend(ObjectPermissionBackend):\n    pass\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "another way of permissions",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django", "rules"]\n',
                "config/settings.py": 'INSTALLED_APPS = ["rules"]\n',
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Only projects with guardian."""
        if project.uses(_APP, "django-guardian"):
            return None
        return "django-guardian is no dependency and not imported"

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge the apps and backends that production runs with."""
        seen: set[tuple[str, int, str]] = set()
        for module in project.settings.deployed:
            for verdict in _judged(project, module):
                place = verdict.at or verdict.subject
                key = (place.path, place.line, verdict.message)
                if key not in seen:
                    seen.add(key)
                    yield verdict


def _judged(project: Project, module: SettingsModule) -> Iterator[Verdict]:
    apps, backends = module.get("INSTALLED_APPS"), module.get("AUTHENTICATION_BACKENDS")
    if apps is None or (backends is None and module.is_open):
        yield module.located("INSTALLED_APPS").unknown("apps or backends come from elsewhere")
        return
    has_app = any(f"{_plain(item)}.".startswith(f"{_APP}.") for item in _items(apps))
    has_backend = any(_is_backend(project, _plain(item)) for item in _items(backends))
    if has_app and has_backend:
        yield (backends or apps).in_order()
    if not has_app:
        if UNKNOWN in _items(apps):
            yield apps.unknown("INSTALLED_APPS is computed in part")
        else:
            yield apps.violation(
                f"django-guardian is used but `{_APP}` is not in INSTALLED_APPS; add it",
                fix=_added(project, apps, _APP, is_safe=False),
            )
    if not has_backend:
        place = backends or apps
        if UNKNOWN in _items(backends):
            yield place.unknown("AUTHENTICATION_BACKENDS is computed in part")
        else:
            yield place.violation(
                f"django-guardian's backend is not in AUTHENTICATION_BACKENDS; add `{_BACKEND}`",
                fix=_added(project, backends, _BACKEND) if backends is not None else None,
            )


def _items(setting: Setting | None) -> list[object]:
    if setting is None:
        return []
    return setting.value if isinstance(setting.value, list) else [UNKNOWN]


def _plain(item: object) -> object:
    return item.value if isinstance(item, Perhaps) else item


def _is_backend(project: Project, item: object) -> bool:
    if not isinstance(item, str):
        return False
    cls = project.classes.by_name.get(project.names.canonical(item))
    return item == _BACKEND or (cls is not None and cls.inherits(_BACKEND))


def _added(project: Project, setting: Setting, item: str, *, is_safe: bool = True) -> Fix | None:
    """The fix that adds an item, where the setting is written as a plain list."""
    assignment = first_assignment(project, setting)
    if assignment is None or not isinstance(assignment.value, Many):
        return None
    return Fix([AddItem(setting.path, assignment.line, f'"{item}"')], is_safe)
