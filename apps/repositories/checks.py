"""Settings that would otherwise fail when the first repository is registered."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from apps.repositories.git.address import policy_configured


@register
def addresses_readable(
    app_configs: Sequence[AppConfig] | None,
    **_kwargs: object,
) -> list[CheckMessage]:
    """Say which entry of the lists of private hosts and known hosts cannot be read."""
    try:
        policy_configured()
    except ValueError as error:
        hint = "See PLUMBLINE_ALLOWED_PRIVATE_HOSTS and PLUMBLINE_SSH_KNOWN_HOSTS in docs/operations.md."
        return [Error(str(error), hint=hint, id="repositories.E001")]
    return []
