"""IMP-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict


class StarImport(Rule):
    """Finds star imports outside of settings and re-exports."""

    code = "IMP05"
    slug = "star-import"
    title = "Star imports stay inside settings"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Imports"
    guide_lines = (1457, 1471)
    what = (
        "`from module import *` outside of settings modules. A package's `__init__.py` may gather its own modules "
        "so, and a module that "
        "holds nothing but imports may stand in for another. Tests, migrations and documentation are left alone."
    )
    why = (
        "After a star import no reader and no tool can say where a name comes from, a typo becomes a name that might "
        "exist, and a new name "
        "in one module can shadow another's."
    )
    how = (
        "Name what the module uses: `from .choices import Status, Kind`. Ruff's F403 and F405 find the import and "
        "its uses."
    )
    applies_when = "the repository has Python modules that import something"
    absent = "no module imports anything"
    errata = (
        "The guide's samples import by name everywhere and its Ruff configuration allows undefined names from star "
        "imports in settings "
        "alone; the statement follows from both."
    )
    examples = (
        Example(
            "stars in ordinary modules",
            {
                "shop/models.py": "from django.db import models\nfrom .choices import *  # <-\n\nSIZE = 3\n",
                "shop/views.py": (
                    "from django.views.generic import *  # <-\nfrom shop.models import *  # <-\n\n\ndef "
                    "page(request):\n"
                    "    return None\n"
                ),
            },
        ),
        Example(
            "stars in settings",
            {
                "config/settings/base.py": "import django\n\nINSTALLED_APPS = []\n",
                "config/settings/production.py": "from .base import *\n\nDEBUG = False\n",
                "shop/settings_local.py": "from config.settings.base import *\n\nDATABASES = {}\n",
            },
            state="pass",
        ),
        Example(
            "a package gathers its modules",
            {
                "shop/models/__init__.py": "from .order import *\nfrom shop.models.item import *\n",
                "shop/models/order.py": "from django.db import models\n",
                "shop/models/item.py": "from django.db import models\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a module that stands in for another",
            {
                "shop/compat.py": '"""Kept for those who import it."""\nfrom shop.core import *  # noqa: F403\n',
                "shop/core.py": "import django\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "stars in tests and migrations only",
            {
                "shop/models.py": "from django.db import models\n",
                "shop/tests/test_models.py": "from shop.models import *\n\nSIZE = 3\n",
            },
            state="pass",
        ),
        Example("nothing is imported", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        settings = {item.path for item in project.settings.modules}
        for module in project.names:
            imports = module.outline.imports
            if module.role != "source" or not imports:
                continue
            stars = [item for item in imports if item.name == "*"]
            may = bool(stars) and (module.path in settings or module.only_imports)
            is_clean = True
            for item in stars:
                if may:
                    continue
                source = module.absolute(item.module)
                if module.is_package and (
                    item.module.startswith(".") or f"{source}.".startswith(f"{module.name}.")
                ):
                    continue
                is_clean = False
                yield project.located_in(
                    module, item.line, f"from {item.module} import *"
                ).violation(
                    f"`from {item.module} import *` hides which names this module uses; import them by name"
                )
            if is_clean:
                yield project.located_at(module.path, module.name, "imports").in_order()
