"""RAT-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Assign, Edit, Fix
from plumbline.project import Class, Project
from plumbline.project.installed import beside_apps, once, setting_entry
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import Setting, SettingsModule
from plumbline.project.throttling import PREFIX, finds_rate_itself
from plumbline.rule import Example, Level, Located, Rule, Verdict

_CLASSES = "DEFAULT_THROTTLE_CLASSES"
_RATES = "DEFAULT_THROTTLE_RATES"
_EXAMPLES = {
    f"{PREFIX}AnonRateThrottle": ("anon", '"100/hour"'),
    f"{PREFIX}UserRateThrottle": ("user", '"1000/hour"'),
}
_VALUES = {
    _CLASSES: f'["{PREFIX}AnonRateThrottle", "{PREFIX}UserRateThrottle"]',
    _RATES: '{"anon": "100/hour", "user": "1000/hour"}',
}
_REQUIREMENTS = {"requirements.txt": "django\ndjangorestframework\n"}
_SETTINGS = "config/settings.py"
_APPS = "INSTALLED_APPS = []\n"
_VIEW = "from rest_framework.views import APIView\n\n\nclass Orders(APIView):\n"


class UnthrottledApi(Rule):
    """Finds APIs that anybody may ask as often as they like."""

    code = "RAT07"
    slug = "unthrottled-api"
    title = "REST framework throttles requests by default"
    level = Level.SHOULD
    section = "Rate Limiting"
    guide_lines = (1777, 1794)
    what = (
        f"`REST_FRAMEWORK` without `{_CLASSES}` or without `{_RATES}`, both of which are empty by default, in a "
        f"project whose views do not name throttle classes of their own."
    )
    why = (
        "An API without limits lets one client, a broken script as well as an attacker, take all workers, and lets "
        "passwords and tokens be guessed at full speed. The classes alone do nothing while no rate is set."
    )
    how = (
        f"Set `{_CLASSES}` to the throttles for anonymous clients and users, and `{_RATES}` to rates that fit. "
        "If a gateway in front does it, waive this with that reason."
    )
    applies_when = "the project uses REST framework and has settings of its own"
    absent = "REST framework is not used, or its settings are not here"
    errata = "Rates of the fix are examples. Where only some views are throttled by themselves, nothing is said."
    examples = (
        Example(
            "neither",
            {**_REQUIREMENTS, _SETTINGS: f'{_APPS}REST_FRAMEWORK = {{"PAGE_SIZE": 10}}  # <-\n'},
            fixed={
                _SETTINGS: (
                    f'{_APPS}REST_FRAMEWORK = {{"PAGE_SIZE": 10, "{_CLASSES}": {_VALUES[_CLASSES]}, '
                    f'"{_RATES}": {_VALUES[_RATES]}}}\n'
                )
            },
        ),
        Example(
            "classes without rates",
            {
                **_REQUIREMENTS,
                _SETTINGS: f'{_APPS}REST_FRAMEWORK = {{"{_CLASSES}": ["{PREFIX}AnonRateThrottle"]}}  # <-\n',
            },
            fixed={
                _SETTINGS: (
                    f'{_APPS}REST_FRAMEWORK = {{"{_CLASSES}": ["{PREFIX}AnonRateThrottle"], '
                    f'"{_RATES}": {{"anon": "100/hour"}}}}\n'
                )
            },
        ),
        Example(
            "both",
            {
                **_REQUIREMENTS,
                _SETTINGS: (
                    f'{_APPS}REST_FRAMEWORK = {{\n    "{_CLASSES}": ["{PREFIX}AnonRateThrottle"],\n'
                    f'    "{_RATES}": {{"anon": "100/day"}},\n}}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "every view is throttled by itself",
            {
                **_REQUIREMENTS,
                _SETTINGS: f'{_APPS}REST_FRAMEWORK = {{"{_RATES}": {{"anon": "100/day"}}}}\n',
                "shop/views.py": (
                    f"from rest_framework.throttling import AnonRateThrottle\n{_VIEW}"
                    "    throttle_classes = [AnonRateThrottle]\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without REST framework",
            {"requirements.txt": "django\n", _SETTINGS: _APPS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module."""
        if project.throttling.uses_rest_framework:
            yield from once(
                _verdict(project, module, setting)
                for module, setting in project.throttling.settings
            )


def _verdict(project: Project, module: SettingsModule, setting: Setting | None) -> Verdict:
    throttling = project.throttling
    place: Located = (
        throttling.place(setting) if setting is not None else beside_apps(module, "REST_FRAMEWORK")
    )
    found = {key: throttling.option(module, setting, key) for key in (_CLASSES, _RATES)}
    classes = found[_CLASSES]
    missing = [key for key, value in found.items() if not value]
    if missing == [_RATES] and isinstance(classes, list):
        own = [project.classes.by_name.get(str(item)) for item in classes]
        if all(cls is not None and finds_rate_itself(cls) for cls in own):
            missing = []
    if not missing and UNKNOWN not in found.values():
        return place.in_order()
    if UNKNOWN in found.values():
        return place.unknown("`REST_FRAMEWORK` is partly computed")
    own_limits = [_limits_itself(project, view) for view in throttling.views]
    if _CLASSES in missing and own_limits and all(own_limits):
        return place.in_order()
    if _CLASSES in missing and (any(own_limits) or throttling.function_views):
        return place.unknown("some views are throttled by themselves")
    names = " and ".join(f"`{key}`" for key in missing)
    return place.violation(
        f"the API has no limits by default; set {names}",
        fix=_fix(project, module, setting, missing),
    )


def _limits_itself(project: Project, view: Class) -> bool:
    throttling = project.throttling
    return throttling.names_throttles(view) and throttling.classes_of(view) != []


def _fix(
    project: Project, module: SettingsModule, setting: Setting | None, missing: list[str]
) -> Fix | None:
    """Set what is missing. Unsafe: only the people who know the clients can say what is too often."""
    values = dict(_VALUES)
    if missing == [_RATES]:
        classes = project.throttling.option(module, setting, _CLASSES)
        rates = [
            f'"{scope}": {rate}' for name, (scope, rate) in _EXAMPLES.items() if name in classes
        ]
        if not rates:
            return None
        values[_RATES] = f"{{{', '.join(rates)}}}"
    entries = [f'"{key}": {values[key]}' for key in missing]
    if setting is None:
        path = beside_apps(module, "REST_FRAMEWORK").path
        edit: Edit | None = Assign(path, "REST_FRAMEWORK", f"{{{', '.join(entries)}}}")
    elif len(missing) > 1 and any(key in setting.value for key in missing):
        return None
    else:
        between = ",\n    " if setting.end_line > setting.line else ", "
        text = between.join(entries).partition(": ")[2]
        edit = setting_entry(project, module, "REST_FRAMEWORK", missing[0], text)
    return Fix([edit], is_safe=False) if edit is not None else None
