"""OTL-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = "opentelemetry-instrumentation-django"
_REQUIREMENTS = {
    "requirements.txt": f"django\nopentelemetry-sdk\nopentelemetry-exporter-otlp\n{_DJANGO}\n"
}
_SETTINGS = {"config/__init__.py": "", "config/settings.py": "INSTALLED_APPS = []\n"}
_IMPORTS = (
    "from opentelemetry import trace\n"
    "from opentelemetry.instrumentation.django import DjangoInstrumentor\n"
    "from opentelemetry.sdk.trace import TracerProvider\n"
)
_SETUP = (
    f"{_IMPORTS}\n\ndef configure_opentelemetry():\n"
    "    trace.set_tracer_provider(TracerProvider())\n"
    "    DjangoInstrumentor().instrument()\n"
)


class TelemetryNeverSetUp(Rule):
    """Finds OpenTelemetry that is installed and never runs."""

    code = "OTL03"
    slug = "telemetry-never-set-up"
    title = "What sets up OpenTelemetry is run when the project starts"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1556, 1579)
    what = (
        "A function that sets up OpenTelemetry and that nothing reached from `manage.py`, `wsgi.py`, `asgi.py`, "
        "settings, Celery or a hook of gunicorn calls; or the instrumentation for Django installed with no set-up and "
        "no `opentelemetry-instrument` in the start command."
    )
    why = (
        "Until a provider is set and the instrumentation switched on, the API hands out spans that do nothing. No "
        "error says so: the tracing back end just stays empty."
    )
    how = (
        "Call the function in `wsgi.py` and `asgi.py` before the application is made, or in gunicorn's `post_fork` so "
        "that each worker has its own exporter. Or start the server under `opentelemetry-instrument`."
    )
    applies_when = "the instrumentation for Django is installed, or code sets OpenTelemetry up"
    absent = "nothing installs or sets up OpenTelemetry"
    errata = (
        "The sample defines `configure_opentelemetry` and never calls it. Where a method or a signal calls the set-up, "
        "Plumbline asks only that its module is loaded."
    )
    examples = (
        Example(
            "a function that nobody calls",
            {
                **_REQUIREMENTS,
                **_SETTINGS,
                "config/otel.py": _SETUP.replace(
                    "trace.set_tracer_provider(TracerProvider())",
                    "trace.set_tracer_provider(TracerProvider())  # <-",
                ),
                "config/wsgi.py": "import django\n",
            },
        ),
        Example(
            "installed, not set up, and started without it",
            {
                **_REQUIREMENTS,
                **_SETTINGS,
                "Dockerfile": 'FROM python:3.13\nCMD ["gunicorn", "config.wsgi"]\n',
            },
            reports=("Dockerfile",),
        ),
        Example(
            "called where the process starts",
            {
                **_REQUIREMENTS,
                **_SETTINGS,
                "config/otel.py": _SETUP,
                "config/wsgi.py": (
                    "import django\n\nfrom config.otel import configure_opentelemetry\n\nconfigure_opentelemetry()\n"
                ),
            },
            state="pass",
        ),
        Example(
            "called by gunicorn in each worker",
            {
                **_REQUIREMENTS,
                **_SETTINGS,
                "config/otel.py": _SETUP,
                "gunicorn.conf.py": (
                    "def post_fork(server, worker):\n"
                    "    from config.otel import configure_opentelemetry\n\n"
                    "    configure_opentelemetry()\n"
                ),
            },
            state="pass",
        ),
        Example(
            "started under opentelemetry-instrument",
            {
                **_REQUIREMENTS,
                **_SETTINGS,
                "Dockerfile": 'FROM python:3.13\nCMD ["opentelemetry-instrument", "gunicorn", "config.wsgi"]\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "without OpenTelemetry",
            {**_SETTINGS, "requirements.txt": "django\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each function or module that sets up, or one for the repository if none does."""
        telemetry = project.telemetry
        if telemetry.setups:
            yield from _setups(project)
            return
        if not telemetry.has(_DJANGO) or not project.settings.deployed:
            return
        subject = project.repository("set-up", "Dockerfile", "Procfile", "config/wsgi.py")
        if telemetry.is_wrapped:
            yield subject.in_order()
        elif telemetry.start_is_known:
            yield subject.violation(
                "OpenTelemetry is installed and never set up; start the server under `opentelemetry-instrument` or "
                "set a provider in `wsgi.py`"
            )
        else:
            yield subject.unknown("nothing here says how the project is started")


def _setups(project: Project) -> Iterator[Verdict]:
    telemetry = project.telemetry
    first: dict[str, CallSite] = {}
    for call in telemetry.setups:
        first.setdefault(call.symbol, call)
    for call in first.values():
        if telemetry.is_wrapped or telemetry.is_reached(call):
            yield call.in_order()
        elif call.function is not None:
            yield call.violation(
                f"`{call.function.name}` sets OpenTelemetry up and nothing that starts the project calls it; call it "
                "in `wsgi.py` and `asgi.py`"
            )
        else:
            yield call.violation(
                "this sets OpenTelemetry up and nothing that starts the project imports it; import it in `wsgi.py` "
                "and `asgi.py`"
            )
