"""RAT-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Project
from plumbline.project.settings import Setting
from plumbline.project.throttling import SCOPED, SCOPES, finds_rate_itself, scope_of
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_REQUIREMENTS = {
    "requirements.txt": "django\ndjangorestframework\n",
    "manage.py": "import django\n",
}
_SETTINGS = "config/settings.py"
_RATES = 'REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"uploads": "20/day"}}\n'
_APPS = f"INSTALLED_APPS = []\n{_RATES}"
_VIEW = (
    "from rest_framework.throttling import ScopedRateThrottle\nfrom rest_framework.views import APIView\n\n\n"
    "class Upload(APIView):\n    throttle_classes = [ScopedRateThrottle]\n"
)
_THROTTLE = "from rest_framework.throttling import UserRateThrottle\n\n\nclass KeyThrottle(UserRateThrottle):\n"


class ScopeWithoutRate(Rule):
    """Finds throttle scopes for which settings give no rate."""

    code = "RAT08"
    slug = "scope-without-rate"
    title = "Each throttle scope that is used has a rate"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Rate Limiting"
    guide_lines = (1783, 1818)
    what = (
        "A `throttle_scope` of a view, or a `scope` of a throttle class, that `DEFAULT_THROTTLE_RATES` does not have; "
        "also `anon` or `user` where REST framework's own classes are used."
    )
    why = (
        "REST framework looks the rate up when a request comes. If it is not there, the request ends in "
        "`ImproperlyConfigured`, a 500 for every client of that view. Where no rates are set at all, its own two "
        "classes limit nothing."
    )
    how = (
        "Add the scope to `DEFAULT_THROTTLE_RATES`, or give the throttle class a `rate` of its own."
    )
    applies_when = "views or throttle classes of REST framework name a scope"
    absent = "no scope of a throttle of REST framework is used"
    errata = (
        "The guide's `APIKeyThrottle` has the scope `api_key`, for which its settings have no rate."
    )
    needs = ("python",)
    examples = (
        Example(
            "a view's scope",
            {
                **_REQUIREMENTS,
                _SETTINGS: _APPS,
                "shop/views.py": f'{_VIEW}    throttle_scope = "upload"  # <-\n',
            },
        ),
        Example(
            "a throttle class's scope, as in the guide",
            {
                **_REQUIREMENTS,
                _SETTINGS: _APPS,
                "shop/throttling.py": f'{_THROTTLE}    scope = "api_key"  # <-\n',
            },
        ),
        Example(
            "classes that all views have, without their rates",
            {
                **_REQUIREMENTS,
                _SETTINGS: (
                    "INSTALLED_APPS = []\nREST_FRAMEWORK = {  # <-\n"
                    '    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],\n'
                    '    "DEFAULT_THROTTLE_RATES": {"user": "100/day"},\n}\n'
                ),
            },
        ),
        Example(
            "each has its rate",
            {
                **_REQUIREMENTS,
                _SETTINGS: _APPS,
                "shop/views.py": f'{_VIEW}    throttle_scope = "uploads"\n',
            },
            state="pass",
        ),
        Example(
            "rates of a class's own",
            {
                **_REQUIREMENTS,
                _SETTINGS: _APPS,
                "shop/throttling.py": (
                    f'{_THROTTLE}    scope = "api_key"\n    THROTTLE_RATES = {{"api_key": "10/min"}}\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no throttles",
            {**_REQUIREMENTS, _SETTINGS: "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each scope that a class names, and for each of REST framework's classes in use."""
        if not project.throttling.uses_rest_framework or not project.settings.deployed:
            return
        yield from self._of_views(project)
        yield from self._of_throttles(project)
        yield from self._of_package(project)

    @staticmethod
    def _of_views(project: Project) -> Iterator[Verdict]:
        throttling = project.throttling
        for view in throttling.views:
            member = view.member("throttle_scope")
            if member is None or member.kind != "assign" or member.value in (None, ""):
                continue
            names = (
                throttling.classes_of(view)
                if throttling.names_throttles(view)
                else throttling.defaults
            )
            if names is not None and not any(_is_scoped(project, name) for name in names):
                continue  # nothing reads it
            yield _verdict(project, view.located(member), member.value)

    @staticmethod
    def _of_throttles(project: Project) -> Iterator[Verdict]:
        for throttle in project.throttling.throttles:
            found = scope_of(throttle)
            if found is None or found[0] is not throttle:
                continue
            place = throttle.located(found[1])
            if finds_rate_itself(throttle) or throttle.inherits(SCOPED):
                yield place.in_order()
            else:
                yield _verdict(project, place, found[1].value)

    @staticmethod
    def _of_package(project: Project) -> Iterator[Verdict]:
        throttling = project.throttling
        heirs = {
            base
            for cls in throttling.throttles
            if cls.qualified_name in throttling.used
            and scope_of(cls) is None
            and not finds_rate_itself(cls)
            for base in SCOPES
            if cls.inherits(base)
        }
        for name, scope in SCOPES.items():
            if name not in throttling.used and name not in heirs:
                continue
            place = _place(project, scope)
            if place is None:
                continue
            short = name.rpartition(".")[2]
            if throttling.has_rate(scope):
                yield place.in_order()
            elif throttling.has_rate(scope) is None:
                yield place.unknown("the rates are partly computed")
            else:
                yield place.violation(
                    f"`{short}` has no rate; set one for `{scope}` in `DEFAULT_THROTTLE_RATES`"
                )


def _place(project: Project, scope: str) -> Located | None:
    settings: list[Setting] = [item for _, item in project.throttling.settings if item is not None]
    if not settings:
        return None
    return project.throttling.place(settings[0], scope)


def _is_scoped(project: Project, name: str) -> bool:
    cls: Class | None = project.classes.by_name.get(name)
    return name == SCOPED or (cls is not None and cls.inherits(SCOPED))


def _verdict(project: Project, place: Located, value: o.Value) -> Verdict:
    if not isinstance(value, str):
        return place.unknown("the scope is computed")
    known = project.throttling.has_rate(value)
    if known is None:
        return place.unknown("the rates are partly computed")
    if known:
        return place.in_order()
    return place.violation(
        f"the scope `{value}` has no rate, so that each request ends in an error; "
        "add it to `DEFAULT_THROTTLE_RATES`"
    )
