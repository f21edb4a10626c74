"""RAT-01."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Function, Project
from plumbline.project.writes import changes_rows
from plumbline.rule import Effort, Example, Level, Rule, Verdict

_SIGN_IN = re.compile(
    r"(^|_)(log_?in|sign_?in|sign_?up|register|registration|forgot\w*|password_?reset|reset_password|obtain\w*token"
    r"|resend\w*|send_?(code|link)|verify_(code|otp))(_|$)"
)
_NOT_SIGN_IN = re.compile(
    r"(^|_)(done|complete|success|sent|callback|redirect|metadata|log_?out|device|admin|csrf)(_|$)"
)
_EXPENSIVE = re.compile(r"(^|_)(export|report|generate|render_pdf|download_all)(_|$)")
_LIMITS = re.compile(
    r"rate_?limit|throttl|limiter|bucket|captcha|too_?many|axes|defender|brute", re.IGNORECASE
)
_POSTS = frozenset(
    f"django.views.decorators.http.{name}" for name in ("require_POST", "require_http_methods")
)
_STAFF = (
    "django.contrib.admin.views.decorators.",
    "django.contrib.auth.decorators.user_passes_test",
)
_HEAD = (
    "from django.shortcuts import render\nfrom django_ratelimit.decorators import ratelimit\n\n\n"
)
_CREATES = frozenset("create bulk_create get_or_create update_or_create acreate".split())
_GRANTED = re.compile(r"permission|group_required|superuser|staff")
"""Decorators that leave a view to few people."""
_URLS = "from django.urls import path\n\nfrom shop import views\n\nurlpatterns = [path('', views.sign_in)]\n"


class UnlimitedView(Rule):
    """Finds views for signing in, for new rows and for reports that may be asked without end."""

    code = "RAT01"
    slug = "unlimited-view"
    title = "Function views that sign in, make rows or cost much are limited"
    level = Level.SHOULD
    section = "Rate Limiting"
    guide_lines = (1738, 1764)
    preview = True
    what = (
        "A function view that by its name signs somebody in, registers, resets a password or makes a report, or that "
        "takes only POST and makes rows, without a limit in sight."
    )
    why = (
        "Such views are what gets abused: passwords are guessed, mails are sent to strangers, tables are filled, and "
        "a report that takes seconds takes the site down when it is asked for in a loop."
    )
    how = (
        'Decorate the view: `@ratelimit(key="user_or_ip", rate="10/m", method="POST")`. If a gateway in front '
        "limits it, waive this with that reason."
    )
    applies_when = "function views sign in, make rows or make reports"
    absent = "no function view is seen to sign in, to make rows or to make reports"
    errata = (
        "A limit of any kind counts: django-ratelimit, throttle classes, django-axes for signing in, code with a name "
        "that says so. What a gateway does cannot be seen, so this only points."
    )
    effort = Effort.HOUR
    examples = (
        Example(
            "signing in as often as one likes",
            {
                "shop/urls.py": _URLS,
                "shop/views.py": f'{_HEAD}def sign_in(request):  # <-\n    return render(request, "in.html")\n',
            },
        ),
        Example(
            "new rows and a report",
            {
                "shop/views.py": (
                    "from django.contrib.auth.decorators import login_required\n"
                    "from django.views.decorators.http import require_POST\n\n"
                    "from shop.models import Order\n\n\n"
                    "@require_POST\n@login_required\ndef order(request):  # <-\n    Order.objects.create()\n\n\n"
                    "@login_required\ndef sales_report(request):  # <-\n    return None\n"
                ),
            },
        ),
        Example(
            "limited",
            {
                "shop/urls.py": _URLS,
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="5/m")\ndef sign_in(request):\n'
                    '    return render(request, "in.html")\n'
                ),
            },
            state="pass",
        ),
        Example(
            "throttled by REST framework for all views",
            {
                "requirements.txt": "django\ndjangorestframework\n",
                "config/settings.py": (
                    "INSTALLED_APPS = []\nREST_FRAMEWORK = {\n"
                    '    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],\n'
                    '    "DEFAULT_THROTTLE_RATES": {"anon": "100/day"},\n}\n'
                ),
                "shop/api.py": (
                    "from rest_framework.decorators import api_view\n\n\n"
                    '@api_view(["POST"])\ndef sign_in(request):\n    return None\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a page that anybody may read",
            {
                "shop/urls.py": _URLS.replace("sign_in", "home"),
                "shop/views.py": f'{_HEAD}def home(request):\n    return render(request, "home.html")\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each function view of those kinds."""
        has_guard = project.uses("axes", "django-axes") or project.uses(
            "defender", "django-defender"
        )
        is_covered = any(
            _LIMITS.search(item) or "axes" in item
            for module in project.settings.deployed
            if (setting := module.get("MIDDLEWARE")) is not None
            for item in setting.items
            if isinstance(item, str) and not item.startswith("django_ratelimit.")
        )
        for view in project.views.functions():
            kind = _kind(view)
            if kind is None or view.decorated(*_STAFF):
                continue
            if (
                is_covered
                or (kind == "signs somebody in" and has_guard)
                or _is_limited(project, view)
            ):
                yield view.in_order()
            else:
                yield view.violation(
                    f"`{view.name}` {kind} and may be asked without end; limit it with `@ratelimit`"
                )


def _kind(view: Function) -> str | None:
    """What a view does that deserves a limit."""
    if _SIGN_IN.search(view.name) and not _NOT_SIGN_IN.search(view.name):
        return "signs somebody in"
    if _EXPENSIVE.search(view.name):
        return "makes a report"
    if (
        any(name in _POSTS for name, _ in view.decorators)
        and not any(_GRANTED.search(name) for name, _ in view.decorators)
        and any(call.method in _CREATES and changes_rows(call) for call in view.calls)
    ):
        return "makes rows"
    return None


def _is_limited(project: Project, view: Function) -> bool:
    throttling = project.throttling
    if any(_LIMITS.search(name) for name, _ in view.decorators):
        return True
    if view.decorated("rest_framework.decorators.api_view") and throttling.defaults:
        return True
    if any(limit.function is view for limit in throttling.limits):
        return True
    if any(_LIMITS.search(call.outline.name) for call in view.calls):
        return True
    if any(_form_limits(project, call.target) for call in view.calls):
        return True
    # In the URLs: `path("in/", ratelimit(…)(views.sign_in))`.
    return any(
        route.view == view.qualified_name and _LIMITS.search(route.text)
        for route in project.views.routes
    )


def _form_limits(project: Project, name: str) -> bool:
    """Whether a class that a view makes, such as its form, looks after the limit."""
    cls = project.classes.by_name.get(name)
    return cls is not None and any(
        _LIMITS.search(call.name)
        for index, _ in cls.methods()
        for call in cls.module.calls_by_scope.get(index, ())
    )
