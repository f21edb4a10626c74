"""STR-04."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Module, Project
from plumbline.roles import SOURCE, is_template, stem
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LAYERS = {
    "services": (
        re.compile(
            r"/(services?|service_layer|actions|use_?cases|operations|domain|logic|interactors)(/|\.py$)"
        ),
        (
            "objects.create",
            "objects.get_or_create",
            "objects.update_or_create",
            "objects.bulk_create",
        ),
        "writes",
    ),
    "selectors": (
        re.compile(r"/(selectors?|queries|query|querysets?|managers?|repositor(y|ies))(/|\.py$)"),
        (
            "objects.filter",
            "objects.get",
            "objects.all",
            "objects.exclude",
            "objects.select_related",
        ),
        "queries",
    ),
}
"""For each layer: names of modules that count as it, calls that ask for it, and what those are called."""
_ELSEWHERE = frozenset("models admin managers querysets apps signals factories".split())
_MODEL = "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
_VIEW = (
    "from .models import Order\n\n\ndef order_list(request):\n    return Order.objects.filter()\n"
)


class AppWithoutLayers(Rule):
    """Finds apps that write or query in their views and have no module for either."""

    code = "STR04"
    slug = "app-without-layers"
    title = "An app that writes has services, and one that queries has selectors"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (52, 58)
    preview = True
    effort = Effort.DAYS
    what = (
        "An app with models and views whose modules create rows through a manager but that has no module for services, "
        "or that query but has none for selectors. Usual other names count: `actions`, `use_cases`, `queries`, "
        "`querysets`."
    )
    why = (
        "Where the place is missing, business rules and queries settle in views, and the next one who needs them "
        "copies them from there."
    )
    how = "Add `services.py` or `selectors.py` to the app and move the first function there; the rest follows it."
    applies_when = "the repository has apps with models and views"
    absent = "no app has both models and views"
    errata = (
        "Advice: a small app may do without, and the guide only shows both files in its layout."
    )
    examples = (
        Example(
            "queries in views",
            {"shop/models.py": _MODEL, "shop/views.py": _VIEW},
            reports=("shop/models.py",),
        ),
        Example(
            "a module for each",
            {
                "shop/models.py": _MODEL,
                "shop/views.py": "from .services import order_create\n",
                "shop/services.py": (
                    "from .models import Order\n\n\ndef order_create():\n    return Order.objects.create()\n"
                ),
                "shop/selectors.py": _VIEW.replace("request", ""),
            },
            state="pass",
        ),
        Example(
            "other names",
            {
                "shop/models.py": _MODEL,
                "shop/views.py": _VIEW,
                "shop/queries.py": "import django\n",
                "shop/use_cases/__init__.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "an app that neither writes nor queries",
            {"shop/models.py": _MODEL, "shop/views.py": "def page(request):\n    return None\n"},
            state="pass",
            is_trap=True,
        ),
        Example("no views", {"shop/models.py": _MODEL}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        folders = project.app_folders
        by_folder: dict[str, list[Module]] = {}
        for module in project.names:
            if module.role == SOURCE and not is_template(module.path):
                app = folders.of(module.path)
                if app is not None:
                    by_folder.setdefault(app.folder, []).append(module)
        for folder, modules in sorted(by_folder.items()):
            if folder in folders.outer:
                continue
            inside = [f"/{module.path.removeprefix(f'{folder}/')}" for module in modules]
            if not all(
                any(path.startswith((f"/{name}.py", f"/{name}/")) for path in inside)
                for name in ("models", "views")
            ):
                continue
            app = folders.by_folder[folder]
            missing = [
                (layer, found)
                for layer, (named, calls, found) in _LAYERS.items()
                if not any(named.search(path) for path in inside)
                and any(
                    module.may_call(*calls)
                    for module in modules
                    if stem(module.path) not in _ELSEWHERE
                )
            ]
            if missing:
                lacks = " and ".join(
                    f"{found} but has no `{layer}` module" for layer, found in missing
                )
                yield app.violation(f"The app {lacks}; give that code a place of its own")
            else:
                yield app.in_order()
