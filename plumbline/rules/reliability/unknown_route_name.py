"""REL-01."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.route_names import RouteNames
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_REVERSE = frozenset(
    (
        "django.urls.reverse",
        "django.urls.reverse_lazy",
        "django.urls.base.reverse",
        "django.urls.base.reverse_lazy",
    )
)
_LITERAL = re.compile(r"""(["'])([^"'{}]+)\1(?=\s|$)""")
_AS = re.compile(r"\sas\s+\w+$")
_SETTINGS = {
    "requirements.txt": "django\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n',
    "config/__init__.py": "",
    "config/settings.py": 'ROOT_URLCONF = "config.urls"\nINSTALLED_APPS = ["shop"]\n',
    "shop/__init__.py": "",
    "shop/urls.py": (
        "from django.urls import path\n\nfrom shop import views\n\n"
        'app_name = "shop"\nurlpatterns = [path("orders/", views.orders, name="orders")]\n'
    ),
}
_URLS = (
    "from django.contrib import admin\nfrom django.urls import include, path\n\nfrom shop import views\n\n"
    "urlpatterns = [\n"
    '    path("admin/", admin.site.urls),\n'
    '    path("", views.home, name="home"),\n'
    '    path("shop/", include("shop.urls")),\n'
    '    path("accounts/", include("allauth.urls")),\n'
    "]\n"
)


def _page(*names: str) -> str:
    return "".join(f'{{% url "{name}" %}}\n' for name in names)


class UnknownRouteName(Rule):
    """Finds ``reverse()`` and ``{% url %}`` with a name that no route has."""

    code = "REL01"
    slug = "unknown-route-name"
    title = "`reverse()` and `{% url %}` name a route that exists"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Reliability & Resilience Testing"
    guide_lines = (2171, 2177)
    what = (
        "A literal name in `reverse()`, `reverse_lazy()` or `{% url %}` that no route has, when all URLconfs are "
        "followed from `ROOT_URLCONF` with their namespaces, routers and the known names of common packages."
    )
    why = (
        "A name that does not exist raises `NoReverseMatch`: the page fails, and in a template so does every page "
        "that shows the link."
    )
    how = (
        "Correct the name; with a namespace it is written `shop:orders`. Where a package has renamed or dropped its "
        "routes, write a route of your own and name that."
    )
    applies_when = (
        "code or templates give a literal name, and settings name a root URLconf of the repository"
    )
    absent = "nothing is reversed by a literal name"
    errata = (
        "The guide's sample reverses `health_check:health_check_home`, which django-health-check 4 no longer has; "
        "route its view yourself."
    )
    needs = ("python", "template")
    examples = (
        Example(
            "misspelt, without its namespace, of a package that has no such routes",
            {
                **_SETTINGS,
                "config/urls.py": _URLS,
                "shop/services.py": (
                    "from django.urls import reverse\n\n\n"
                    "def links():\n"
                    '    return [reverse("home"), reverse("orders")]  # <-\n'
                ),
                "tests/test_health.py": (
                    "from django.urls import reverse\n\n\n"
                    "def test_health(client):\n"
                    '    client.get(reverse("health_check:health_check_home"))  # <-\n'
                ),
                "shop/templates/page.html": '{% url "shop:orders" %}\n{% url "shop:order" %}{# <- #}\n',
            },
        ),
        Example(
            "names with and without a namespace",
            {
                **_SETTINGS,
                "config/urls.py": _URLS,
                "shop/templates/page.html": _page("home", "shop:orders", "account_login"),
            },
            state="pass",
        ),
        Example(
            "the admin's names, optional links, variables, and attempts",
            {
                **_SETTINGS,
                "config/urls.py": _URLS,
                "shop/templates/page.html": (
                    _page("home", "admin:shop_order_changelist")
                    + '{% url "nothing" as link %}\n{% url name %}\n'
                ),
                "shop/services.py": (
                    "from django.urls import NoReverseMatch, reverse\n\n\n"
                    "def link(name):\n"
                    "    try:\n"
                    '        return reverse("nothing")\n'
                    "    except NoReverseMatch:\n"
                    "        return reverse(name)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a router, languages, and routes in a list of their own",
            {
                **_SETTINGS,
                "config/urls.py": (
                    "from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import include, path\n"
                    "from rest_framework.routers import DefaultRouter\n\nfrom shop import views\n\n"
                    "router = DefaultRouter()\n"
                    'router.register("orders", views.OrderViewSet, basename="order")\n'
                    'more = [path("more/", views.more, name="more")]\n'
                    'urlpatterns = i18n_patterns(path("", views.home, name="home"))\n'
                    'urlpatterns += [path("api/", include((router.urls, "api"))), path("", include(more))]\n'
                ),
                "shop/templates/page.html": _page(
                    "home", "api:order-list", "api:order-pay", "more"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "routes of a package that nobody here knows",
            {
                **_SETTINGS,
                "config/urls.py": _URLS.replace("allauth.urls", "payments.urls"),
                "shop/templates/page.html": _page("home", "pay", "payments:pay"),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "nothing is reversed",
            {**_SETTINGS, "config/urls.py": _URLS},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each literal name that is reversed."""
        known: dict[str, bool | None] = {}
        routes = project.route_names
        for place, name, is_tried in _reversed(project):
            if name not in known:
                known[name] = routes.root.holds(name)
                if known[name] is False and name.rpartition(":")[2] in routes.elsewhere:
                    known[name] = None
            if known[name]:
                yield place.in_order()
            elif known[name] is None or is_tried:
                yield place.unknown(f"whether a route is named `{name}` cannot be told")
            else:
                yield place.violation(f"no route is named `{name}`{_hint(routes, name)}")


def _reversed(project: Project) -> Iterator[tuple[Located, str, bool]]:
    """Every literal name that is reversed, and whether the code expects that it may fail."""
    for tests in (False, True):
        for call in project.calls.named("reverse", "reverse_lazy", tests=tests):
            name = call.outline.args[0] if call.outline.args else call.keyword("viewname")
            if not isinstance(name, str) or call.target not in _REVERSE:
                continue
            if len(call.outline.args) > 1 or call.has_keyword("urlconf"):
                continue
            is_tried = call.has(o.IN_TRY) or (tests and call.has(o.IN_WITH))
            if tests and not is_tried:
                module = project.names.modules[call.path]
                is_tried = module.may_call("ROOT_URLCONF", "mark.urls")
            yield call, name, is_tried
    for template in project.templates:
        for tag in template.outline.tags:
            if (
                tag.name == "url"
                and (match := _LITERAL.match(tag.rest))
                and not _AS.search(tag.rest)
            ):
                yield template.located(tag), match[2], False


def _hint(routes: RouteNames, name: str) -> str:
    """What may have been meant: the same name in another namespace, or one that is spelt alike."""
    every = list(routes.root.full_names())
    last = name.rpartition(":")[2]
    same = [other for other in every if other.rpartition(":")[2] == last]
    close = same[:1] or difflib.get_close_matches(name, every, 1, 0.8)
    return f"; did you mean `{close[0]}`?" if close else "; correct it, or add the route"
