"""OTL-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_PROVIDER = "TracerProvider"
_VARIABLES = ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "--service_name", "--service-name")
_DJANGO = {"manage.py": "import django\n"}
_IMPORTS = (
    "from opentelemetry import trace\n"
    "from opentelemetry.sdk.resources import SERVICE_NAME, Resource\n"
    "from opentelemetry.sdk.trace import TracerProvider\n\n\n"
)


class UnnamedService(Rule):
    """Finds tracer providers whose spans belong to no named service."""

    code = "OTL06"
    slug = "unnamed-service"
    title = "The resource of a tracer provider names the service"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1567, 1569)
    what = (
        "A `TracerProvider` whose resource has no `service.name`, where nothing in the repository sets "
        "`OTEL_SERVICE_NAME` either."
    )
    why = (
        "Spans of a service without a name come in as `unknown_service`. Several of them become one heap in which "
        "nothing can be found, and dashboards and alerts have nothing to hold on to."
    )
    how = (
        'Give the provider `resource=Resource.create({"service.name": "shop"})`, or set `OTEL_SERVICE_NAME` where the '
        "process is started."
    )
    applies_when = "code outside tests makes a tracer provider"
    absent = "no code makes a tracer provider"
    errata = (
        "The guide names the service twice, in code and as a Django setting that nothing reads. Where the repository "
        "does not say how the project is started, a provider without a resource may be named there: not known."
    )
    examples = (
        Example(
            "a resource without a name",
            {
                **_DJANGO,
                "config/otel.py": (
                    f"{_IMPORTS}def configure():\n"
                    '    resource = Resource.create({"deployment.environment": "production"})\n'
                    "    provider = TracerProvider(resource=resource)  # <-\n"
                    "    trace.set_tracer_provider(provider)\n"
                ),
            },
        ),
        Example(
            "no resource",
            {
                **_DJANGO,
                "config/otel.py": f"{_IMPORTS}trace.set_tracer_provider(TracerProvider())  # <-\n",
                "Procfile": "web: gunicorn config.wsgi\n",
            },
        ),
        Example(
            "a named service",
            {
                **_DJANGO,
                "config/otel.py": (
                    f"{_IMPORTS}def configure():\n"
                    '    resource = Resource.create({"service.name": "shop"})\n'
                    "    trace.set_tracer_provider(TracerProvider(resource=resource))\n"
                    "    other = TracerProvider(resource=Resource(attributes={SERVICE_NAME: NAME}))\n"
                ),
            },
            state="pass",
        ),
        Example(
            "named in the environment",
            {
                **_DJANGO,
                "config/otel.py": f"{_IMPORTS}trace.set_tracer_provider(TracerProvider())\n",
                "compose.yml": "services:\n  web:\n    environment:\n      OTEL_SERVICE_NAME: shop\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "set up by opentelemetry-instrument",
            {**_DJANGO, "Procfile": "web: opentelemetry-instrument gunicorn config.wsgi\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each provider that code makes."""
        if not project.telemetry.is_used:
            return
        for call in project.calls.named(_PROVIDER):
            if not call.target.startswith("opentelemetry.sdk.trace"):
                continue
            named = _is_named(project, call)
            if named or any(project.telemetry.has_variable(name) for name in _VARIABLES):
                yield call.in_order()
            elif named is None or (
                not call.has_keyword("resource") and not project.telemetry.start_is_known
            ):
                yield call.unknown("the resource is made elsewhere, or the environment may name it")
            else:
                yield call.violation(
                    'spans go by `unknown_service`; give `resource=Resource.create({"service.name": …})` or set '
                    "`OTEL_SERVICE_NAME`"
                )


def _is_named(project: Project, call: CallSite) -> bool | None:
    """Whether the resource of a provider has a name; None if it cannot be told."""
    value = call.keyword("resource")
    if value is None:
        return None if call.has_keyword("resource") else False
    scope = project.names.modules[call.path].calls_by_scope[call.outline.scope]
    for other in scope:
        is_bound = isinstance(value, o.Ref) and other.bound == value.name
        is_argument = isinstance(value, o.Invocation) and (other.name, other.line) == (
            value.name,
            value.line,
        )
        if is_bound or is_argument:
            return _has_name(other)
    return None


def _has_name(resource: o.Call) -> bool | None:
    """Whether a call that makes a resource names the service."""
    if resource.name.rpartition(".")[2] not in ("create", "Resource"):
        return None
    given = resource.args[0] if resource.args else dict(resource.keywords).get("attributes")
    if not isinstance(given, o.Table):
        return None if resource.args or resource.keywords else False
    for key in given.keys:
        if key == "service.name" or (isinstance(key, o.Ref) and key.name.endswith("SERVICE_NAME")):
            return True
    return None if any(isinstance(key, o.Opaque) for key in given.keys) else False
