"""VIEW-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.outline import IN_ATOMIC
from plumbline.project import Function, Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.project.writes import changes_rows
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_TRANSLATING = ("form.save", "formset.save", "serializer.save")
"""Writes that only pass on what was validated; a transaction around one of them is no step of its own."""
_SAID = {
    "write": "writes rows",
    "transaction": "holds a transaction",
    "total": "adds up totals",
    "mail": "sends mail",
    "http": "calls another service",
    "cloud": "calls another service",
    "task": "queues a task",
    "process": "starts a process",
}


class BusinessLogicInView(Rule):
    """Finds views whose bodies do several things beyond translating."""

    code = "VIEW04"
    slug = "business-logic-in-view"
    title = "Views leave business logic to services"
    level = Level.SHOULD
    basis = Basis.MARKED
    preview = True
    section = "Views"
    guide_lines = (205, 221)
    effort = Effort.HOUR
    what = (
        "A function view or a handler of a view class that does two or more of: writing rows (in two places), "
        "holding a "
        "transaction, adding up totals, sending mail, calling another service, queueing a task, starting a "
        "process. Private "
        "functions of the same module that it calls count as its body. A single save, form or serializer save "
        "is translation; "
        "hooks such as `form_valid` and `perform_create` and admin actions are not looked at."
    )
    why = (
        "Logic in a view can only run in a request: tasks, commands and other endpoints copy it, and tests have "
        "to go through "
        "HTTP to reach it. A failure half-way leaves some of the steps done."
    )
    how = "Move the steps to one service with keyword arguments, in one transaction, and call it from the view."
    applies_when = "the repository has function views or class-based views with handlers"
    absent = "no view is found"
    errata = (
        "Preview: what is too much for a view is a judgement, so findings are shown and not scored."
    )
    examples = (
        Example(
            "several steps in a function view and, through a private function, in a handler",
            {
                "shop/views.py": (
                    "from django.core.mail import send_mail\nfrom django.shortcuts import redirect\n"
                    "from django.views import View\nfrom rest_framework.decorators import api_view\n\n"
                    "from shop.models import Order\n\n"
                    '@api_view(["POST"])\n'
                    "def order_create(request):  # <-\n"
                    "    order = Order.objects.create(user=request.user)\n"
                    "    order.total = sum(item.price for item in order.items.all())\n"
                    "    order.save()\n"
                    '    return redirect("orders")\n\n'
                    "def _remind(order):\n"
                    '    send_mail("Order", "…", "shop@example.com", [order.email])\n\n'
                    "class Pay(View):\n"
                    "    def post(self, request, pk):  # <-\n"
                    "        order = Order.objects.get(pk=pk)\n"
                    "        order.paid = True\n"
                    "        order.save()\n"
                    "        _remind(order)\n"
                    '        return redirect("orders")\n'
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
        ),
        Example(
            "a view that calls a service",
            {
                "shop/views.py": (
                    "from rest_framework.decorators import api_view\nfrom rest_framework.response import Response\n\n"
                    "from shop.services import order_create\n\n"
                    '@api_view(["POST"])\n'
                    "def order_new(request):\n"
                    '    order = order_create(user=request.user, items=request.data["items"])\n'
                    '    return Response({"id": order.pk})\n'
                ),
                "shop/services.py": (
                    "from shop.models import Order\n\ndef order_create(*, user, items):\n    return Order()\n"
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
        ),
        Example(
            "one save, a form's or serializer's save, hooks, admin actions, reading",
            {
                "shop/views.py": (
                    "from django.contrib import admin, messages\nfrom django.core.mail import send_mail\n"
                    "from django.db import transaction\nfrom django.views.generic import CreateView\n"
                    "from rest_framework.viewsets import ModelViewSet\n\n"
                    "from shop.models import Order\n\n"
                    "class OrderCreate(CreateView):\n"
                    "    def form_valid(self, form):\n"
                    "        order = form.save()\n"
                    "        order.save()\n"
                    '        send_mail("Order", "…", "shop@example.com", [])\n\n'
                    "    def post(self, request):\n"
                    "        form = self.get_form()\n"
                    "        with transaction.atomic():\n            form.save()\n"
                    '        messages.success(request, "Saved")\n'
                    '        request.session["order"] = 1\n'
                    "        request.session.save()\n"
                    "        return Order.objects.filter(user=request.user)\n\n"
                    "class Orders(ModelViewSet):\n"
                    "    def perform_create(self, serializer):\n"
                    "        order = serializer.save()\n"
                    "        order.save()\n\n"
                    "class OrderAdmin(admin.ModelAdmin):\n"
                    "    def close(self, request, queryset):\n"
                    "        queryset.update(open=False)\n"
                    '        send_mail("Order", "…", "shop@example.com", [])\n'
                ),
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no views",
            {"shop/services.py": "import django\n\ndef order_create():\n    return None\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each function view and handler by what it and its private functions do."""
        for view in (*project.views.functions(), *project.views.handlers):
            effects = _effects(project, view)
            if len(effects) < 2 or {kind for kind, _ in effects} <= {"transaction", "total"}:
                yield view.in_order()
                continue
            said = list(dict.fromkeys(_SAID[kind] for kind, _ in sorted(effects)))
            name = f"{view.owner.name}.{view.name}" if view.owner else view.name
            yield view.violation(f"`{name}` {' and '.join(said)}; move the steps to one service")


def _effects(project: Project, view: Function) -> set[tuple[str, str]]:
    """The distinct things that a view does: kind and, for writes, where."""
    bodies = [view]
    for call in view.calls:
        callee = project.functions.called_by(call)
        if (
            callee is not None
            and not callee.is_public
            and callee.module is view.module
            and callee not in bodies
        ):
            bodies.append(callee)
    found: set[tuple[str, str]] = set()
    for body in bodies:
        for call in body.calls:
            kind = _kind(call)
            if kind:
                found.add((kind, call.outline.name if kind == "write" else ""))
            if call.has(IN_ATOMIC):
                found.add(("transaction", ""))
    if all(name.endswith(_TRANSLATING) for kind, name in found if kind == "write"):
        found.discard(("transaction", ""))
    return found


def _kind(call: CallSite) -> str:
    if changes_rows(call):
        return "write"
    if call.outline.name == "sum":
        return "total"
    kind = effect_kind(call)
    return kind if kind in _SAID else ""
