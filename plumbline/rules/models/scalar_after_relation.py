"""MOD-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Model, Project
from plumbline.project.models import Field
from plumbline.rule import Example, Level, Rule, Verdict

_GENERIC = "django.contrib.contenttypes.fields."
_RELATION_ENDINGS = (
    "ForeignKey",
    "ManyToManyField",
    "OneToOneField",
    "ParentalKey",
    "TaggableManager",
)
_SCALARS = ("django.db.models.", "django.contrib.postgres.fields.")


class ScalarAfterRelation(Rule):
    """Finds columns of values that stand below relations."""

    code = "MOD04"
    slug = "scalar-after-relation"
    title = "Columns with values stand before relations"
    level = Level.MUST
    section = "Models"
    guide_lines = (132, 172)
    what = (
        "A model in which a field with a value of its own stands below a foreign key, one-to-one or many-to-many "
        "field. Each model is reported once, at the first such field. Columns that a generic foreign key is made of "
        "belong to that relation; fields of packages and composite keys may stand anywhere."
    )
    why = (
        "What a row holds and what it belongs to are two questions. With all relations in one block at the end of "
        "the fields, both can be read at a glance, in every model in the same place."
    )
    how = (
        "Move the relations below the last plain column. Mind that the order of fields is the order of generated form "
        "fields, of serializers over all fields and of positional arguments; existing tables stay as they are."
    )
    applies_when = "the repository has models with both plain columns and relations"
    absent = "no model has both plain columns and relations"
    errata = (
        "Most existing models break this, so one finding is given per model and none of them has a fix: the order of "
        "fields can be seen from outside."
    )
    examples = (
        Example(
            "a column below a foreign key, and one below a many-to-many field",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE)\n'
                    "    number = models.IntegerField()  # <-\n"
                    "    note = models.TextField()\n\n"
                    "class Product(models.Model):\n"
                    "    name = models.CharField(max_length=9)\n"
                    '    tags = models.ManyToManyField("Tag")\n'
                    "    price = models.DecimalField()  # <-\n"
                )
            },
        ),
        Example(
            "values first",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    "    number = models.IntegerField()\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE)\n'
                    '    items = models.ManyToManyField("Item")\n'
                )
            },
            state="pass",
        ),
        Example(
            "the parts of a generic foreign key, a composite key, a field of a package",
            {
                "shop/models.py": (
                    "from colors.fields import ColorField\n"
                    "from django.contrib.contenttypes.fields import GenericForeignKey\n"
                    "from django.db import models\n\n"
                    "class Note(models.Model):\n"
                    "    text = models.TextField()\n"
                    '    kind = models.ForeignKey("contenttypes.ContentType", models.CASCADE)\n'
                    "    number = models.PositiveIntegerField()\n"
                    '    about = GenericForeignKey("kind", "number")\n\n'
                    "class Item(models.Model):\n"
                    "    count = models.IntegerField()\n"
                    '    order = models.ForeignKey("Order", models.CASCADE)\n'
                    '    pk = models.CompositePrimaryKey("order", "count")\n'
                    "    color = ColorField()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "relations alone",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE)\n'
                )
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each model that has both kinds of field."""
        for model in project.models:
            members = {id(member) for member in model.body}
            fields = [field for field in model.fields if id(field.member) in members]
            first = next((field for field in fields if _is_relation(field)), None)
            if first is None:
                continue
            parts = _parts(model)
            scalars = [field for field in fields if _is_scalar(field) and field.name not in parts]
            late = [field for field in scalars if field.line > first.line]
            if late:
                more = f" and {len(late) - 1} more stand" if len(late) > 1 else " stands"
                yield model.cls.violation(
                    f"`{model.name}.{late[0].name}`{more} below relation `{first.name}`; move relations to the end "
                    "of the fields",
                    at=late[0],
                )
            elif scalars:
                yield model.cls.in_order()


def _is_relation(field: Field) -> bool:
    return (
        bool(field.relation)
        or field.kind.startswith(_GENERIC)
        or field.kind.endswith(_RELATION_ENDINGS)
    )


def _is_scalar(field: Field) -> bool:
    """Whether a field is certainly a column with a value; of another package's fields nothing is certain."""
    return (
        field.kind.startswith(_SCALARS)
        and not _is_relation(field)
        and field.kind not in knowledge.OTHER_FIELDS
    )


def _parts(model: Model) -> set[str]:
    """The columns that generic foreign keys are made of, by position, keyword or default."""
    found: set[str] = set()
    for field in model.fields:
        if field.kind == f"{_GENERIC}GenericForeignKey":
            args = [item for item in field.value.args if isinstance(item, str)]
            named = [field.keyword("ct_field"), field.keyword("fk_field")]
            found.update(args, (item for item in named if isinstance(item, str)))
            found.update(("content_type", "object_id"))
    return found
