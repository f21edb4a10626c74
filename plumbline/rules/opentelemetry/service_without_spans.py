"""OTL-08."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import effect_kind
from plumbline.project.modules import Module
from plumbline.rule import Basis, Effort, Example, Level, Located, Rule, Verdict

_SPANS = ("start_as_current_span", "start_span")
_ATTRIBUTES = ("set_attribute", "set_attributes", *_SPANS)
_PERSONAL = re.compile(
    r"(^|[._])(email|e_mail|phone|password|passwd|token|secret|ssn|iban|card_number|full_name|first_name|last_name|"
    r"birth_?date|address)$"
)
_DJANGO = {"manage.py": "import django\n"}
_TRACER = "from opentelemetry import trace\n\ntracer = trace.get_tracer(__name__)\n\n\n"
_REQUIREMENTS = {"requirements.txt": "django\nopentelemetry-sdk\n"}


class ServiceWithoutSpans(Rule):
    """Finds services that leave no spans of their own, and spans that name people."""

    code = "OTL08"
    slug = "service-without-spans"
    title = "Services that matter open spans, without personal facts in them"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1581, 1600)
    preview = True
    effort = Effort.HOUR
    what = (
        "A module of services that writes, and none of whose functions opens a span; or an attribute of a span that "
        "holds an address, a name, a password or a token."
    )
    why = (
        "The instrumentation shows the request and its queries, not which business step they belong to. What is put "
        "on a span, in turn, leaves the application for a system with other rules of access and deletion."
    )
    how = (
        'Wrap the act in `with tracer.start_as_current_span("order_create") as span:` and set the identifiers that '
        "help to find it. Identify people by primary key."
    )
    applies_when = (
        "the project uses OpenTelemetry and has services that write, or sets attributes of spans"
    )
    absent = "OpenTelemetry is not used, or there are neither services that write nor spans"
    errata = "The guide does not say which services are key. Plumbline looks at modules, and only advises."
    examples = (
        Example(
            "a module of services without a span",
            {
                **_DJANGO,
                **_REQUIREMENTS,
                "shop/services.py": (
                    "from shop.models import Order\n\n\n"
                    "def order_create(*, user):\n    return Order.objects.create(user=user)\n"
                ),
            },
            reports=("shop/services.py",),
        ),
        Example(
            "an address on a span",
            {
                **_DJANGO,
                **_REQUIREMENTS,
                "shop/services.py": (
                    f"{_TRACER}def order_create(*, user):\n"
                    '    with tracer.start_as_current_span("order_create") as span:\n'
                    '        span.set_attribute("user.email", user.email)  # <-\n'
                    "        return Order.objects.create(user=user)\n"
                ),
            },
        ),
        Example(
            "a span with identifiers",
            {
                **_DJANGO,
                **_REQUIREMENTS,
                "shop/services.py": (
                    f"{_TRACER}def order_create(*, user):\n"
                    '    with tracer.start_as_current_span("order_create") as span:\n'
                    '        span.set_attribute("user.id", user.pk)\n'
                    "        return Order.objects.create(user=user)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "without OpenTelemetry",
            {
                **_DJANGO,
                "requirements.txt": "django\n",
                "shop/services.py": (
                    "from shop.models import Order\n\n\n"
                    "def order_create(*, user):\n    return Order.objects.create(user=user)\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each module of services that writes, and for each attribute of a span."""
        if not project.telemetry.is_used:
            return
        traced = {call.path for call in project.calls.named(*_SPANS)}
        for module in project.layer("services"):
            if module.path in traced or _writes(project, module):
                subject = Located(module.path, 1, 1, 0, module.name, module.name)
                if module.path in traced:
                    yield subject.in_order()
                else:
                    yield subject.violation(
                        "no function of this module opens a span; open one around each act that matters"
                    )
        paths = {module.path for module in project.telemetry.modules}
        for call in project.calls.named(*_ATTRIBUTES) if paths else ():
            if call.path not in paths:
                continue
            personal = next(filter(None, map(_personal, _attributes(call.outline))), "")
            if personal:
                yield call.violation(
                    f"the attribute `{personal}` carries personal facts out of the application; set an identifier"
                )
            elif call.method not in _SPANS:
                yield call.in_order()


def _writes(project: Project, module: Module) -> bool:
    return any(
        effect_kind(call) == "write"
        for function in project.calls.functions_of(module)
        for call in function.calls
    )


def _attributes(call: o.Call) -> Iterator[o.Value]:
    """The names that a call gives attributes of a span."""
    if call.name.endswith("set_attribute"):
        yield from call.args[:1]
        return
    tables = [*call.args, *(value for key, value in call.keywords if key == "attributes")]
    for table in tables:
        if isinstance(table, o.Table):
            yield from table.keys


def _personal(name: o.Value) -> str:
    return name if isinstance(name, str) and _PERSONAL.search(name) else ""
