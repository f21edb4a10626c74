"""WAF-01."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.flags import APP, DISTRIBUTION
from plumbline.project.installed import once
from plumbline.project.settings import UNKNOWN, Perhaps
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n", "manage.py": "import django\n"}
_TOGGLE = re.compile(r"^(FEATURE|FEATURES|FF|FLAG|TOGGLE)_\w+|\w+_(FEATURE|FEATURE_FLAG|TOGGLE)$")
_OTHERS = (
    *("launchdarkly-server-sdk", "unleashclient", "flagsmith", "gargoyle", "gargoyle-yplan"),
    *("django-flags", "openfeature-sdk", "posthog", "growthbook", "configcat-client"),
)


class ToggleInSettings(Rule):
    """Finds switches for features that only a deployment can turn."""

    code = "WAF01"
    slug = "toggle-in-settings"
    title = "Features are switched by waffle"
    level = Level.SHOULD
    preview = True
    section = "Feature Flags with django-waffle"
    guide_lines = (2326, 2326)
    effort = Effort.HOUR
    what = (
        "A setting that by its name switches a feature (`FEATURE_…`, `…_FEATURE_FLAG`) and is true, false or read "
        "from the environment, in a repository without django-waffle or a service for flags."
    )
    why = (
        "A switch in settings needs a deployment to turn, is on or off for everybody, and nobody sees who turned "
        "it when."
    )
    how = (
        "Make it a switch of django-waffle, or a flag where only some users shall see the feature."
    )
    applies_when = "settings switch features, and no service for flags is installed"
    absent = "no setting switches a feature by its name"
    errata = "Which settings are features is told by their names alone: advice that never scores."
    examples = (
        Example(
            "a switch in settings",
            {
                **_DJANGO,
                "config/settings.py": "INSTALLED_APPS = []\nFEATURE_NEW_CHECKOUT = True  # <-\n",
            },
        ),
        Example(
            "a setting that switches nothing",
            {
                **_DJANGO,
                "config/settings.py": 'INSTALLED_APPS = []\nFEATURE_LIST = ["a", "b"]\n',
            },
            state="pass",
        ),
        Example(
            "another service for flags",
            {
                "requirements.txt": "django\nUnleashClient\n",
                "manage.py": "import django\n",
                "config/settings.py": "INSTALLED_APPS = []\nFEATURE_NEW_CHECKOUT = True\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        if project.uses(APP, DISTRIBUTION):
            return "django-waffle is installed"
        found = next((name for name in _OTHERS if name in project.dependencies), None)
        return f"`{found}` switches features" if found else None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each setting whose name tells of a feature."""
        yield from once(
            setting.violation(
                f"`{name}` switches a feature by deployment; make it a switch of waffle"
            )
            if isinstance(setting.value, bool | Perhaps) or setting.value is UNKNOWN
            else setting.in_order()
            for module in project.settings.deployed
            for name, setting in module.values.items()
            if _TOGGLE.match(name)
        )
