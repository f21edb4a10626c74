"""CHN-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, MoveItem
from plumbline.project import Project
from plumbline.project.installed import once
from plumbline.project.settings import SettingsModule
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DAPHNE = "daphne"
_STATIC = "django.contrib.staticfiles"
_ENTRY = {
    "requirements.txt": "django\ndaphne\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
}


class DaphneBehindStaticfiles(Rule):
    """Finds Daphne installed where its `runserver` cannot take effect."""

    code = "CHN02"
    slug = "daphne-behind-staticfiles"
    title = "`daphne` stands before `django.contrib.staticfiles`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "WebSocket with Django Channels"
    guide_lines = (1331, 1342)
    what = "`INSTALLED_APPS` with `daphne` below `django.contrib.staticfiles`."
    why = (
        "Both bring a `runserver` command, and the first one wins. Below the other, Daphne's never runs: WebSockets "
        "fail in development, and `manage.py check` reports `daphne.E001`."
    )
    how = 'Move `"daphne"` above `"django.contrib.staticfiles"`; the top of the list is the usual place.'
    applies_when = "settings install `daphne`"
    absent = "no settings install `daphne`"
    errata = "The guide asks for the first place; Daphne itself only has to precede `staticfiles`, and that is judged."
    examples = (
        Example(
            "below",
            {
                **_ENTRY,
                "settings.py": (
                    'ROOT_URLCONF = "urls"\n'
                    "INSTALLED_APPS = [  # <-\n"
                    '    "django.contrib.staticfiles",\n'
                    '    "daphne",\n'
                    "]\n"
                ),
            },
            fixed={
                "settings.py": (
                    'ROOT_URLCONF = "urls"\nINSTALLED_APPS = [\n'
                    '    "daphne",\n    "django.contrib.staticfiles",\n]\n'
                )
            },
        ),
        Example(
            "above, though not first",
            {
                **_ENTRY,
                "settings.py": (
                    'ROOT_URLCONF = "urls"\n'
                    'INSTALLED_APPS = ["django.contrib.admin", "daphne", "django.contrib.staticfiles"]\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without static files",
            {
                **_ENTRY,
                "settings.py": 'ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["shop", "daphne"]\n',
            },
            state="pass",
        ),
        Example(
            "Uvicorn serves, Daphne is not installed",
            {
                **_ENTRY,
                "requirements.txt": "django\nchannels\nuvicorn\n",
                "settings.py": (
                    'ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["django.contrib.staticfiles", "channels"]\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each list of apps that holds Daphne."""
        modules = project.settings.modules
        yield from once(verdict for module in modules for verdict in _verdicts(module))


def _verdicts(module: SettingsModule) -> Iterator[Verdict]:
    setting = module.get("INSTALLED_APPS")
    apps = setting.items if setting is not None else []
    daphne = next((it for it in apps if it in (_DAPHNE, "daphne.apps.DaphneConfig")), None)
    if setting is None or daphne is None:
        return
    if _STATIC in apps and apps.index(_STATIC) < apps.index(daphne):
        edit = MoveItem(setting.path, setting.line, daphne, before=_STATIC)
        yield setting.violation(
            "`daphne` stands below `django.contrib.staticfiles`, whose `runserver` then wins; move it above",
            fix=Fix([edit], is_safe=False),
        )
    else:
        yield setting.in_order()
