"""What every page knows."""

from django.http import HttpRequest

from core.theme import theme_of

# The first part of the path says to which entry of the navigation a page belongs.
AREAS = {
    "": "fleet",
    "repositories": "repositories",
    "teams": "teams",
    "trends": "trends",
    "campaigns": "campaigns",
    "rules": "rules",
    "guide": "guide",
    "policy": "policy",
    "waivers": "waivers",
    "scans": "scans",
}


def interface(request: HttpRequest) -> dict[str, str]:
    """Give the chosen theme (blank follows the system) and the area of the navigation."""
    first = request.path.lstrip("/").partition("/")[0]
    return {"theme": theme_of(request), "area": AREAS.get(first, "")}
