"""CAC-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.caches import CacheCall
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SHORT = 300
_FETCHES = (
    "get",
    "first",
    "last",
    "latest",
    "earliest",
    "get_object_or_404",
    "get_or_create",
)
_QUERIES = (".all", ".filter", ".order_by", ".select_related", ".prefetch_related")
_NO_OBJECTS = (".values", ".values_list", ".count", ".exists", ".aggregate", ".in_bulk")
_CLEARS = frozenset(("delete", "delete_many", "incr_version"))
_IMPORTS = (
    "from django.core.cache import cache\n"
    "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
    "from shop.models import Product\n\n\n"
)
_SELECTOR = (
    "def get_product(pk):\n"
    '    product = cache.get(f"product:{pk}")\n'
    "    if product is None:\n"
    "        product = Product.objects.get(pk=pk)\n"
    '        cache.set(f"product:{pk}", product, timeout=3600)\n'
    "    return product\n"
)
_MODELS = {
    "manage.py": "import django\n",
    "shop/models.py": "from django.db import models\n\n\nclass Product(models.Model):\n    pass\n",
}


class StaleModel(Rule):
    """Finds rows that are cached for long and never taken out when they change."""

    code = "CAC07"
    slug = "cached-model-never-invalidated"
    title = "A cached model object is taken out when it changes"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1650, 1671)
    preview = True
    effort = Effort.HOUR
    what = (
        "A row of the database, or a list of rows, that goes into a cache for more than five minutes, where no code "
        "deletes or sets a key of that form elsewhere."
    )
    why = (
        "Until the entry expires, everybody sees the row as it was. The price has changed in the admin and the shop "
        "sells at the old one for an hour."
    )
    how = (
        "Delete the key in a receiver of `post_save` and `post_delete` of the model, or in the service that changes "
        "it. Where a delay does no harm, a short timeout is enough."
    )
    applies_when = "code puts model objects into a cache"
    absent = "no code is seen to put model objects into a cache"
    errata = (
        "The guide's receivers stand in `selectors.py`; where they stand does not matter here. A design that relies on "
        "a timeout alone may be meant, so this is advice."
    )
    examples = (
        Example(
            "an hour, whatever happens",
            {
                **_MODELS,
                "shop/selectors.py": (_IMPORTS + _SELECTOR).replace(
                    "timeout=3600)", "timeout=3600)  # <-"
                ),
            },
        ),
        Example(
            "deleted by a receiver",
            {
                **_MODELS,
                "shop/selectors.py": (
                    f"{_IMPORTS}{_SELECTOR}\n\n"
                    "@receiver(post_save, sender=Product)\n"
                    "def forget_product(sender, instance, **kwargs):\n"
                    '    cache.delete(f"product:{instance.pk}")\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a short timeout by design",
            {
                **_MODELS,
                "shop/selectors.py": (_IMPORTS + _SELECTOR).replace("timeout=3600", "timeout=60"),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "plain values",
            {
                **_MODELS,
                "shop/selectors.py": (
                    f"{_IMPORTS}def remember():\n"
                    '    cache.set("count", Product.objects.count(), timeout=3600)\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call that caches rows."""
        calls = project.cache_calls
        for call in calls:
            if call.method not in ("set", "add", "get_or_set") or not _holds_rows(call):
                continue
            seconds = call.seconds(project)
            is_short = seconds is not None and seconds <= _SHORT
            is_cleared = any(_clears(other, call) for other in calls)
            if is_short or is_cleared or _is_versioned(call):
                yield call.site.in_order()
            else:
                yield call.site.violation(
                    "rows stay in the cache as they were when they change; delete the key where they are saved, or "
                    "give a short timeout"
                )


def _clears(other: CacheCall, call: CacheCall) -> bool:
    """Whether a call elsewhere may change the entry that ``call`` makes: by its key, or in the same file if unknown."""
    if other.method == "clear":
        return True
    if other.site.symbol == call.site.symbol or other.method not in (*_CLEARS, "set"):
        return False
    if other.key and call.key:
        return other.key == call.key
    return other.method in _CLEARS and other.site.path == call.site.path


def _is_versioned(call: CacheCall) -> bool:
    """Whether the key holds what changes with the row: a version, or the time of the last change."""
    value = call.argument(0, "key")
    texts = [value] if isinstance(value, o.Text) else []
    if isinstance(value, o.Ref) and call.site.function is not None:
        texts = [item.text for item in call.site.function.outline.texts if item.name == value.name]
    fields = " ".join(field for text in texts for field in text.fields)
    return call.site.has_keyword("version") or any(
        word in fields for word in ("version", "updated", "modified", "changed", "hash")
    )


def _holds_rows(call: CacheCall) -> bool:
    """Whether what is cached is a row or a list of rows, as far as the function shows it."""
    value = call.argument(1, "default" if call.method == "get_or_set" else "value")
    if isinstance(value, o.Invocation):
        return _fetches_rows(value.name, value.args)
    if isinstance(value, o.Ref):
        made = [
            other
            for other in call.site.siblings
            if other.bound == value.name and other.name.rpartition(".")[0] != "cache"
        ]
        return any(_fetches_rows(other.name, other.args) for other in made)
    return False


def _fetches_rows(name: str, args: list[o.Value]) -> bool:
    if any(f"{part}(" in name or name.endswith(part) for part in _NO_OBJECTS):
        return False
    last = name.rpartition(".")[2]
    if last in ("list", "tuple"):
        inner = args[0] if args else None
        return (
            isinstance(inner, o.Invocation)
            and (".objects." in inner.name or inner.name.endswith(_QUERIES))
            and not any(part in inner.name for part in _NO_OBJECTS)
        )
    return last == "get_object_or_404" or (".objects." in name and last in _FETCHES)
