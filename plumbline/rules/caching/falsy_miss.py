"""CAC-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import CompareWithNone, Fix
from plumbline.project import Project
from plumbline.project.caches import FILLS, CacheCall
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_CACHE = "from django.core.cache import cache\n\n\n"
_DJANGO = {"manage.py": "import django\n"}
# The test for a miss follows its `get` at once, but for blank lines and a comment; further on it tests other things.
_NEAR = 4


class FalsyMiss(Rule):
    """Finds cache misses that are told by truth, so that a cached zero or empty list is a miss."""

    code = "CAC06"
    slug = "cache-miss-by-truth"
    title = "A cache miss is told by `is None`"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1655, 1657)
    what = (
        "A value fetched by `cache.get` whose truth decides right afterwards whether it was there, in a function that "
        "fills the cache."
    )
    why = (
        "An empty list, zero, an empty string or `False` is a good answer and false. Told by truth, it counts as a "
        "miss each time, so that just the lookups which find nothing go to the database at every request."
    )
    how = (
        "Write `if value is None`. Where `None` itself is cached, fetch with a sentinel, `cache.get(key, MISSING)`, "
        "and test `value is MISSING`."
    )
    applies_when = "a function fetches a value from a cache and also fills the cache"
    absent = "no function both reads and fills a cache"
    examples = (
        Example(
            "an empty list is looked up again and again",
            {
                **_DJANGO,
                "shop/selectors.py": (
                    f"{_CACHE}def orders_of(user):\n"
                    '    orders = cache.get(f"orders:{user.pk}")\n'
                    "    if not orders:  # <-\n"
                    "        orders = list(user.orders.all())\n"
                    '        cache.set(f"orders:{user.pk}", orders, timeout=60)\n'
                    "    return orders\n"
                ),
            },
            fixed={
                "shop/selectors.py": (
                    f"{_CACHE}def orders_of(user):\n"
                    '    orders = cache.get(f"orders:{user.pk}")\n'
                    "    if orders is None:\n"
                    "        orders = list(user.orders.all())\n"
                    '        cache.set(f"orders:{user.pk}", orders, timeout=60)\n'
                    "    return orders\n"
                ),
            },
        ),
        Example(
            "told by None",
            {
                **_DJANGO,
                "shop/selectors.py": (
                    f"{_CACHE}def orders_of(user):\n"
                    '    orders = cache.get(f"orders:{user.pk}")\n'
                    "    if orders is None:\n"
                    "        orders = list(user.orders.all())\n"
                    "        if orders:\n"
                    '            cache.set(f"orders:{user.pk}", orders, timeout=60)\n'
                    "    return orders\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a sentinel, and a default that is no miss",
            {
                **_DJANGO,
                "shop/selectors.py": (
                    f"{_CACHE}MISSING = object()\n\n\n"
                    "def orders_of(user):\n"
                    "    orders = cache.get(user.pk, MISSING)\n"
                    "    if orders is MISSING:\n"
                    "        cache.set(user.pk, None, timeout=60)\n"
                    '    is_down = cache.get("down", False)\n'
                    "    if is_down:\n"
                    "        return None\n"
                    "    return orders\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a flag that another function sets",
            {
                **_DJANGO,
                "shop/selectors.py": (
                    f"{_CACHE}def is_open():\n"
                    '    closed = cache.get("closed")\n'
                    "    if closed:\n"
                    "        return False\n"
                    "    return True\n"
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each value that a function fetches and may have to make."""
        filling = {
            call.site.symbol
            for call in project.cache_calls
            if call.site.function is not None and call.method in FILLS
        }
        for call in project.cache_calls:
            function = call.site.function
            if call.method != "get" or function is None or function.symbol not in filling:
                continue
            lines = _lines(call)
            if not lines:
                if call.site.outline.bound:
                    yield call.site.in_order()
                continue
            name, line = call.site.outline.bound, lines[0]
            place = Located(call.site.path, line, line, 0, function.symbol, f"if {name}")
            yield place.violation(
                f"a cached value that is empty or zero counts as a miss here; test `{name} is None`",
                fix=Fix([CompareWithNone(place.path, line, name)], is_safe=False),
            )


def _lines(call: CacheCall) -> list[int]:
    """The lines right after a `get` on which the truth of its result decides, if a miss gives None."""
    function, outline = call.site.function, call.site.outline
    if function is None or not outline.bound or call.argument(1, "default") is not None:
        return []
    last = min(
        (
            other.end_line
            for other in call.site.siblings
            if other.bound == outline.bound and other.line > outline.line
        ),
        default=outline.end_line + _NEAR,
    )
    return [
        line
        for name, line in function.outline.tested
        if name == outline.bound and outline.end_line < line <= min(last, outline.end_line + _NEAR)
    ]
