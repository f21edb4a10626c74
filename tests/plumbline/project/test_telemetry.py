"""What a project does with OpenTelemetry."""

import pytest

from plumbline.project.dependency_edits import exchange
from tests.plumbline.project.projects import project_of

REQUIREMENTS = {"requirements.txt": "django\nopentelemetry-sdk\n"}
SETUP = (
    "from opentelemetry import trace\n\n\ndef configure():\n    trace.set_tracer_provider(make())\n"
)


def telemetry_of(files):
    return project_of(REQUIREMENTS | files).telemetry


def test_it_is_used_where_it_is_declared_or_imported():
    assert telemetry_of({}).is_used
    assert project_of({"a.py": "from opentelemetry import trace\n"}).telemetry.is_used
    assert not project_of({"requirements.txt": "django\n"}).telemetry.is_used


def test_only_what_production_declares_counts():
    telemetry = telemetry_of({"requirements-dev.txt": "opentelemetry-exporter-otlp\n"})
    assert telemetry.has("opentelemetry-sdk")
    assert telemetry.exporter == ""
    assert telemetry.declared("opentelemetry-exporter-otlp") is None


@pytest.mark.parametrize(
    ("command", "is_wrapped", "is_known"),
    [
        ('CMD ["opentelemetry-instrument", "gunicorn", "config.wsgi"]', True, True),
        ("CMD gunicorn config.wsgi", False, True),
        ("RUN pip install gunicorn opentelemetry-instrumentation-django", False, False),
    ],
)
def test_the_start_command_tells_whether_it_is_wrapped(command, is_wrapped, is_known):
    telemetry = telemetry_of({"Dockerfile": f"FROM python\n{command}\n"})
    assert (telemetry.is_wrapped, telemetry.start_is_known) == (is_wrapped, is_known)


@pytest.mark.parametrize(
    "files",
    [
        {"config/wsgi.py": "from config.otel import configure\n\nconfigure()\n"},
        {
            "manage.py": "def main():\n    from config.otel import configure\n    configure()\n\nmain()\n"
        },
        {
            "gunicorn.conf.py": "import config.otel\n\ndef post_fork(s, w):\n    config.otel.configure()\n"
        },
        {
            "shop/apps.py": (
                "from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n    def ready(self):\n"
                "        from config.otel import configure\n\n        configure()\n"
            )
        },
        {
            "config/celery.py": (
                "from celery.signals import worker_process_init\nfrom config.otel import configure\n\n"
                "worker_process_init.connect(configure)\n"
            )
        },
    ],
)
def test_a_set_up_is_reached_from_what_starts_the_project(files):
    base = {"config/__init__.py": "", "config/otel.py": SETUP}
    telemetry = telemetry_of(base | files)
    assert telemetry.is_reached(telemetry.setups[0])


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"config/other.py": "from config.otel import configure\n\nconfigure()\n"},
        {"config/wsgi.py": "import config.otel\n"},
        {"tests/test_otel.py": "from config.otel import configure\n\nconfigure()\n"},
    ],
)
def test_a_set_up_that_only_tests_or_nobody_calls_is_not_reached(files):
    base = {"config/__init__.py": "", "config/otel.py": SETUP}
    telemetry = telemetry_of(base | files)
    assert not telemetry.is_reached(telemetry.setups[0])


def test_a_variable_may_be_given_by_a_container_or_in_code():
    compose = "services:\n  web:\n    environment:\n      - OTEL_SERVICE_NAME=shop\n"
    assert telemetry_of({"compose.yml": compose}).has_variable("OTEL_SERVICE_NAME")
    code = "import os\n\nos.environ['OTEL_SERVICE_NAME'] = 'shop'\n"
    assert telemetry_of({"config/wsgi.py": code}).has_variable("OTEL_SERVICE_NAME")
    assert not telemetry_of({}).has_variable("OTEL_SERVICE_NAME")


def test_a_dependency_is_exchanged_under_the_same_version():
    text = '[dependency-groups]\nprod = ["psycopg2-binary==2.9"]\n'
    project = project_of({"pyproject.toml": text})
    (dependency,) = project.dependencies.declared["psycopg2-binary"]
    taken, added = exchange(project, dependency, "psycopg") or ()
    assert (taken.items, added.items) == (("psycopg2-binary==2.9",), ("psycopg==2.9",))
    poetry = project_of({"pyproject.toml": '[tool.poetry.dependencies]\npsycopg2 = "*"\n'})
    assert exchange(poetry, poetry.dependencies.declared["psycopg2"][0], "psycopg") is None
