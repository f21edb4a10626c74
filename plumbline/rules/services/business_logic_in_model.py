"""SVC-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Function, Model, Project
from plumbline.project.functions import CallSite, effect_kind, site
from plumbline.project.orm import is_model, steps_of
from plumbline.project.writes import changes_rows
from plumbline.rule import Effort, Example, Level, Rule, Verdict
from plumbline.words import is_plural

_SAID = {
    "mail": "sends mail",
    "http": "calls another service",
    "cloud": "calls another service",
    "task": "queues a task",
    "process": "starts a process",
}
_OWN_HEADS = ("self.objects", "cls.objects", "self.__class__", "type()", "super()")
_TELLING = frozenset(
    "create acreate bulk_create abulk_create get_or_create aget_or_create update_or_create aupdate_or_create "
    "bulk_update abulk_update save asave update aupdate delete adelete send send_mail send_mass_mail mail_admins "
    "mail_managers email_user delay apply_async delay_on_commit apply_async_on_commit enqueue aenqueue run call "
    "check_call check_output Popen system popen urlopen".split()
)
"""Last names of calls that are looked at; those of HTTP and cloud clients only where one is imported."""
_CLIENTS = knowledge.HTTP_CLIENTS | {"boto3", "stripe", "twilio", "sendgrid"}
_HOOKS = ("email_user",)
"""Methods whose very meaning Django defines as an effect."""


class BusinessLogicInModel(Rule):
    """Finds model methods that write other models, send mail, call other services or queue tasks."""

    code = "SVC01"
    slug = "business-logic-in-model"
    title = "Models leave business logic to services"
    level = Level.MUST
    section = "Services Pattern"
    guide_lines = (223, 233)
    effort = Effort.HOUR
    what = (
        "A method or property of a model that creates, saves, updates or deletes rows of another model, sends mail, "
        "calls another service, queues a task or starts a process. Methods that read or change the model's own row, "
        "its own files and its own table are in order, and so are managers and querysets."
    )
    why = (
        "A method of a row that reaches into other tables and outside systems cannot be used without all of them: "
        "tests need mail and brokers, and `save()` does far more than its caller asked for. The steps belong to a "
        "business act, which has one place and one transaction in a service."
    )
    how = (
        "Move the method to a service that takes the object, and call the service. Keep on the model what concerns its "
        "own columns."
    )
    applies_when = "the repository has models with methods"
    absent = "no model has a method"
    errata = (
        "The guide says that business logic is not in models, under a heading that says fat models, and its samples "
        "have `send_welcome_email` on a model. The sentence decides; methods on own columns are no business logic."
    )
    examples = (
        Example(
            "other rows, mail, a task",
            {
                "shop/models.py": (
                    "from django.core.mail import send_mail\nfrom django.db import models\n\n"
                    "from shop.tasks import order_index\n\n"
                    "class Invoice(models.Model):\n    pass\n\n"
                    "class Base(models.Model):\n"
                    '    shop = models.ForeignKey("shops.Shop", models.CASCADE)\n\n'
                    "    class Meta:\n        abstract = True\n\n"
                    "class Order(Base):\n"
                    '    customer = models.ForeignKey("people.Person", models.CASCADE)\n\n'
                    "    def pay(self):  # <-\n"
                    "        Invoice.objects.create(order=self)\n\n"
                    "    def remind(self):  # <-\n"
                    '        send_mail("Order", "…", "shop@example.com", [])\n\n'
                    "    def save(self, *args, **kwargs):  # <-\n"
                    "        super().save(*args, **kwargs)\n"
                    "        order_index.delay(self.pk)\n\n"
                    "    def cancel(self):  # <-\n"
                    "        self.customer.save()\n"
                    "        self.items.all().delete()\n\n"
                    "    def close(self):  # <-\n"
                    "        self.shop.save()\n\n"
                    "    def bill(self):  # <-\n"
                    "        Invoice(order=self).save()\n\n"
                    "    def bill_again(self):  # <-\n"
                    "        Invoice.open.create(order=self)\n\n"
                    "    def add(self, name):  # <-\n"
                    "        self.items.create(name=name)\n"
                ),
                "shop/tasks.py": (
                    "from celery import shared_task\n\n@shared_task\ndef order_index(pk):\n    return pk\n"
                ),
            },
        ),
        Example(
            "its own row and table",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    image = models.ImageField()\n\n"
                    "    def mark_paid(self):\n"
                    "        self.paid = True\n"
                    '        self.save(update_fields=["paid"])\n'
                    "        self.image.delete()\n\n"
                    "    def close(self):\n"
                    "        Order.objects.filter(pk=self.pk).update(open=False)\n"
                    "        type(self).objects.filter(parent=self).update(open=False)\n\n"
                    "    @classmethod\n"
                    "    def make(cls, name):\n        return cls.objects.create(name=name)\n\n"
                    "    @classmethod\n"
                    "    def first(cls):\n        return cls.everything.get_or_create(name='first')\n"
                )
            },
            state="pass",
        ),
        Example(
            "managers, querysets, reading others, the hook that sends mail",
            {
                "shop/models.py": (
                    "from django.core.mail import send_mail\nfrom django.db import models\n\n"
                    "class Item(models.Model):\n    pass\n\n"
                    "class OrderQuerySet(models.QuerySet):\n"
                    "    def close(self):\n        Item.objects.filter(order__in=self).update(open=False)\n\n"
                    "class Order(models.Model):\n"
                    "    objects = OrderQuerySet.as_manager()\n\n"
                    "    def first_item(self):\n        return Item.objects.filter(order=self).first()\n\n"
                    "    def email_user(self, subject, text):\n"
                    '        send_mail(subject, text, "shop@example.com", [])\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "models without methods",
            {
                "shop/models.py": "from django.db import models\n\nclass Order(models.Model):\n    pass\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each method of a model by the calls in it."""
        for model in project.models:
            has_clients = not _CLIENTS.isdisjoint(
                item.module.partition(".")[0] for item in model.cls.module.outline.imports
            )
            for index, outline in model.cls.methods():
                if outline.name.startswith("__"):
                    continue
                function = project.functions.by_index[model.cls.module.path, index]
                is_hook = outline.name in _HOOKS
                effects = [] if is_hook else _effects(project, model, function, has_clients)
                if effects:
                    yield function.violation(
                        f"`{model.name}.{function.name}` {_listed(effects)}; move that to a service"
                    )
                else:
                    yield function.in_order()


