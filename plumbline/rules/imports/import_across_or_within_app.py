"""IMP-03."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from plumbline import outline as o
from plumbline.edits import Edit, Fix, GroupImports, ReplaceText
from plumbline.project import Module, Project
from plumbline.project.app_folders import AppFolder
from plumbline.roles import SOURCE, is_project_file
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_APP = {"apps/orders/models.py": "import django\n", "apps/users/models.py": "import django\n"}


class ImportAcrossOrWithinApp(Rule):
    """Finds relative imports that leave their app, and absolute ones that stay inside."""

    code = "IMP03"
    slug = "import-across-or-within-app"
    title = "Imports are absolute across apps and relative inside an app"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Imports"
    guide_lines = (1468, 1470)
    what = (
        "A module of an app that imports its own app by its full name (`from apps.orders.models import …` inside "
        "`apps.orders`), or another app by dots (`from ..users.models import …`). One verdict for each module."
    )
    why = (
        "The form of the import then tells what matters about it: a dot stays inside, a full name crosses a border. "
        "An app that names itself nowhere can also be moved or renamed in one piece."
    )
    how = "Write `from .models import Order` for the own app, `from apps.users.models import User` for another."
    applies_when = "the repository has apps whose modules import from its own apps"
    absent = "no module of an app imports from this repository's apps"
    errata = (
        "Ruff's TID252 can forbid relative imports altogether; projects that do so should lower or switch off this "
        "rule."
    )
    examples = (
        Example(
            "the wrong way round",
            {
                **_APP,
                "apps/orders/services.py": (
                    "from apps.orders.models import Order  # <-\nfrom ..users.models import User\n"
                ),
                "apps/users/services.py": "from ..orders.models import Order  # <-\n",
            },
            fixed={
                "apps/orders/services.py": (
                    "from apps.users.models import User\n\nfrom .models import Order\n"
                ),
                "apps/users/services.py": "from apps.orders.models import Order\n",
            },
        ),
        Example(
            "from deeper inside the app",
            {
                **_APP,
                "apps/orders/api/views.py": (
                    "from apps.orders.models import Order  # <-\nfrom apps.orders.api.forms import OrderForm\n"
                    "import apps.orders\n"
                ),
            },
            fixed={
                "apps/orders/api/views.py": (
                    "import apps.orders\n\nfrom ..models import Order\nfrom .forms import OrderForm\n"
                ),
            },
        ),
        Example(
            "below the imports of other apps",
            {
                **_APP,
                "apps/orders/tasks.py": (
                    "from apps.users.models import User\nfrom apps.orders.models import Order  # <-\n"
                ),
            },
            fixed={
                "apps/orders/tasks.py": (
                    "from apps.users.models import User\n\nfrom .models import Order\n"
                ),
            },
        ),
        Example(
            "as the guide shows",
            {
                **_APP,
                "apps/orders/services.py": (
                    "import logging\n\nfrom apps.users.models import User\n\nfrom .models import Order\n"
                ),
            },
            state="pass",
        ),
        Example(
            "the project's package is an app too",
            {
                "shop/models.py": "import django\n",
                "shop/orders/models.py": "import django\n",
                "shop/utils/text.py": "from shop.models import Site\nfrom ..orders.models import Order\n",
                "shop/orders/views.py": "from shop.models import Site\n\nfrom .models import Order\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no app", {"shop/views.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        folders = project.app_folders
        for module in project.names:
            if module.role != SOURCE or not module.outline.imports:
                continue
            app = folders.of(module.path)
            if app is None or app.folder in folders.outer or not is_project_file(module.path):
                continue
            prefix = f"{app.package}."
            wrong: list[o.Import] = []
            is_subject = False
            for item in module.outline.imports:
                name = item.module
                if name[:1] == ".":
                    is_subject = True
                    if name[:2] == ".." and not f"{module.absolute(name)}.".startswith(prefix):
                        wrong.append(item)
                elif name.startswith(prefix) or name == app.package:
                    is_subject = True
                    if item.name:
                        wrong.append(item)
            if not is_subject:
                continue
            subject = project.located_at(module.path, module.name, "imports")
            if not wrong:
                yield subject.in_order()
                continue
            first = wrong[0]
            better = _better(module, app, first)
            fault = (
                "leaves the app by dots" if first.module[:1] == "." else "names its own app in full"
            )
            lines = len({item.line for item in wrong})
            yield subject.violation(
                f"`from {first.module} import {first.name}` {fault}; write `from {better} import {first.name}`"
                + (
                    f" (and so for {lines - 1} more import{'s' if lines > 2 else ''})"
                    if lines > 1
                    else ""
                ),
                at=project.located_in(module, first.line, f"from {first.module}"),
                fix=_fix(project, module, app, wrong),
            )


def _better(module: Module, app: AppFolder, item: o.Import) -> str:
    """The module name that an import should be written with."""
    if item.module.startswith("."):
        return module.absolute(item.module)
    here, there = module.package.split("."), item.module.split(".")
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return "." * (len(here) - shared + 1) + ".".join(there[shared:])


def _fix(project: Project, module: Module, app: AppFolder, wrong: list[o.Import]) -> Fix | None:
    """Rewrite the statements, and sort them where they would be out of order then.

    A name from the top may be another where the source root is not what it looks like, and order may matter: unsafe.
    """
    better = {item.line: (item.module, _better(module, app, item)) for item in wrong}
    header = [
        (line, project.import_groups.group_of(better[line][1]) if line in better else group)
        for line, group, _ in project.import_groups.header(module)
    ]
    groups = [group for _, group in header]
    is_sorted = groups == sorted(groups)
    at_top = set() if is_sorted else {line for line, _ in header}
    above = {
        line: before != group for (_, before), (line, group) in pairwise(header) if line in better
    }
    edits: list[Edit] = [
        ReplaceText(
            module.path,
            line,
            f"from {old} import",
            f"from {new} import",
            above.get(line, False),
        )
        for line, (old, new) in sorted(better.items())
        if line not in at_top
    ]
    if not is_sorted and not project.import_groups.is_one_block(module):
        return None
    if not is_sorted:
        renames = tuple((line, *better[line]) for line in sorted(better) if line in at_top)
        edits.append(GroupImports(module.path, tuple(header), renames))
    is_relative = any(item.module.startswith(".") for item in wrong)
    return Fix(edits, is_safe=is_sorted and not is_relative)
