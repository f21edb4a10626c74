"""OpenTelemetry for Django, PostgreSQL, Redis and Celery; silent until an endpoint is named."""

import os


def configure() -> bool:
    """Instrument this process and export traces.

    Returns:
        Whether tracing was started: false unless OTEL_EXPORTER_OTLP_ENDPOINT is set.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False

    # Imported late: without an endpoint nobody should pay for the exporter's start-up time.
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    service = os.environ.get("OTEL_SERVICE_NAME", "plumbline")
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    for instrumentor in (
        DjangoInstrumentor,
        PsycopgInstrumentor,
        RedisInstrumentor,
        CeleryInstrumentor,
    ):
        instrumentor().instrument()
    return True
