"""RAT-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddImport, Fix, WrapCall
from plumbline.project import Project
from plumbline.project.throttling import Limit
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = (
    "from django.utils.decorators import method_decorator\nfrom django.views.generic import View\n"
    "from django_ratelimit.decorators import ratelimit\n\n\n"
)
_LIMIT = 'ratelimit(key="ip", rate="5/m")'


class LimitOnMethod(Rule):
    """Finds limits on methods that take the view for the request."""

    code = "RAT06"
    slug = "limit-on-method"
    title = "A limit on a view class goes through `method_decorator`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Rate Limiting"
    guide_lines = (1748, 1764)
    what = "django-ratelimit's decorator put straight on a method, or on a view class."
    why = (
        "The decorator takes the first argument for the request. On a method that is the view, which has neither "
        "an address nor a user, so that each request ends in an error."
    )
    how = (
        'Wrap it: `@method_decorator(ratelimit(…))` on the method, or on the class with `name="dispatch"`. The '
        "exception is then raised where Django or REST framework can answer it."
    )
    applies_when = "a method or a view class is limited by django-ratelimit's decorator"
    absent = "no method or class is limited by django-ratelimit's decorator"
    examples = (
        Example(
            "straight on a method",
            {
                "shop/views.py": (
                    f"{_HEAD}class SignIn(View):\n    @{_LIMIT}  # <-\n    def post(self, request):\n"
                    "        return None\n"
                )
            },
            fixed={
                "shop/views.py": (
                    f"{_HEAD}class SignIn(View):\n    @method_decorator({_LIMIT})\n    def post(self, request):\n"
                    "        return None\n"
                )
            },
        ),
        Example(
            "straight on a class",
            {
                "shop/views.py": (
                    f"{_HEAD}@{_LIMIT}  # <-\nclass SignIn(View):\n    def post(self, request):\n        return None\n"
                )
            },
        ),
        Example(
            "through `method_decorator`",
            {
                "shop/views.py": (
                    f'{_HEAD}@method_decorator({_LIMIT}, name="dispatch")\nclass SignIn(View):\n'
                    f"    @method_decorator({_LIMIT})\n    def post(self, request):\n        return None\n"
                )
            },
            state="pass",
        ),
        Example(
            "on a function",
            {"shop/views.py": f"{_HEAD}@{_LIMIT}\ndef sign_in(request):\n    return None\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each decorator on a method or class."""
        for limit in project.throttling.limits:
            if limit.cls is None or (
                limit.function is not None and limit.function.decorated("staticmethod")
            ):
                continue
            if not limit.is_direct:
                yield limit.place.in_order()
            elif limit.function is None:
                yield limit.place.violation(
                    f"this limit turns the class `{limit.cls.name}` into a function; wrap it in "
                    '`method_decorator(…, name="dispatch")`'
                )
            else:
                yield limit.place.violation(
                    f"this limit takes the view for the request in `{limit.function.name}`; wrap it in "
                    "`method_decorator`",
                    fix=_fix(limit),
                )


def _fix(limit: Limit) -> Fix | None:
    call = limit.call
    if call is None:
        return None
    return Fix(
        [
            WrapCall(call.path, call.line, call.column, call.outline.name, "method_decorator"),
            AddImport(call.path, "django.utils.decorators", "method_decorator"),
        ]
    )
