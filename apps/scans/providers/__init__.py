"""How each host signs and spells its deliveries: one module per host, found by the URL's word."""

from apps.scans.providers import github
from apps.scans.providers.delivery import Delivery, Malformed, Occasion, Provider

PROVIDERS: dict[str, Provider] = {"github": github}

__all__ = ["PROVIDERS", "Delivery", "Malformed", "Occasion", "Provider"]
