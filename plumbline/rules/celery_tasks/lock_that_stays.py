"""CEL-13."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.classes import text_of
from plumbline.project.functions import CallSite, site
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_IMPORT = "from django.core.cache import cache\n\n\n"
_LOCK = re.compile(r"(?<!b)lock|mutex|semaphore|running|in_progress", re.IGNORECASE)
_CACHES = ("django.core.cache.cache.add", "django.core.cache.caches")


class LockThatStays(Rule):
    """Finds locks in the cache that a failure leaves behind."""

    code = "CEL13"
    slug = "cache-lock-left-behind"
    title = "A lock in the cache has a timeout and is released in finally"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Production Background Tasks with Celery"
    guide_lines = (1144, 1156)
    what = (
        "A `cache.add` that serves as a lock (its key says so, or the function deletes the same key) without a timeout "
        "of its own, or whose key is not deleted in a `finally`."
    )
    why = (
        "An exception between taking and releasing leaves the lock in place, and every later run gives up at once. "
        "Without a timeout that lasts as long as the cache keeps keys; a killed worker never reaches its `finally`."
    )
    how = (
        "Give `cache.add` a `timeout` somewhat longer than the work, open a `try` right after it, and delete the key "
        "in the `finally`."
    )
    applies_when = "a function takes a lock with `cache.add`"
    absent = "no function takes a lock with `cache.add`"
    errata = (
        "A key that only marks something as done or counts it is no lock. A function that takes the lock for another "
        "to release is judged for the timeout alone."
    )
    examples = (
        Example(
            "a lock that a failure leaves behind, and one without a timeout",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}"
                    "def ship(order_id):\n"
                    '    key = f"ship-lock-{order_id}"\n'
                    "    if not cache.add(key, 1, timeout=60):  # <-\n        return\n"
                    "    send(order_id)\n"
                    "    cache.delete(key)\n\n\n"
                    "def count():\n"
                    '    if cache.add("count-lock", 1):  # <-\n'
                    "        try:\n            total()\n"
                    '        finally:\n            cache.delete("count-lock")\n'
                ),
                "manage.py": "import django\n",
            },
        ),
        Example(
            "released whatever happens",
            {
                "shop/tasks.py": (
                    f"{_IMPORT}"
                    "def ship(order_id):\n"
                    '    key = f"ship-lock-{order_id}"\n'
                    "    if not cache.add(key, 1, 60):\n        return\n"
                    "    try:\n        send(order_id)\n"
                    "    finally:\n        cache.delete(key)\n\n\n"
                    "def lock(name):\n    return cache.add(name, 1, timeout=60)\n"
                ),
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a lock of a library",
            {
                "shop/tasks.py": (
                    "import django\nimport redis\n\nclient = redis.Redis()\n\n\n"
                    'def ship():\n    with client.lock("ship", timeout=60):\n        send()\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a counter, and a value that is kept for later",
            {
                "shop/views.py": (
                    f"{_IMPORT}"
                    "def count(key):\n"
                    "    if not cache.add(key, 1, timeout=60):\n        cache.incr(key)\n\n\n"
                    "def names():\n"
                    '    cache.add("names", [], timeout=60)\n'
                ),
                "manage.py": "import django\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each lock."""
        for call in _questions(project):
            function = call.function
            if function is None or not call.target.startswith(_CACHES):
                continue
            key = text_of(call.outline.args[0])
            deletes = [
                other
                for other in call.siblings
                if other.name.rpartition(".")[2] in ("delete", "delete_many")
                and other.args
                and text_of(other.args[0]).strip("[]") == key
            ]
            is_named = _says_lock(call, key)
            if not deletes and not is_named:
                continue
            timeout = call.keyword("timeout")
            if len(call.outline.args) > 2:
                timeout = call.outline.args[2]
            if timeout is None and not call.has_keyword("**"):
                yield call.violation(
                    f"the lock {key} has no timeout of its own, so a killed process leaves it in place; give it one"
                )
            elif (
                call.has(o.RETURNED)
                or (not deletes and _LOCK.search(function.name))
                or any(other.flags & o.IN_FINALLY for other in deletes)
            ):
                yield call.in_order()
            else:
                how = "only where nothing fails" if deletes else "nowhere in this function"
                yield call.violation(f"the lock {key} is released {how}; delete it in a `finally`")


def _questions(project: Project) -> Iterator[CallSite]:
    """The calls that put a key into a cache and ask whether it was there; sets have an ``add`` too, and are many."""
    for module in project.calls.modules("add"):
        for call in module.calls if module.may_call("cache.add", "caches[].add") else ():
            if (
                call.name.endswith(("cache.add", "caches[].add"))
                and call.args
                and not call.flags & o.DISCARDED
            ):
                function = project.functions.by_index.get((module.path, call.scope))
                yield site(call, module, project.names, function)


def _says_lock(call: CallSite, key: str) -> bool:
    """Whether the key speaks of a lock, or the function that takes it."""
    name = call.function.name if call.function is not None else ""
    return bool(_LOCK.search(key) or _LOCK.search(name))
