"""What djangorestframework-simplejwt is told: ``SIMPLE_JWT`` of the deployed settings, with the package's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from plumbline import outline as o
from plumbline.project.installed import beside_apps, written
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import Setting, SettingsModule
from plumbline.rule import Located

if TYPE_CHECKING:
    from plumbline.project import Project

PACKAGE = "rest_framework_simplejwt"
DISTRIBUTION = "djangorestframework-simplejwt"
BLACKLIST = "rest_framework_simplejwt.token_blacklist"
_DEFAULTS: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": 300.0,
    "REFRESH_TOKEN_LIFETIME": 86_400.0,
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": False,
    "ALGORITHM": "HS256",
    "VERIFYING_KEY": "",
    "JWK_URL": None,
    "AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.AccessToken"],
}


class Jwt(msgspec.Struct, frozen=True):
    """``SIMPLE_JWT`` of one deployed settings module; ``setting`` is None where all is left to the defaults."""

    module: SettingsModule
    setting: Setting | None

    @property
    def is_open(self) -> bool:
        """Whether something may be said that cannot be seen."""
        if self.setting is None:
            return self.module.is_open
        return not isinstance(self.setting.value, dict) or UNKNOWN in self.setting.value

    def gives(self, key: str) -> bool:
        """Whether the setting certainly has a key."""
        value = self.setting.value if self.setting is not None else {}
        return isinstance(value, dict) and key in value

    def value(self, key: str) -> Any:  # noqa: ANN401
        """The value of a key, or the package's default; a lifetime in seconds; ``UNKNOWN`` where it cannot be told."""
        if self.setting is not None and self.gives(key):
            return self.setting.value[key]
        return UNKNOWN if self.is_open else _DEFAULTS.get(key)

    def located(self, key: str) -> Located:
        """A key as a place to report: the line of the setting, else the file that would hold it."""
        setting = self.setting
        if setting is None:
            return beside_apps(self.module, f"SIMPLE_JWT[{key}]")
        return Located(
            setting.path, setting.line, setting.end_line, 0, f"{setting.symbol}[{key}]", key
        )

    def written(self, project: Project, key: str) -> o.Value:
        """The value of a key as it is written; None if that cannot be seen."""
        value = written(project, self.setting, "SIMPLE_JWT") if self.setting is not None else None
        if isinstance(value, o.Table) and key in value.keys:
            return value.values[value.keys.index(key)]
        if isinstance(value, o.Invocation) and value.name == "dict":
            return dict(value.keywords).get(key)
        return None

    @property
    def is_symmetric(self) -> bool | None:
        """Whether tokens are signed and verified by one secret; None where the algorithm cannot be told."""
        algorithm = self.value("ALGORITHM")
        return algorithm.startswith("HS") if isinstance(algorithm, str) else None

    @property
    def only_verifies(self) -> bool:
        """Whether tokens seem to come from elsewhere: keys to verify them are given, and none to sign them."""
        return bool(self.value("JWK_URL") or self.value("VERIFYING_KEY")) and not self.gives(
            "SIGNING_KEY"
        )


def find_jwt(project: Project) -> Iterator[Jwt]:
    """What each deployed settings module says, in a project that uses the package."""
    if not project.uses(PACKAGE, DISTRIBUTION):
        return
    for module in project.settings.deployed:
        yield Jwt(module, module.get("SIMPLE_JWT"))
