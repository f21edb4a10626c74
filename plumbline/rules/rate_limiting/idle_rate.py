"""RAT-09."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plumbline.project import Class, Project
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.throttling import SCOPES, scope_of
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_REQUIREMENTS = {
    "requirements.txt": "django\ndjangorestframework\n",
    "manage.py": "import django\n",
}
_SETTINGS = "config/settings.py"
_RATE = re.compile(r"\s*\d+\s*/[smhd][^/]*")
_CLASSES = '    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],\n'


def _rest(rates: str, mark: str = "") -> str:
    return f'INSTALLED_APPS = []\nREST_FRAMEWORK = {{{mark}\n{_CLASSES}    "DEFAULT_THROTTLE_RATES": {rates},\n}}\n'


class IdleRate(Rule):
    """Finds rates that nothing uses, and rates that REST framework cannot read."""

    code = "RAT09"
    slug = "idle-rate"
    title = "Rates are used, and written so that they can be read"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Rate Limiting"
    guide_lines = (1783, 1794)
    what = (
        "An entry of `DEFAULT_THROTTLE_RATES` whose scope no view and no throttle class names, or whose value is not a "
        "number, a slash and a period; the same for the `rate` of a throttle class."
    )
    why = (
        "A rate that nothing uses reads like a protection and is none. One that cannot be read fails when the first "
        "request comes: `100/5min` and `100` end in an error."
    )
    how = (
        "Take the entry out, or name its scope in a throttle class or in `throttle_scope`. Write rates like `60/min`; "
        "the period may be s, m, h or d, or any word that begins so."
    )
    applies_when = "settings or throttle classes of REST framework give a rate"
    absent = "no rate for REST framework is given"
    errata = "The guide's settings have a rate `burst` that none of its classes uses."
    examples = (
        Example(
            "a rate that nothing uses, as in the guide",
            {
                **_REQUIREMENTS,
                _SETTINGS: _rest('{"anon": "100/day", "burst": "60/min"}', "  # <-"),
            },
        ),
        Example(
            "rates that cannot be read",
            {
                **_REQUIREMENTS,
                _SETTINGS: _rest('{"anon": "100/5min"}', "  # <-"),
                "shop/throttling.py": (
                    "from rest_framework.throttling import UserRateThrottle\n\n\n"
                    'class Burst(UserRateThrottle):\n    rate = "60 a minute"  # <-\n'
                ),
            },
        ),
        Example(
            "used and well written",
            {
                **_REQUIREMENTS,
                _SETTINGS: _rest('{"anon": "100/day", "uploads": "20/hour"}'),
                "shop/views.py": (
                    "from rest_framework.views import APIView\n\n\n"
                    'class Upload(APIView):\n    throttle_scope = "uploads"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "no rates",
            {**_REQUIREMENTS, _SETTINGS: "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each rate."""
        throttling = project.throttling
        if not throttling.uses_rest_framework:
            return
        seen: set[tuple[str, int, str]] = set()
        for setting, rates in throttling.rates:
            for scope, rate in rates.items():
                if not isinstance(scope, str) or (setting.path, setting.line, scope) in seen:
                    continue
                seen.add((setting.path, setting.line, scope))
                yield _verdict(project, throttling.place(setting, scope), scope, rate)
        for throttle in throttling.throttles:
            member = throttle.member("rate")
            if member is not None and isinstance(member.value, str):
                place = throttle.located(member)
                if _RATE.fullmatch(member.value):
                    yield place.in_order()
                else:
                    yield place.violation(_unreadable(member.value))


def _verdict(project: Project, place: Located, scope: str, rate: Any) -> Verdict:  # noqa: ANN401
    if isinstance(rate, str) and not _RATE.fullmatch(rate):
        return place.violation(_unreadable(rate))
    used = _is_used(project, scope)
    if used is None or (used and (rate is UNKNOWN or not isinstance(rate, str | None))):
        return place.unknown("who uses the rate, or what it is, is computed")
    if not used:
        return place.violation(
            f"nothing uses the rate for `{scope}`; name the scope in a throttle class, or take the entry out"
        )
    return place.in_order()


def _unreadable(rate: str) -> str:
    return f"REST framework cannot read the rate `{rate}`; write a number, a slash and a period: `60/min`"


def _is_used(project: Project, scope: str) -> bool | None:
    """Whether a view or a throttle class uses a scope; None where that cannot be told."""
    throttling = project.throttling
    computed = not throttling.all_are_in_sight
    for view in throttling.views:
        member = view.member("throttle_scope")
        if member is not None:
            if member.value == scope:
                return True
            computed |= not isinstance(member.value, str | None)
    for throttle in throttling.throttles:
        found = scope_of(throttle)
        if found is not None:
            if found[1].value == scope:
                return True
            computed |= not isinstance(found[1].value, str)
        computed |= any(
            cls.member(name) is not None
            for cls in (throttle, *throttle.ancestors)
            for name in ("get_rate", "allow_request", "__init__")
        )
        if _names(throttle, scope) and throttle.qualified_name in throttling.used:
            return True
    for name in throttling.used:
        if SCOPES.get(name) == scope:
            return True
        # A throttle class of another package may have any scope.
        computed |= not name.startswith("rest_framework.throttling.") and (
            name not in project.classes.by_name
        )
    tops = {name.partition("-")[0] for name in project.dependencies.declared}
    return None if computed or scope.partition("_")[0] in tops else False


def _names(throttle: Class, scope: str) -> bool:
    """Whether a throttle class has a scope from REST framework's class that it inherits."""
    return scope_of(throttle) is None and any(
        throttle.inherits(base) for base, name in SCOPES.items() if name == scope
    )
