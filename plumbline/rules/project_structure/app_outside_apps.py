"""STR-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SHARED = ("core", "config")
_INIT = {"apps/__init__.py": "import django\n", "apps/orders/__init__.py": ""}


class AppOutsideApps(Rule):
    """Finds the project's own apps that do not stand under a folder apps."""

    code = "STR03"
    slug = "app-outside-apps"
    title = "The project's own apps stand under apps/"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (51, 60)
    effort = Effort.DAYS
    what = (
        "An installed app of the repository with no folder `apps` above it. `core`, which the guide keeps beside "
        "`apps/`, the configuration package, and a package that holds other apps do not count."
    )
    why = (
        "With one folder for what the project does, the top of the repository stays readable, and rules about layers "
        "and imports have a border to stand on."
    )
    how = (
        "Move the package to `apps/`, set `name` in its `AppConfig`, and keep the label, so that migrations and "
        "tables stay as they are."
    )
    applies_when = "settings install at least two apps of the repository"
    absent = "settings install fewer than two apps of the repository"
    errata = "The guide shows this layout and asks for it nowhere. Any folder above `apps` will do, such as `src`."
    examples = (
        Example(
            "apps at the top",
            {
                "config/settings.py": 'INSTALLED_APPS = ["orders", "apps.users"]\n',
                "orders/__init__.py": "import django  # <-\n",
                "apps/__init__.py": "",
                "apps/users/__init__.py": "",
            },
        ),
        Example(
            "under apps, and core beside it",
            {
                **_INIT,
                "config/settings.py": 'INSTALLED_APPS = ["django.contrib.admin", "apps.orders", "core"]\n',
                "core/__init__.py": "",
            },
            state="pass",
        ),
        Example(
            "below another folder, by configuration class, with a label of its own",
            {
                "backend/manage.py": "import django\n",
                "backend/config/settings.py": (
                    'INSTALLED_APPS = ["apps.orders.apps.OrdersConfig", "apps.users"]\n'
                ),
                "backend/apps/__init__.py": "",
                "backend/apps/orders/__init__.py": "",
                "backend/apps/orders/apps.py": (
                    "from django.apps import AppConfig\n\n\nclass OrdersConfig(AppConfig):\n"
                    '    name = "apps.orders"\n    label = "purchases"\n'
                ),
                "backend/apps/users/__init__.py": "",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "one app",
            {
                "config/settings.py": 'INSTALLED_APPS = ["orders"]\n',
                "orders/__init__.py": "import django\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        folders = project.app_folders
        apps = [
            app
            for app in folders.installed
            if app.folder not in folders.outer and app.folder.rpartition("/")[2] != "config"
        ]
        if len(apps) < 2:
            return
        for app in apps:
            *above, name = app.folder.split("/")
            if "apps" in above or name in _SHARED:
                yield app.in_order()
            else:
                yield app.violation(
                    f"The app `{app.package}` stands outside of `apps/`; move it there and keep its label"
                )
