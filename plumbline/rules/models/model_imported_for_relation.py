"""MOD-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddImport, Edit, Fix
from plumbline.project import Model, Project
from plumbline.project.models import Field
from plumbline.project.orm import is_user_alias
from plumbline.project.remedies import set_target
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_USER = "django.contrib.auth.models.User"
_SETTING = "settings.AUTH_USER_MODEL"


class ModelImportedForRelation(Rule):
    """Finds relations to the user model or to models of other apps that need the class itself."""

    code = "MOD09"
    slug = "model-imported-for-relation"
    title = "Relations refer to the user model and to other apps' models lazily"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Models"
    guide_lines = (132, 172)
    what = (
        "A relation whose target is Django's `User`, the result of `get_user_model()`, or the imported class of a "
        "model that lives in another app of the repository. Targets in the same app, text such as "
        '`"shop.Order"` and models of installed packages, which cannot import yours, are in order.'
    )
    why = (
        "A class must be imported before the relation can be written, so apps that refer to each other cannot both be "
        "loaded. `get_user_model()` loads the user's module there and then, which fails where the two need each other, "
        "and Django's own `User` is wrong as soon as `AUTH_USER_MODEL` is set."
    )
    how = (
        'Write `settings.AUTH_USER_MODEL` for the user and `"app_label.Model"` for models of other apps. The table and '
        "the migrations stay as they are; drop the import if nothing else needs it."
    )
    applies_when = "the repository has models with relations"
    absent = "no model has a relation"
    errata = (
        "The guide shows the lazy form in some samples and `ForeignKey(User)` in others, and no sentence asks for "
        "either, so this weighs nothing."
    )
    examples = (
        Example(
            "the user model, and a model of another app",
            {
                "people/models.py": (
                    "from django.contrib.auth.models import AbstractUser\n\n"
                    "class Person(AbstractUser):\n    pass\n"
                ),
                "config/settings.py": (
                    'ROOT_URLCONF = "config.urls"\nAUTH_USER_MODEL = "people.Person"\n'
                    'INSTALLED_APPS = ["people", "shop", "blog"]\n'
                ),
                "shop/models.py": (
                    "from django.contrib.auth import get_user_model\nfrom django.db import models\n\n"
                    "from people.models import Person\n\n"
                    "User = get_user_model()\n\n"
                    "class Order(models.Model):\n"
                    "    owner = models.ForeignKey(Person, on_delete=models.CASCADE)  # <-\n"
                    "    payer = models.ForeignKey(User, models.CASCADE)  # <-\n"
                    "    seller = models.ForeignKey(\n"
                    "        get_user_model(), on_delete=models.CASCADE\n"
                    "    )\n"
                ).replace("seller = models.ForeignKey(\n", "seller = models.ForeignKey(  # <-\n"),
                "blog/models.py": (
                    "from django.conf import settings\nfrom django.contrib.auth.models import User\n"
                    "from django.db import models\n\nfrom shop.models import Order\n\n"
                    "class Post(models.Model):\n"
                    "    order = models.OneToOneField(to=Order, on_delete=models.CASCADE)  # <-\n"
                    "    author = models.ForeignKey(User, models.CASCADE)  # <-\n"
                ),
            },
            fixed={
                "shop/models.py": (
                    "from django.conf import settings\nfrom django.contrib.auth import get_user_model\n"
                    "from django.db import models\n\nfrom people.models import Person\n\n"
                    "User = get_user_model()\n\n"
                    "class Order(models.Model):\n"
                    "    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"
                    "    payer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
                    "    seller = models.ForeignKey(\n"
                    "        settings.AUTH_USER_MODEL, on_delete=models.CASCADE\n"
                    "    )\n"
                ),
                "blog/models.py": (
                    "from django.conf import settings\nfrom django.contrib.auth.models import User\n"
                    "from django.db import models\n\nfrom shop.models import Order\n\n"
                    "class Post(models.Model):\n"
                    '    order = models.OneToOneField(to="shop.Order", on_delete=models.CASCADE)\n'
                    "    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
                ),
            },
        ),
        Example(
            "lazy references",
            {
                "shop/models.py": (
                    "from django.conf import settings\nfrom django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
                    '    parcel = models.ForeignKey("parcels.Parcel", models.CASCADE)\n'
                )
            },
            state="pass",
        ),
        Example(
            "a model of the same app and one of a package; tests and migrations",
            {
                "shop/models/__init__.py": "",
                "shop/models/orders.py": (
                    "from django.contrib.contenttypes.models import ContentType\nfrom django.db import models\n\n"
                    "from shop.models.items import Item\n\n"
                    "class Order(models.Model):\n"
                    "    item = models.ForeignKey(Item, models.CASCADE)\n"
                    "    kind = models.ForeignKey(ContentType, models.CASCADE)\n"
                ),
                "shop/models/items.py": "from django.db import models\n\nclass Item(models.Model):\n    pass\n",
                "shop/tests/models.py": (
                    "from django.contrib.auth.models import User\nfrom django.db import models\n\n"
                    "class Trial(models.Model):\n    user = models.ForeignKey(User, models.CASCADE)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a model without relations",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n    number = models.IntegerField()\n"
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each relation by what its target is written as."""
        user = _user_model(project)
        for model in project.models:
            for field in model.fields:
                if field.relation:
                    yield _judged(project, field, user)


def _user_model(project: Project) -> Model | None:
    """The user model of the repository, if settings name one."""
    for module in project.settings.modules:
        setting = module.get("AUTH_USER_MODEL")
        if setting is not None and isinstance(setting.value, str):
            return project.apps.models_by_label.get(setting.value.lower())
    return None


def _judged(project: Project, field: Field, user: Model | None) -> Verdict:
    name, value = f"{field.model.name}.{field.name}", field.target
    if isinstance(value, o.Invocation):
        if value.name.rpartition(".")[2] == "get_user_model":
            return _user(project, field, f"`{name}` calls `get_user_model()` while models load")
        return field.unknown(f"the target of `{name}` is computed")
    if not isinstance(value, o.Ref):
        return field.in_order()
    found = field.model.cls.resolve(value.name)
    if found == _USER:
        return _user(project, field, f"`{name}` needs Django's `User` itself")
    if is_user_alias(project, found):
        return _user(project, field, f"`{name}` needs the user model while models load")
    target = project.apps.models_by_name.get(found)
    if target is None or _is_same_app(project, field.model, target):
        return field.in_order()
    if user is not None and target.cls is user.cls:
        return _user(project, field, f"`{name}` imports the user model")
    label = f"{project.apps.label_of_model(target)}.{target.name}"
    edit = set_target(field, f'"{label}"')
    return field.violation(
        f'`{name}` imports a model of another app; refer to it as `"{label}"`',
        fix=Fix([edit]) if edit is not None else None,
    )


def _is_same_app(project: Project, model: Model, target: Model) -> bool:
    apps = project.apps
    return apps.package_of(model.cls.module) == apps.package_of(target.cls.module) or (
        apps.label_of_model(model) == apps.label_of_model(target)
    )


def _user(project: Project, field: Field, problem: str) -> Verdict:
    edits: list[Edit | None] = [set_target(field, _SETTING)]
    bound = project.names.resolve(field.model.cls.module, "settings")
    if bound == "settings":
        edits.append(AddImport(field.path, "django.conf", "settings"))
    elif bound != "django.conf.settings":
        edits.append(None)
    known = [edit for edit in edits if edit is not None]
    return field.violation(
        f"{problem}; refer to `{_SETTING}`", fix=Fix(known) if len(known) == len(edits) else None
    )