def _effects(project: Project, model: Model, function: Function, has_clients: bool) -> list[str]:
    """What a method does beyond its own row, each once."""
    found: list[str] = []
    for outline in function.module.calls_by_scope.get(function.index, ()):
        name = outline.name.rpartition(".")[2]
        if name not in _TELLING and not (has_clients and name in knowledge.HTTP_CALLS):
            continue
        call = site(outline, function.module, project.names, function)
        kind = effect_kind(call)
        if kind in _SAID:
            found.append(_SAID[kind])
        elif changes_rows(call) or _creates_related(call):
            other = _other_model(project, model, call)
            if other:
                found.append(f"`{other}`")
    return list(dict.fromkeys(found))


def _listed(effects: list[str]) -> str:
    written = [effect for effect in effects if effect.startswith("`")]
    others = [effect for effect in effects if not effect.startswith("`")]
    return " and ".join([*([f"writes {', '.join(written)}"] if written else []), *others])


def _other_model(project: Project, model: Model, call: CallSite) -> str:
    """What a write changes beyond the model's own row and table; empty where it is its own, or not known."""
    written = call.outline.name.rpartition(".")[0]
    chain = steps_of(call.outline.name)
    if written.startswith(_OWN_HEADS) or written in ("self", "cls"):
        return ""
    head, _, rest = written.partition(".")
    if head == "cls":
        return ""  # whatever a class offers is a manager of its own table
    if head == "self":
        return _through_relation(project, model, call, written, rest)
    name = chain[0].rpartition(".")[0] if chain else _class_at(head, rest) or _made_by(call, head)
    if not name or call.function is None:
        return ""
    target = call.function.resolve(name)
    if not is_model(project, target) or _is_own(project, model, target):
        return ""
    return target.rpartition(".")[2]


def _is_own(project: Project, model: Model, target: str) -> bool:
    """Whether a class is the model, or one above or below it."""
    if target == model.cls.qualified_name:
        return True
    cls = project.classes.by_name.get(target)
    return cls is not None and (cls in model.cls.ancestors or model.cls in cls.ancestors)


def _through_relation(
    project: Project, model: Model, call: CallSite, written: str, rest: str
) -> str:
    """The attribute by which a write reaches other rows: a foreign key, or a related manager."""
    name = rest.partition(".")[0].partition("(")[0]
    if call.method in ("save", "asave", "delete", "adelete") and rest == name:
        known = project.apps.models_by_name
        above = [
            known[cls.qualified_name] for cls in model.cls.ancestors if cls.qualified_name in known
        ]
        fields = [field for item in (model, *above) for field in item.fields]
        field = next((item for item in fields if item.name == name), None)
        is_single = field is not None and (
            field.relation in ("ForeignKey", "OneToOneField")
            or field.kind.endswith(".GenericForeignKey")
        )
        return written if is_single else ""
    own = {member.name for member in model.cls.members if member.kind == "function"}
    return "" if name in own or "(" in rest.partition(".")[0] else f"self.{name}"


def _creates_related(call: CallSite) -> bool:
    """Whether a call makes a row on the other side of a relation: ``self.items.create(name=…)``."""
    head, _, name = call.outline.name.rpartition(".")[0].partition(".")
    return (
        call.method in ("create", "acreate")
        and head == "self"
        and "." not in name
        and bool(call.outline.keywords)
        and is_plural(name)
    )


def _class_at(head: str, rest: str) -> str:
    """The class whose manager or constructor a chain begins with: ``User.everyone``, ``Invoice()``."""
    name, is_made, _ = head.partition("()")
    return name if name[:1].isupper() and (rest or is_made) else ""


def _made_by(call: CallSite, head: str) -> str:
    """The class whose constructor or manager gave a local name, as written; empty if that is not seen."""
    for other in call.siblings:
        if other.bound == head and other.line <= call.line:
            chain = steps_of(other.name)
            if chain is not None:
                return chain[0].rpartition(".")[0]
            return other.name if other.name[:1].isupper() or ".models." in other.name else ""
    return ""
