"""RAT-03."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.throttling import Limit
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "import django\nfrom django_ratelimit.decorators import ratelimit\n\n\n"
_RATE = re.compile(r"\d+/\d*[smhd]?")
_KEYS = ("ip", "user", "user_or_ip")
_FROM_REQUEST = ("get:", "post:", "header:")
_UNSEEN = o.Opaque("unseen")


class LimitWithoutRate(Rule):
    """Finds limits that say of nobody, or not how often."""

    code = "RAT03"
    slug = "limit-without-key-or-rate"
    title = "A limit says whom it counts and how often is too often"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Rate Limiting"
    guide_lines = (1748, 1764)
    what = (
        "django-ratelimit's decorator without `key` or `rate`, without its parentheses, or with a `key` or `rate` that "
        "it does not understand."
    )
    why = (
        "Without a rate nothing is limited, and nothing says so. Without a key, or with one that is not understood, "
        "each request to the view ends in an error. The first argument by position is the group, not the key."
    )
    how = (
        'Write both by name: `@ratelimit(key="user_or_ip", rate="100/h")`. A rate is a number, a slash and one of '
        "s, m, h, d; a function may compute either."
    )
    applies_when = "a view is limited by django-ratelimit's decorator"
    absent = "no view is limited by django-ratelimit's decorator"
    examples = (
        Example(
            "no rate, no key, or both in the wrong place",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip")  # <-\ndef first(request):\n    return None\n\n\n'
                    '@ratelimit(rate="5/m")  # <-\ndef second(request):\n    return None\n\n\n'
                    '@ratelimit("ip", "5/m")  # <-\ndef third(request):\n    return None\n\n\n'
                    "@ratelimit\ndef fourth(request):  # <-\n    return None\n"
                )
            },
        ),
        Example(
            "a rate and a key that are not understood",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="five/m")  # <-\ndef first(request):\n    return None\n\n\n'
                    '@ratelimit(key="address", rate="5/m")  # <-\ndef second(request):\n    return None\n'
                )
            },
        ),
        Example(
            "both",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="user_or_ip", rate="100/h")\ndef first(request):\n    return None\n\n\n'
                    '@ratelimit("sign_in", "post:name", "5/15m")\ndef second(request):\n    return None\n'
                )
            },
            state="pass",
        ),
        Example(
            "a function that computes the rate",
            {
                "shop/views.py": (
                    f'{_HEAD}def rate_of(group, request):\n    return "1000/h" if request.user.is_staff else '
                    f'"100/h"\n\n\n@ratelimit(key="user", rate=rate_of)\ndef first(request):\n    return None\n\n\n'
                    '@ratelimit(key="shop.limits.key_of", rate="shop.limits.rate_of")\n'
                    "def second(request):\n    return None\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no limits",
            {"shop/views.py": "import django\n\n\ndef home(request):\n    return None\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each decorator."""
        for limit in project.throttling.limits:
            if limit.call is None:
                yield limit.place.violation(
                    "`@ratelimit` needs its parentheses, with `key` and `rate`; without them the view never runs"
                )
                continue
            wrong = _wrong(project, limit)
            if wrong:
                yield limit.place.violation(wrong)
            elif wrong is None:
                yield limit.place.unknown("some arguments are computed")
            else:
                yield limit.place.in_order()


def _wrong(project: Project, limit: Limit) -> str | None:
    """What is wrong with a limit; empty if nothing, None where that cannot be told."""
    given = limit.arguments
    is_open = "**" in given
    key = _value(project, limit, given.get("key", _UNSEEN if is_open else None))
    rate = _value(project, limit, given.get("rate", _UNSEEN if is_open else None))
    if rate is None:
        return 'this limit has no `rate` and so limits nothing; say how often, such as `rate="5/m"`'
    if not key and key != 0:
        return 'this limit has no `key`, and each request ends in an error; say whom it counts, such as `key="ip"`'
    if isinstance(rate, str) and "." not in rate and not _RATE.match(rate):
        return f"the rate `{rate}` is not understood; write a number, a slash and one of s, m, h, d"
    if isinstance(key, str) and not (
        key in _KEYS or key.startswith(_FROM_REQUEST) or ("." in key and ":" not in key)
    ):
        return f"the key `{key}` is not understood; use `ip`, `user`, `user_or_ip`, `header:…` or a function"
    return None if isinstance(key, o.Opaque) or isinstance(rate, o.Opaque) else ""


def _value(project: Project, limit: Limit, value: o.Value) -> o.Value:
    """An argument, with the name of a constant in place of its value; ``Opaque`` where that cannot be told."""
    if isinstance(value, o.Choice):
        return _UNSEEN
    if not isinstance(value, o.Ref) or limit.call is None:
        return value
    names = project.names
    target = names.resolve(names.modules[limit.call.path], value.name, limit.call.outline.scope)
    if project.functions.by_name.get(target) is not None:
        return value
    module, rest = names.split(target)
    for step in module.outline.assignments if module is not None else ():
        if step.target == rest and step.operator == "=" and isinstance(step.value, str):
            return step.value
    return _UNSEEN
