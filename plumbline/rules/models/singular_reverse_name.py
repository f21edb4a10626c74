"""MOD-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.models import Field
from plumbline.project.reverse_names import in_plural, suggested_reverse_name
from plumbline.rule import Effort, Example, Level, Rule, Verdict
from plumbline.words import is_plural, is_role, last_word, plural, words_of


class SingularReverseName(Rule):
    """Finds to-many relations whose reverse side is named as one thing."""

    code = "MOD08"
    slug = "singular-reverse-name"
    title = "The reverse side of a to-many relation has a plural name"
    level = Level.MUST
    section = "Models"
    guide_lines = (176, 186)
    effort = Effort.HOUR
    what = (
        "A `related_name` on a `ForeignKey` or `ManyToManyField` whose noun is singular. In `choices_for` or "
        "`posts_written` the "
        "noun stands before what qualifies it; `order_set` and its like are plural. Names that hide the reverse "
        "side (`+`), that are computed or hold a placeholder "
        "such as `%(class)s` are left alone; so are names of a part played (`reporter`, `created_by`), which "
        "have no number."
    )
    why = (
        "The reverse side of these relations is a manager over many rows. `user.order.all()` reads as one order and is "
        "mistaken for one; `user.orders.all()` cannot be."
    )
    how = (
        "Rename it to the plural of what the rows are, then follow the old name through queries "
        "(`order__total`), templates, "
        "serializers and `prefetch_related` strings. No migration touches the table."
    )
    applies_when = "the repository has models with foreign keys or many-to-many fields that name their reverse side"
    absent = "no to-many relation names its reverse side"
    errata = "The guide does not mention `OneToOneField`: its reverse side is one object, so it is exempt here."
    examples = (
        Example(
            "a singular name on a foreign key",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Order(models.Model):\n"
                    '    user = models.ForeignKey("auth.User", models.CASCADE, related_name="order")  # <-\n'
                    '    tags = models.ManyToManyField("Tag", related_name="orders")\n'
                )
            },
        ),
        Example(
            "a relation declared through a subclass and an alias",
            {
                "shop/fields.py": (
                    "from django.db.models import ForeignKey as FK\n\nclass OwnerKey(FK):\n    pass\n"
                ),
                "shop/models.py": (
                    "from django.db.models import Model\nfrom .fields import OwnerKey\n\n"
                    "class Base(Model):\n    class Meta:\n        abstract = True\n\n"
                    "class Invoice(Base):\n"
                    '    owner = OwnerKey("auth.User", on_delete=1, related_name="invoice")  # <-\n'
                ),
            },
        ),
        Example(
            "plural, uncountable, hidden and placeholder names",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Photo(models.Model):\n"
                    '    album = models.ForeignKey("Album", models.CASCADE, related_name="photos")\n'
                    '    owner = models.ForeignKey("auth.User", models.CASCADE, related_name="media")\n'
                    '    editor = models.ForeignKey("auth.User", models.CASCADE, related_name="+")\n'
                    '    shop = models.ForeignKey("Shop", models.CASCADE, related_name="shop_meta")\n'
                    '    site = models.ForeignKey("Site", models.CASCADE, related_name="%(app_label)s_%(class)s")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the noun before a preposition or participle decides",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Port(models.Model):\n"
                    '    untagged = models.ForeignKey("Vlan", models.CASCADE, related_name="interfaces_as_untagged")\n'
                    '    choices = models.ForeignKey("Set", models.CASCADE, related_name="choices_for")\n'
                    '    checker = models.ForeignKey("auth.User", models.CASCADE, related_name="reviews_written")\n'
                    '    root = models.ForeignKey("Page", models.CASCADE, related_name="sites_rooted_here")\n'
                    '    first = models.ForeignKey("Vlan", models.CASCADE, related_name="ports_primary")\n'
                    '    second = models.ForeignKey("Vlan", models.CASCADE, related_name="ports_l2")\n'
                    '    order = models.ForeignKey("Order", models.CASCADE, related_name="sales_order")  # <-\n'
                    '    bad = models.ForeignKey("Vlan", models.CASCADE, related_name="port_for")  # <-\n'
                )
            },
            is_trap=True,
        ),
        Example(
            "a placeholder anywhere in the name",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Part(models.Model):\n"
                    '    device = models.ForeignKey("Device", models.CASCADE, related_name="%(class)ss")\n'
                    '    vlan = models.ForeignKey("Vlan", models.CASCADE, related_name="%(class)s_as_untagged")\n'
                    '    user = models.ForeignKey("auth.User", models.CASCADE, related_name="locked_%(class)s")\n'
                    '    tag = models.ForeignKey("Tag", models.CASCADE, related_name=f"{PREFIX}_part")\n\n'
                    "    class Meta:\n        abstract = True\n"
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "names of a part played, unless it is the model itself that they name",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Issue(models.Model):\n"
                    '    reporter = models.ForeignKey("auth.User", models.CASCADE, related_name="reporter")\n'
                    '    creator = models.ForeignKey("auth.User", models.CASCADE, related_name="created_by")\n'
                    '    checker = models.ForeignKey("auth.User", models.CASCADE, related_name="last_checked_by")\n'
                    '    boss = models.ForeignKey("auth.User", models.CASCADE, related_name="issue_owned_by")  # <-\n'
                    '    watchers = models.ManyToManyField("auth.User", related_name="watched")\n\n'
                    "class Author(models.Model):\n"
                    '    book = models.ForeignKey("Book", models.CASCADE, related_name="author")  # <-\n'
                )
            },
            is_trap=True,
        ),
        Example(
            "irregular plurals, and words that only look like one or the other",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Plan(models.Model):\n"
                    '    school = models.ForeignKey("School", models.CASCADE, related_name="curricula")\n'
                    '    parent = models.ForeignKey("self", models.CASCADE, related_name="children")\n'
                    '    place = models.ForeignKey("Place", models.CASCADE, related_name="menus")\n'
                    '    order = models.ForeignKey("Order", models.CASCADE, related_name="plan_set")\n'
                    '    old = models.ForeignKey("Order", models.CASCADE, related_name="plan_from_set")\n'
                    '    state = models.ForeignKey("State", models.CASCADE, related_name="plan_status")  # <-\n'
                    '    owned = models.ForeignKey("Asset", models.CASCADE, None, "plan_asset")\n'
                    '    asset = models.ForeignKey("Asset", models.CASCADE, "plan_asset")  # <-\n'
                )
            },
            is_trap=True,
        ),
        Example(
            "a one-to-one relation is singular on both sides",
            {
                "shop/models.py": (
                    "from django.db import models\n\n"
                    "class Profile(models.Model):\n"
                    '    user = models.OneToOneField("auth.User", models.CASCADE, related_name="profile")\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each reverse name that is written out."""
        for model in project.models:
            for field in model.fields:
                if field.relation not in ("ForeignKey", "ManyToManyField"):
                    continue
                name = field.reverse_name
                if not isinstance(name, str) or not name or name.endswith("+") or "%(" in name:
                    continue
                names_itself = last_word(name) == last_word(model.name)
                is_part_played = is_role(name) and not (names_itself and plural(name) != name)
                if name.endswith("_by") and last_word(model.name) not in words_of(name):
                    is_part_played = True  # `last_reviewed_by` of a finding, as `created_by`
                if is_plural(name) or is_part_played:
                    yield field.in_order()
                else:
                    yield field.violation(_message(field, name))


def _message(field: Field, name: str) -> str:
    said = (
        f"`{field.model.name}.{field.name}` names its reverse side `{name}`, but it leads to many"
    )
    more = in_plural(field, name)
    if more:
        return f"{said}; call it `{more}`"
    better = suggested_reverse_name(field)
    return f"{said} rows of `{field.model.name}`; name those in the plural, for instance `{better}`"
