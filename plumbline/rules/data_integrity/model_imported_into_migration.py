"""DAT-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite, Function, site
from plumbline.project.orm import is_model
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_DEPTH = 4
_MANAGERS = frozenset(("objects", "_default_manager", "_base_manager"))
_USER_MODEL = "django.contrib.auth.get_user_model"
_MODELS = {
    "shop/models.py": (
        "from django.db import models\n\n\nclass Order(models.Model):\n"
        "    class Status(models.TextChoices):\n"
        '        PAID = "paid"\n\n'
        "    paid = models.BooleanField()\n"
    )
}
_HEAD = "from django.db import migrations\n\nfrom shop.models import Order\n\n\n"


def _migration(body: str, mark: str = "  # <-", head: str = _HEAD) -> dict[str, str]:
    """A migration whose ``fill`` has this body."""
    text = (
        f"{head}def fill(apps, schema_editor):\n{body}\n\n\n"
        "class Migration(migrations.Migration):\n    operations = [\n"
        f"        migrations.RunPython(fill, migrations.RunPython.noop),{mark}\n    ]\n"
    )
    return {**_MODELS, "shop/migrations/0002_fill.py": text}


class ModelImportedIntoMigration(Rule):
    """Finds `RunPython` code that works with the models of today instead of those of the migration's time."""

    code = "DAT05"
    slug = "model-imported-into-migration"
    title = "Code that a migration runs gets its models from `apps`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Data Integrity Testing"
    guide_lines = (2281, 2296)
    effort = Effort.MINUTES
    what = (
        "A function that `RunPython` calls, or a function of the repository that this one calls, reads or writes rows "
        "through a model class that was imported, or through `get_user_model()`."
    )
    why = (
        "The imported class has the columns of today's code, the database those of the migration's time. As soon as a "
        "field is added to the model, the migration fails on every new database, tests and CI first."
    )
    how = (
        'Ask for the model by `apps.get_model("shop", "Order")`, with the `apps` that the function is given, and hand '
        "it to what the function calls. Constants and choices may be imported, though a copy in the migration is safer."
    )
    applies_when = "a migration runs Python"
    absent = "no migration runs Python"
    errata = (
        "The guide asks that migrations apply cleanly, and is silent on how; historical models are Django's own "
        "condition for it, hence SHOULD. Tasks that are sent off by a migration run after it and are not followed."
    )
    examples = (
        Example(
            "a query through an imported model",
            _migration("    Order.objects.filter(paid=None).update(paid=False)"),
        ),
        Example(
            "the user model of today",
            _migration(
                "    get_user_model().objects.update(is_active=True)",
                head="from django.contrib.auth import get_user_model\nfrom django.db import migrations\n\n\n",
            ),
        ),
        Example(
            "a helper of the application does it",
            {
                **_migration(
                    "    mark_all()",
                    head="from django.db import migrations\n\nfrom shop.services import mark_all\n\n\n",
                ),
                "shop/services.py": (
                    "from shop.models import Order\n\n\ndef mark_all():\n"
                    "    for order in Order.objects.all():\n        order.save()\n"
                ),
            },
        ),
        Example(
            "an imported model is made in a function that imports it itself",
            _migration(
                "    from shop.models import Order\n\n    Order(paid=True).save()",
                head="from django.db import migrations\n\n\n",
            ),
        ),
        Example(
            "the historical model",
            _migration(
                '    Order = apps.get_model("shop", "Order")\n    Order.objects.update(paid=False)',
                mark="",
                head="from django.db import migrations\n\n\n",
            ),
            state="pass",
        ),
        Example(
            "a name that is imported for types alone and bound anew",
            _migration(
                '    Order = apps.get_model("shop", "Order")\n    Order.objects.update(paid=False)',
                mark="",
            ),
            state="pass",
            is_trap=True,
        ),
        Example(
            "constants and choices may be imported",
            _migration(
                '    orders = apps.get_model("shop", "Order").objects\n'
                "    orders.filter(status=Order.Status.PAID).update(paid=Order.Status(1))",
                mark="",
            ),
            state="pass",
            is_trap=True,
        ),
        Example(
            "a migration that only changes the schema",
            {
                **_MODELS,
                "shop/migrations/0001_initial.py": (
                    "from django.db import migrations\n\n\n"
                    "class Migration(migrations.Migration):\n    operations = []\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``RunPython`` that calls something."""
        for operation in project.operations:
            if operation.kind != "RunPython":
                continue
            given = [operation.argument(0, "code"), operation.argument(1, "reverse_code")]
            names = [operation.resolve(item.name) for item in given if isinstance(item, o.Ref)]
            names = [name for name in names if not name.endswith("RunPython.noop")]
            functions = [project.functions.by_name.get(name) for name in names]
            found = next((use for item in functions if item and (use := _use(project, item))), None)
            if found is not None:
                yield operation.violation(_message(found))
            elif operation.is_open or None in functions or any(map(_is_computed, given)):
                yield operation.unknown("the function that a migration runs cannot be followed")
            elif functions:
                yield operation.in_order()


def _is_computed(value: o.Value) -> bool:
    return value is not None and not isinstance(value, o.Ref)


def _message(use: CallSite) -> str:
    name = use.outline.name.partition("(")[0]
    where = f"`{use.function.name}`" if use.function is not None else "its code"
    return (
        f"{where} uses `{name}`, the model of today's code (line {use.line} of {use.path}); get it by "
        "`apps.get_model` from the `apps` that the migration hands over"
    )


def _use(project: Project, start: Function) -> CallSite | None:
    """The first call that works with a model of today, in a function or in what it calls."""
    seen = {start.qualified_name}
    level = [start]
    for _ in range(_DEPTH):
        further: list[Function] = []
        for function in level:
            for call in _calls(function):
                if _is_of_today(project, call):
                    return call
                called = project.functions.called_by(call)
                if called is not None and called.qualified_name not in seen:
                    seen.add(called.qualified_name)
                    further.append(called)
        level = further
    return None


def _calls(function: Function) -> Iterator[CallSite]:
    """The calls in a function that may lead out of it: those on names that it was given mean nothing elsewhere."""
    module = function.module
    inner = module.scoped_imports.get(function.index, {})
    for call in module.calls_by_scope.get(function.index, ()):
        head = call.name.partition(".")[0].partition("(")[0]
        if head in module.bindings or head in inner or module.stars or head in ("self", "cls"):
            yield site(call, module, function.names, function)


def _is_bound_here(project: Project, call: CallSite) -> bool:
    """Whether the function, or one around it, gives the name a value of its own: ``Order = apps.get_model(…)``."""
    head = call.outline.name.partition(".")[0].partition("(")[0]
    function = call.function
    while function is not None:
        calls = function.module.calls_by_scope.get(function.index, ())
        if any(item.bound == head for item in calls):
            return True
        function = project.functions.by_index.get((function.path, function.outline.parent))
    return False


def _is_of_today(project: Project, call: CallSite) -> bool:
    plain = call.target.partition("(")[0]
    if _is_bound_here(project, call):
        return False
    if plain == _USER_MODEL:
        return True
    if "." not in plain:
        return False
    parts = plain.split(".")
    at = next((index for index, part in enumerate(parts) if part in _MANAGERS), None)
    name = ".".join(parts[:at]) if at is not None else plain
    return is_model(project, name)
