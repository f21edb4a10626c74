"""CAC-09."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import ABSENT, FILLS, CacheCall
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LONG = 3600
_VERSION = re.compile(r"(?i)version|(?<![a-z])v(\d|\{)")
_DJANGO = {"manage.py": "import django\n"}
_CACHE = "from django.core.cache import cache\n\n\n"
_REPORT = (
    "def get_report(pk):\n"
    '    key = f"report:{pk}"\n'
    "    report = cache.get(key)\n"
    "    if report is None:\n"
    "        report = generate_report(pk)\n"
    "        cache.set(key, report, timeout=86400)\n"
    "    return report\n"
)


class UnprotectedEntry(Rule):
    """Finds entries that are kept for long and have neither a version nor a guard against a stampede."""

    code = "CAC09"
    slug = "unprotected-cache-entry"
    title = "Expensive entries have a version or are made by one process at a time"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1674, 1725)
    preview = True
    effort = Effort.HOUR
    what = (
        "A function that reads a cache and fills it for an hour or longer, whose key carries no version and which "
        "takes no lock while it makes the value."
    )
    why = (
        "What is kept for long is usually slow to make. When it expires, every request that comes meanwhile makes it "
        "again at once; and after a deployment that changes its form, the old one comes back for as long as it lives."
    )
    how = (
        "Put a version into the key, or pass `version=`, and raise it with the form of the value. Let one process make "
        "it, under `cache.add` or `cache.lock`, while the others serve what there was."
    )
    applies_when = "a function reads a cache and fills it for an hour or longer"
    absent = "no function is seen to read a cache and fill it for an hour or longer"
    errata = (
        "Whether a value is expensive, and whether many ask for it at once, shows only at run time. This lists the "
        "candidates; it is advice."
    )
    examples = (
        Example(
            "a day, without either",
            {
                **_DJANGO,
                "shop/selectors.py": (_CACHE + _REPORT).replace("86400)", "86400)  # <-"),
            },
        ),
        Example(
            "a version in the key; a lock",
            {
                **_DJANGO,
                "shop/selectors.py": (
                    _CACHE
                    + _REPORT.replace("report:{pk}", "report:{pk}:v2")
                    + "\n\n"
                    + _REPORT.replace("def get_report", "def get_locked").replace(
                        "        report = generate",
                        '        cache.add(f"{key}:lock", 1, timeout=30)\n        report = generate',
                    )
                ),
            },
            state="pass",
        ),
        Example(
            "a minute",
            {**_DJANGO, "shop/selectors.py": _CACHE + _REPORT.replace("86400", "60")},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each entry that is kept for long."""
        by_function: dict[str, list[CacheCall]] = {}
        for call in project.cache_calls:
            if call.site.function is not None:
                by_function.setdefault(call.site.symbol, []).append(call)
        is_versioned = any(cache.get("VERSION") is not ABSENT for cache in project.caches)
        for calls in by_function.values():
            if not any(call.method in ("get", "get_or_set") for call in calls):
                continue
            for call in _entries(calls):
                seconds = call.seconds(project)
                if seconds is None or seconds < _LONG:
                    continue
                has_guard = any(
                    other.method == "lock" or (other.method == "add" and other is not call)
                    for other in calls
                )
                if is_versioned or has_guard or _has_version(call):
                    yield call.site.in_order()
                else:
                    yield call.site.violation(
                        "this is kept for long with neither a version in its key nor a lock while it is made; add one"
                    )


def _entries(calls: list[CacheCall]) -> list[CacheCall]:
    """The last call that fills each key with something."""
    found = {
        call.key: call
        for call in calls
        if call.method in FILLS and call.argument(1, "value") is not None
    }
    return list(found.values())


def _has_version(call: CacheCall) -> bool:
    return call.site.has_keyword("version") or _VERSION.search(call.key) is not None
