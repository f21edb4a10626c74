"""OTL-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Edit, Fix, RenameCall, ReplaceStatement
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SIMPLE, _BATCH = "SimpleSpanProcessor", "BatchSpanProcessor"
_PACKAGE = "opentelemetry.sdk.trace.export"
_IN_SIGHT = ("ConsoleSpanExporter", "InMemorySpanExporter")
_DJANGO = {"manage.py": "import django\n"}
_OTLP = "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter\n"


class SpanSentAtOnce(Rule):
    """Finds processors that send each span while the request waits."""

    code = "OTL07"
    slug = "span-sent-at-once"
    title = "Spans are sent in batches"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1570, 1571)
    what = "`SimpleSpanProcessor` with an exporter that sends over the network, outside tests."
    why = (
        "It exports each span in the thread that ends it. Every query and every view then waits for the collector, and "
        "a slow collector makes a slow site."
    )
    how = (
        "Use `BatchSpanProcessor`, which hands spans to a thread. Under a server that forks, set it up in each worker: "
        "threads do not survive a fork."
    )
    applies_when = "code outside tests makes a processor for spans"
    absent = "no code makes a processor for spans"
    examples = (
        Example(
            "each span by itself",
            {
                **_DJANGO,
                "config/otel.py": (
                    f"{_OTLP}from {_PACKAGE} import SimpleSpanProcessor\n\n\n"
                    "def configure(provider):\n"
                    "    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))  # <-\n"
                ),
            },
            fixed={
                "config/otel.py": (
                    f"{_OTLP}from {_PACKAGE} import BatchSpanProcessor\n\n\n"
                    "def configure(provider):\n"
                    "    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))\n"
                ),
            },
        ),
        Example(
            "in batches; the console at once",
            {
                **_DJANGO,
                "config/otel.py": (
                    f"{_OTLP}from {_PACKAGE} import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor\n\n\n"
                    "def configure(provider):\n"
                    "    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))\n"
                    "    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))\n"
                ),
            },
            state="pass",
        ),
        Example(
            "in tests only",
            {
                **_DJANGO,
                "tests/test_spans.py": (
                    f"{_OTLP}from {_PACKAGE} import SimpleSpanProcessor\n\n\n"
                    "def test_spans(provider):\n"
                    "    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each processor whose exporter is not for a person to watch."""
        if not project.telemetry.is_used:
            return
        for call in project.calls.named(_SIMPLE, _BATCH):
            if not call.target.startswith("opentelemetry.sdk.trace"):
                continue
            if call.method == _BATCH:
                yield call.in_order()
            elif not _is_in_sight(call):
                yield call.violation(
                    "each span is sent while the request waits; use `BatchSpanProcessor`",
                    fix=_fix(project, call),
                )


def _is_in_sight(call: CallSite) -> bool:
    """Whether the exporter prints or keeps the spans."""
    args = call.outline.args
    value = args[0] if args else call.keyword("span_exporter")
    if isinstance(value, o.Invocation):
        return value.name.rpartition(".")[2] in _IN_SIGHT
    return isinstance(value, o.Ref) and any(
        other.bound == value.name and other.name.rpartition(".")[2] in _IN_SIGHT
        for other in call.siblings
    )


def _fix(project: Project, call: CallSite) -> Fix | None:
    """Make it the other class, and import that. Unsafe: its thread does not survive a fork."""
    edits: list[Edit] = [
        RenameCall(call.path, call.line, call.outline.column, call.outline.name, _BATCH)
    ]
    if "." in call.outline.name:
        return Fix(edits, is_safe=False)
    module = project.names.modules[call.path]
    imports = [item for item in module.outline.imports if item.scope == -1]
    line = next((item.line for item in imports if item.name == _SIMPLE), None)
    together = [item for item in imports if item.line == line and item.module == _PACKAGE]
    uses = sum(item.name == _SIMPLE for item in module.calls)
    if not together or uses != 1 or any(item.alias != item.name for item in together):
        return None
    names = sorted({_BATCH} | {item.name for item in together} - {_SIMPLE})
    edits.append(
        ReplaceStatement(call.path, line or 1, f"from {_PACKAGE} import {', '.join(names)}")
    )
    return Fix(edits, is_safe=False)
