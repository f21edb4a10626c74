"""How each host signs and spells its deliveries: one module per host, found by the URL's word."""

from apps.scans.providers import bitbucket, github, gitlab
from apps.scans.providers.delivery import Delivery, Malformed, Occasion, Provider
from apps.scans.providers.gitea import GiteaFamily

PROVIDERS: dict[str, Provider] = {
    "bitbucket": bitbucket,
    "forgejo": GiteaFamily("Forgejo"),
    "gitea": GiteaFamily("Gitea"),
    "github": github,
    "gitlab": gitlab,
}

__all__ = ["PROVIDERS", "Delivery", "Malformed", "Occasion", "Provider"]
