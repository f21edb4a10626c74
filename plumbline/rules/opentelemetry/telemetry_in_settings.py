"""OTL-05."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.installed import once
from plumbline.project.setting_values import UNKNOWN
from plumbline.project.settings import Setting
from plumbline.rule import Basis, Example, Level, Rule, Verdict

# The variables of the specification; names of a project's own, such as OTEL_ENABLED, are read by its own code.
_VARIABLE = re.compile(
    r"OTEL_(SERVICE_NAME|RESOURCE_ATTRIBUTES|PROPAGATORS|SDK_DISABLED|LOG_LEVEL|CONFIG_FILE|"
    r"(EXPORTER|TRACES|METRICS|LOGS|BSP|BLRP|SPAN|ATTRIBUTE|EVENT|LINK|LOGRECORD|METRIC|PYTHON|SEMCONV|"
    r"INSTRUMENTATION)_\w+)"
)
_REQUIREMENTS = {"requirements.txt": "django\nopentelemetry-sdk\n"}


class TelemetryInSettings(Rule):
    """Finds variables of OpenTelemetry that are given as Django settings."""

    code = "OTL05"
    slug = "telemetry-variable-as-setting"
    title = "OTEL_* variables stand in the environment, not in settings"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1551, 1553)
    what = (
        "A setting such as `OTEL_SERVICE_NAME` or `OTEL_EXPORTER_OTLP_ENDPOINT` with a value of its own, which nothing "
        "passes on to the environment."
    )
    why = (
        "The SDK reads these names from the environment and never looks at Django's settings. The service goes by "
        "`unknown_service` and sends to localhost, while the settings say otherwise."
    )
    how = (
        "Set the variables where the process is started: in the container, the unit or the platform. What must stand "
        "in code goes into `Resource.create` and into the exporter's arguments."
    )
    applies_when = "settings hold a variable of OpenTelemetry"
    absent = "no settings hold variables of OpenTelemetry"
    errata = (
        "The guide's sample sets both as Django settings, where they have no effect. Where the project's own code may "
        "read them, Plumbline says nothing."
    )
    examples = (
        Example(
            "the name and the endpoint as settings",
            {
                **_REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = []\nOTEL_SERVICE_NAME = "shop"  # <-\n'
                    'OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel:4317"  # <-\n'
                ),
            },
        ),
        Example(
            "passed on to the environment",
            {
                **_REQUIREMENTS,
                "config/settings.py": (
                    'import os\n\nINSTALLED_APPS = []\nOTEL_SERVICE_NAME = "shop"\n'
                    'OTEL_TRACES_SAMPLER = "always_on"\n'
                    'os.environ.setdefault("OTEL_SERVICE_NAME", OTEL_SERVICE_NAME)\n'
                    'os.environ["OTEL_TRACES_SAMPLER"] = OTEL_TRACES_SAMPLER\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "handed to the exporter by the project's own code",
            {
                **_REQUIREMENTS,
                "config/settings.py": (
                    'INSTALLED_APPS = []\nOTEL_EXPORTER_OTLP_ENDPOINT = "http://otel:4317"\n'
                ),
                "config/otel.py": (
                    "from django.conf import settings\n"
                    "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter\n\n\n"
                    "def exporter():\n"
                    "    return OTLPSpanExporter(endpoint=settings.OTEL_EXPORTER_OTLP_ENDPOINT)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "none",
            {**_REQUIREMENTS, "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each such setting."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for module in project.settings.modules:
            for name, setting in module.values.items():
                if not name.startswith("OTEL_") or not _VARIABLE.fullmatch(name):
                    continue
                if setting.value is UNKNOWN:
                    yield setting.unknown("it is read from the environment, or computed")
                elif _is_passed_on(project, setting):
                    yield setting.in_order()
                elif _may_be_read(project, setting):
                    yield setting.unknown("code that sets OpenTelemetry up may read it")
                else:
                    yield setting.violation(
                        f"OpenTelemetry does not read Django's settings; set `{name}` in the environment"
                    )


def _is_passed_on(project: Project, setting: Setting) -> bool:
    """Whether the settings put it into the environment, or a call in code that uses OpenTelemetry takes it."""
    name = setting.name
    outline = project.names.modules[setting.path].outline
    return (
        any(
            item.target == "os.environ"
            and isinstance(item.value, o.Table)
            and name in item.value.keys
            for item in outline.assignments
        )
        or any(
            call.name.startswith("os.") and name in call.args
            for call in project.names.modules[setting.path].calls
        )
        or any(module.may_call(name) for module in project.telemetry.modules)
    )


def _may_be_read(project: Project, setting: Setting) -> bool:
    return any(
        item.name in ("settings", setting.name) or item.module == "django.conf"
        for module in project.telemetry.modules
        for item in module.outline.imports
    )
