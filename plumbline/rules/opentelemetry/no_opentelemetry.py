"""OTL-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_DJANGO = "opentelemetry-instrumentation-django"
_WHOLE = (
    "azure-monitor-opentelemetry", "aws-opentelemetry-distro", "elastic-opentelemetry", "solarwinds-apm", "ddtrace",
    "elastic-apm",
)  # fmt: skip
"""Distributions of vendors that bring instrumentation and export along, and agents that speak OpenTelemetry's API."""
_EXPORTING = (
    "honeycomb-opentelemetry",
    "splunk-opentelemetry",
    "opentelemetry-launcher",
    "uptrace",
    "logfire",
)
_SETTINGS = {"config/settings.py": "INSTALLED_APPS = []\n"}


class NoOpenTelemetry(Rule):
    """Finds projects whose production has no OpenTelemetry, or only parts of it."""

    code = "OTL01"
    slug = "no-opentelemetry"
    title = "OpenTelemetry is among the dependencies of production"
    level = Level.MUST
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1536, 1542)
    effort = Effort.HOUR
    needs = ("toml", "requirements", "python")
    what = (
        "A deployed project that does not declare, for run time, the instrumentation for Django and an exporter of "
        "OpenTelemetry."
    )
    why = (
        "Without traces nobody can tell which query, service or remote call made a request slow. The instrumentation "
        "alone makes spans that nothing sends; an exporter alone has nothing to send."
    )
    how = (
        f"Run `uv add opentelemetry-api opentelemetry-sdk {_DJANGO} opentelemetry-exporter-otlp` and the "
        "instrumentation for your database driver, then set it up where the process starts. The distribution of a "
        "vendor does as well."
    )
    applies_when = "the repository is a Django project with settings that are deployed"
    absent = "no settings that are deployed, or no declared dependencies"
    errata = (
        "The guide also lists the API and the SDK. Both come with any exporter, so Plumbline asks for the "
        "instrumentation and the exporter alone. Distributions of vendors count, and so does "
        "`opentelemetry-bootstrap`, which installs instrumentation when an image is built."
    )
    examples = (
        Example(
            "nothing of it",
            {**_SETTINGS, "requirements.txt": "django\n"},
            reports=("requirements.txt",),
        ),
        Example(
            "no exporter",
            {
                **_SETTINGS,
                "requirements.txt": f"django\nopentelemetry-sdk\n{_DJANGO}\n",
            },
            reports=("requirements.txt",),
        ),
        Example(
            "for development only",
            {
                **_SETTINGS,
                "requirements/base.txt": "django\n",
                "requirements/dev.txt": f"opentelemetry-exporter-otlp\n{_DJANGO}\n",
            },
            reports=("requirements/base.txt",),
        ),
        Example(
            "all parts",
            {
                **_SETTINGS,
                "requirements.txt": (
                    f"django\nopentelemetry-api\nopentelemetry-sdk\n{_DJANGO}\nopentelemetry-exporter-otlp\n"
                ),
            },
            state="pass",
        ),
        Example(
            "the distribution of a vendor",
            {**_SETTINGS, "requirements.txt": "django\nazure-monitor-opentelemetry\n"},
            state="pass",
            is_trap=True,
        ),
        Example(
            "opentelemetry-distro with an exporter, and instrumentation installed in the image",
            {
                **_SETTINGS,
                "requirements.txt": "django\nopentelemetry-distro[otlp]\n",
                "Dockerfile": "FROM python:3.13\nRUN opentelemetry-bootstrap -a install\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable app",
            {"requirements.txt": "django\n", "shop/models.py": "from django.db import models\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for the repository."""
        if not project.settings.deployed or not project.dependencies.is_known:
            return
        dependency = project.dependencies.get("django")
        path = dependency.path if dependency is not None else project.dependencies.files[0]
        subject = project.located_at(path, "opentelemetry", "opentelemetry")
        missing = _missing(project)
        if not missing:
            yield subject.in_order()
        elif not project.telemetry.is_used:
            yield subject.violation(
                "production has no OpenTelemetry; add its SDK, an exporter and the instrumentation for Django"
            )
        else:
            yield subject.violation(
                f"OpenTelemetry lacks a part in production; add {' and '.join(missing)}"
            )


def _missing(project: Project) -> list[str]:
    """The distributions that production lacks."""
    telemetry = project.telemetry
    if telemetry.has(*_WHOLE):
        return []
    logfire = telemetry.declared("logfire")
    has_django = (
        telemetry.has(_DJANGO)
        or telemetry.is_bootstrapped
        or (logfire is not None and "django" in logfire.extras)
    )
    return [
        *([] if has_django else [f"`{_DJANGO}`"]),
        *(
            []
            if telemetry.exporter or telemetry.has(*_EXPORTING)
            else ["`opentelemetry-exporter-otlp`"]
        ),
    ]
