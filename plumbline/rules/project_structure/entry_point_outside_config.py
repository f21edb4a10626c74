"""STR-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_NAMES = ("ROOT_URLCONF", "WSGI_APPLICATION", "ASGI_APPLICATION")
_MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'
_CONFIG = {
    "manage.py": _MANAGE.format("config.settings.production"),
    "config/__init__.py": "import django\n",
    "config/settings/__init__.py": "",
}


class EntryPointOutsideConfig(Rule):
    """Finds the root URLs and server entry points that live apart from the settings."""

    code = "STR02"
    slug = "entry-point-outside-config"
    title = "Root URLs, wsgi and asgi live in the package that holds the settings"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (41, 50)
    effort = Effort.HOUR
    what = (
        "`ROOT_URLCONF`, `WSGI_APPLICATION` or `ASGI_APPLICATION` that names a module outside of the package around "
        "the settings. What that package is called does not matter."
    )
    why = "How the project is put together and started is then in one place, and no app is at the same time the whole."
    how = (
        "Move `urls.py`, `wsgi.py` and `asgi.py` into the package of the settings and change the three settings and "
        "the server's command."
    )
    applies_when = "settings name their root URLs or their applications"
    absent = "no settings of a project that name root URLs or applications"
    errata = "The guide calls the package `config`. Django's default, the project's own name, is accepted."
    examples = (
        Example(
            "an application elsewhere",
            {
                **_CONFIG,
                "config/settings/production.py": (
                    'INSTALLED_APPS = []\nROOT_URLCONF = "config.urls"\n'
                    'WSGI_APPLICATION = "deploy.wsgi.application"  # <-\n'
                ),
            },
        ),
        Example(
            "all in the package of the settings",
            {
                **_CONFIG,
                "config/settings/production.py": (
                    'INSTALLED_APPS = []\nROOT_URLCONF = "config.urls"\n'
                    'WSGI_APPLICATION = "config.wsgi.application"\nASGI_APPLICATION = "config.asgi.application"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a package with the project's name",
            {
                "manage.py": _MANAGE.format("shop.settings"),
                "shop/__init__.py": "import django\n",
                "shop/settings.py": (
                    'INSTALLED_APPS = []\nROOT_URLCONF = "shop.urls"\nWSGI_APPLICATION = "shop.wsgi.application"\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no project", {"shop/views.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        seen: set[tuple[str, int]] = set()
        for item in project.settings.deployed:
            for name in _NAMES:
                setting = item.get(name)
                if setting is not None and (setting.path, setting.line) not in seen:
                    seen.add((setting.path, setting.line))
                    yield _verdict(item, setting)


def _verdict(item: SettingsModule, setting: Setting) -> Verdict:
    if not isinstance(setting.value, str):
        return setting.unknown(f"what `{setting.name}` names is computed")
    parts = setting.value.split(".")
    package = ".".join(parts[:-1] if setting.name == "ROOT_URLCONF" else parts[:-2])
    if f"{item.module.relative_name}.".startswith(f"{package}.") or not package:
        return setting.in_order()
    return setting.violation(
        f"`{setting.value}` lives apart from the settings `{item.module.relative_name}`; move it into their package"
    )
