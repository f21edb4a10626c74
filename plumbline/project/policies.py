"""Content Security Policies that Django itself sends: what settings say, directive by directive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.version import Version

from plumbline.project.installed import holds
from plumbline.project.setting_values import UNKNOWN, Symbol
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

MIDDLEWARE = "django.middleware.csp.ContentSecurityPolicyMiddleware"
CONTEXT_PROCESSOR = "django.template.context_processors.csp"
SETTINGS = ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY")
NONCE = "<CSP_NONCE_SENTINEL>"
MEMBERS = {
    "NONE": "'none'",
    "REPORT_SAMPLE": "'report-sample'",
    "SELF": "'self'",
    "STRICT_DYNAMIC": "'strict-dynamic'",
    "UNSAFE_EVAL": "'unsafe-eval'",
    "UNSAFE_HASHES": "'unsafe-hashes'",
    "UNSAFE_INLINE": "'unsafe-inline'",
    "WASM_UNSAFE_EVAL": "'wasm-unsafe-eval'",
    "NONCE": NONCE,
}
"""The members of ``django.utils.csp.CSP`` that stand for sources, and the text that each is."""
_ENUM = "django.utils.csp.CSP."
_SINCE = Version("6.0")


class Policy(msgspec.Struct, frozen=True):
    """One of the two policy settings of a deployed settings module; ``is_sent`` is None where that cannot be told."""

    name: str
    setting: Setting
    module: SettingsModule
    is_sent: bool | None

    @property
    def directives(self) -> dict[Any, Any]:
        """Directive to its value, in plain Python."""
        value = self.setting.value
        return value if isinstance(value, dict) else {UNKNOWN: UNKNOWN}

    @property
    def is_open(self) -> bool:
        """Whether directives may be there that cannot be seen."""
        return UNKNOWN in self.directives

    @property
    def is_enforced(self) -> bool:
        """Whether browsers act on it, rather than only report."""
        return self.name == SETTINGS[0]

    def sources(self, *names: str) -> list[str | None] | None:
        """The sources of the first of these directives that is there, as text; None stands for one that is computed."""
        for name in names:
            if name in self.directives:
                value = self.directives[name]
                return [_text(item) for item in (value if isinstance(value, list) else [value])]
        return [None] if self.is_open else None

    def holds(self, source: str) -> bool:
        """Whether some directive certainly has this source."""
        return any(
            source in (self.sources(name) or ()) for name in self.directives if name is not UNKNOWN
        )

    def located(self, about: str) -> Located:
        """One aspect of the policy as a place to report: the line of the setting."""
        place = self.setting
        return Located(
            place.path, place.line, place.end_line, place.column, f"{place.symbol}[{about}]", about
        )


def _text(value: Any) -> str | None:  # noqa: ANN401
    if isinstance(value, Symbol) and value.name.startswith(_ENUM):
        return MEMBERS.get(value.name.removeprefix(_ENUM))
    return value if isinstance(value, str) else None


def find_policies(project: Project) -> Iterator[Policy]:
    """The policies of the deployed settings, each once; none where Django is too old to know the settings."""
    lowest = project.dependencies.minimum("django")
    if lowest is not None and lowest < _SINCE:
        return
    seen: set[tuple[str, int]] = set()
    for module in project.settings.deployed:
        for name in SETTINGS:
            setting = module.get(name)
            if setting is None or setting.value in (None, {}, False):
                continue
            if (setting.path, setting.line) not in seen:
                seen.add((setting.path, setting.line))
                is_sent = holds(project, module, "MIDDLEWARE", MIDDLEWARE)
                yield Policy(name, setting, module, is_sent)


def active_policies(project: Project) -> list[Policy]:
    """The policies that a middleware sends, or may send."""
    return [policy for policy in project.policies if policy.is_sent is not False]
