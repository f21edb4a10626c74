"""CSP-01."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Located, Rule, Verdict

_BUILT_IN = "django.middleware.csp.ContentSecurityPolicyMiddleware"
_SINCE = Version("6.0")
_SETTINGS = 'SECURE_CSP = {"default-src": ["\'self\'"]}\nINSTALLED_APPS = []\n'


class ThirdPartyPolicy(Rule):
    """Finds django-csp where Django brings the same."""

    code = "CSP01"
    slug = "third-party-content-security-policy"
    title = "The Content Security Policy comes from Django's own middleware"
    level = Level.SHOULD
    section = "Content Security Policy"
    guide_lines = (744, 792)
    effort = Effort.HOUR
    needs = ("python", "toml", "requirements")
    what = (
        "django-csp as an installed app, as middleware (`csp.middleware.CSPMiddleware`) or as a dependency, in a "
        "project "
        "that runs Django 6.0 or later."
    )
    why = (
        "Since 6.0 Django sends the header itself, hands out nonces and checks its own settings. A second "
        "package for it is "
        "one more thing to upgrade, and two middlewares that both set the header are a policy that nobody can read."
    )
    how = (
        f"Put `{_BUILT_IN}` in place of `csp.middleware.CSPMiddleware`, move the `DIRECTIVES` of "
        "`CONTENT_SECURITY_POLICY` to `SECURE_CSP` (and of the report-only one to `SECURE_CSP_REPORT_ONLY`), add "
        "the context "
        "processor `django.template.context_processors.csp` for nonces, replace `request.csp_nonce` in templates by "
        "`csp_nonce`, then remove the app and the dependency."
    )
    applies_when = "the project runs Django 6.0 or later and sends a Content Security Policy"
    absent = "no Content Security Policy middleware of either kind"
    examples = (
        Example(
            "django-csp's middleware",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0", "django-csp>=4"]\n',
                "config/settings.py": (
                    'INSTALLED_APPS = ["csp"]\nMIDDLEWARE = ["csp.middleware.CSPMiddleware"]  # <-\n'
                ),
            },
        ),
        Example(
            "the dependency alone",
            {
                "requirements.txt": "django==6.1\ndjango-csp==4.0  # <-\n",
                "config/settings.py": "INSTALLED_APPS = []\nMIDDLEWARE = []\n",
            },
        ),
        Example(
            "Django's own middleware",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "config/settings.py": f'{_SETTINGS}MIDDLEWARE = ["{_BUILT_IN}"]\n',
            },
            state="pass",
        ),
        Example(
            "a Django that has no such middleware yet",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=5.2,<6", "django-csp"]\n',
                "config/settings.py": 'INSTALLED_APPS = []\nMIDDLEWARE = ["csp.middleware.CSPMiddleware"]\n',
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "no policy at all",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6.0"]\n',
                "config/settings.py": "INSTALLED_APPS = []\nMIDDLEWARE = []\n",
            },
            state="not_applicable",
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """The Django that may run is older than 6.0, or its version is not stated."""
        lowest = project.dependencies.minimum("django")
        if lowest is None:
            return "the version of Django is not stated, so it may be older than 6.0"
        return None if lowest >= _SINCE else f"Django {lowest} has no middleware of its own for it"

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place that brings in a policy."""
        third_party: dict[tuple[str, int], Located] = {}
        own: dict[tuple[str, int], Located] = {}
        for module in project.settings.modules:
            if module.environment == "test":
                continue
            for name in ("MIDDLEWARE", "INSTALLED_APPS"):
                given = module.get(name)
                for item in given.items if given is not None else ():
                    if not isinstance(item, str) or given is None:
                        continue
                    if item == _BUILT_IN:
                        own[given.path, given.line] = given
                    elif f"{item}.".startswith("csp."):
                        line = given.line if name == "MIDDLEWARE" else 0
                        third_party.setdefault((given.path, line), given)
        paths = {path for path, line in third_party if line}
        found = [place for (path, line), place in third_party.items() if line or path not in paths]
        dependency = project.dependencies.get("django-csp")
        if not found and dependency is not None:
            found = [dependency]
        for place in found:
            yield place.violation(
                f"django-csp sends the Content Security Policy; Django sends it itself: use `{_BUILT_IN}` and "
                "`SECURE_CSP`"
            )
        for key, setting in own.items():
            if key not in third_party:
                yield setting.in_order()
