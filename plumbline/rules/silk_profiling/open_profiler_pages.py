"""SLK-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_REQUIREMENTS = "django\ndjango-silk\n"
_HEAD = "from django.conf import settings\nfrom django.urls import include, path\n\n"


class OpenProfilerPages(Rule):
    """Finds the profiler's pages where every site has them."""

    code = "SLK03"
    slug = "open-profiler-pages"
    title = "Silk's URLs are included only where `DEBUG` or another switch is on"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Performance Profiling: django-silk"
    guide_lines = (1505, 1509)
    what = '`include("silk.urls")` that stands under no condition.'
    why = (
        "Silk's pages show recorded requests with their headers, bodies and queries. By default anybody who finds the "
        "address may look, on the production site too."
    )
    how = (
        "Write `if settings.DEBUG:` around the route, or test a setting of your own. Where the pages are needed on a "
        "shared site, set `SILKY_AUTHENTICATION` and `SILKY_AUTHORISATION` as well."
    )
    applies_when = "a URLconf includes `silk.urls`"
    absent = "no URLconf includes `silk.urls`"
    examples = (
        Example(
            "for everyone",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/urls.py": (
                    f"{_HEAD}urlpatterns = [\n"
                    '    path("silk/", include("silk.urls", namespace="silk")),  # <-\n]\n'
                ),
            },
        ),
        Example(
            "only while debugging",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/urls.py": (
                    f"{_HEAD}urlpatterns = []\nif settings.DEBUG:\n"
                    '    urlpatterns += [path("silk/", include("silk.urls", namespace="silk"))]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "only while debugging, in one expression",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/urls.py": (
                    f"{_HEAD}urlpatterns = [\n"
                    '    *([path("silk/", include("silk.urls"))] if settings.DEBUG else []),\n]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "no pages of silk",
            {"requirements.txt": "django\n", "config/urls.py": f"{_HEAD}urlpatterns = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each include of silk's URLs."""
        if not project.uses("silk", "django-silk"):
            return
        for include in project.views.includes:
            if not include.target.startswith("silk."):
                continue
            if include.guard:
                yield include.in_order()
            else:
                yield include.violation(
                    "silk's pages are open on every site; include `silk.urls` under `if settings.DEBUG:`"
                )
