"""RAT-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Class, Project
from plumbline.project.throttling import SCOPED
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "from rest_framework.throttling import ScopedRateThrottle\nfrom rest_framework.views import APIView\n\n\n"
_FUNCTION = (
    "from rest_framework.decorators import api_view, throttle_classes\n"
    "from rest_framework.throttling import ScopedRateThrottle\n\n\n"
    '@api_view(["POST"])\n@throttle_classes([ScopedRateThrottle])\n'
)
_REQUIREMENTS = {"requirements.txt": "django\ndjangorestframework\n"}


class ScopedThrottleWithoutScope(Rule):
    """Finds views whose scoped throttle has no scope and limits nothing."""

    code = "RAT10"
    slug = "scoped-throttle-without-scope"
    title = "A view with a scoped throttle says its scope"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Rate Limiting"
    guide_lines = (1800, 1806)
    what = "A view that names `ScopedRateThrottle` in its `throttle_classes` and has no `throttle_scope`."
    why = "That throttle lets every request pass if the view has no scope. It looks limited and is not."
    how = (
        "Set `throttle_scope` on the view, and a rate for it in `DEFAULT_THROTTLE_RATES`. For a function view, set it "
        'on what the decorators return: `upload.cls.throttle_scope = "uploads"`.'
    )
    applies_when = "a view of REST framework names `ScopedRateThrottle`"
    absent = "no view of REST framework names `ScopedRateThrottle`"
    examples = (
        Example(
            "a class and a function without a scope",
            {
                **_REQUIREMENTS,
                "shop/views.py": f"{_HEAD}class Upload(APIView):  # <-\n    throttle_classes = [ScopedRateThrottle]\n",
                "shop/api.py": f"{_FUNCTION}def upload(request):  # <-\n    return None\n",
            },
        ),
        Example(
            "with a scope, be it inherited",
            {
                **_REQUIREMENTS,
                "shop/views.py": (
                    f'{_HEAD}class Base(APIView):\n    throttle_scope = "uploads"\n\n\n'
                    "class Upload(Base):\n    throttle_classes = [ScopedRateThrottle]\n"
                ),
                "shop/api.py": (
                    f'{_FUNCTION}def upload(request):\n    return None\n\n\nupload.cls.throttle_scope = "uploads"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "other throttles",
            {
                **_REQUIREMENTS,
                "shop/views.py": f"{_HEAD}class Upload(APIView):\n    throttle_classes = []\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each view that names the scoped throttle."""
        throttling = project.throttling
        for view in throttling.views:
            names = throttling.classes_of(view) if throttling.names_throttles(view) else None
            if names is None or SCOPED not in names:
                continue
            if view.defines("throttle_scope"):
                yield view.in_order()
            elif _is_base(view):
                continue
            elif any(not base.startswith("rest_framework.") for base in view.unknown_bases):
                yield view.unknown("a base class of another package may have a scope")
            else:
                yield view.violation(
                    f"`{view.name}` has a scoped throttle and no `throttle_scope`, so that nothing limits it; "
                    "say the scope"
                )
        for function, names in throttling.function_views:
            if names is None or SCOPED not in names:
                continue
            wanted = (
                f"{function.name}.cls.throttle_scope",
                f"{function.name}.view_class.throttle_scope",
            )
            if any(item.target in wanted for item in function.module.outline.assignments):
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{function.name}` has a scoped throttle and no scope, so that nothing limits it; "
                    f"set `{wanted[0]}`"
                )


def _is_base(view: Class) -> bool:
    """Whether a class looks like one that others inherit, which may leave the scope to them."""
    return view.name.startswith("Base") or view.name.endswith(("Base", "Mixin"))
