"""STR-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SHARED = frozenset(
    "core common commons utils util base shared lib libs models kernel foundation helpers generic".split()
)
_ABSTRACT = "from django.db import models\n\n\nclass {}(models.Model):{}\n    class Meta:\n        abstract = True\n"
_OTHERS = {
    "users/models.py": "from {0}.models import Dated\n\n\nclass User(Dated):\n    pass\n",
    "billing/models.py": "from {0}.models import Dated, Named\n\n\nclass Bill(Dated, Named):\n    pass\n",
    "cart/models.py": "from {0}.models import Named\n\n\nclass Cart(Named):\n    pass\n",
}


def _project(app: str, mark: str) -> dict[str, str]:
    bases = (
        _ABSTRACT.format("Dated", mark)
        + "\n\n"
        + _ABSTRACT.format("Named", mark).split("\n\n\n")[1]
    )
    return {f"{app}/models.py": bases, **{path: text.format(app) for path, text in _OTHERS.items()}}


class BaseModelInFeatureApp(Rule):
    """Finds abstract models that several apps share but one of them owns."""

    code = "STR06"
    slug = "base-model-in-feature-app"
    title = "Abstract models that several apps share live in core"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (60, 62)
    preview = True
    effort = Effort.HOUR
    what = (
        "An abstract model in an app of its own subject from which models of at least two other apps inherit. `core` "
        "and its usual other names (`common`, `base`, `utils`, `shared`) are in order."
    )
    why = (
        "Every app that inherits from another one depends on it, with all that it imports. A base in `core` depends "
        "on nobody."
    )
    how = "Move the abstract model to `core/models.py`; an abstract model has no table, so no migration follows."
    applies_when = "at least two abstract models are shared by models of several apps"
    absent = "fewer than two abstract models are shared across apps"
    errata = "Advice: the guide only shows `core/models.py` for base models in its layout."
    examples = (
        Example("in an app of a subject", _project("orders", "  # <-")),
        Example("in core", _project("core", ""), state="pass"),
        Example("under another name", _project("common", ""), state="pass", is_trap=True),
        Example(
            "not shared",
            {"shop/models.py": _ABSTRACT.format("Dated", "")},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        folders = project.app_folders
        abstract = {
            model.cls.qualified_name: model for model in project.models if model.is_abstract
        }
        users: dict[str, set[str]] = {}
        for model in project.models if abstract else ():
            app = folders.of(model.cls.path)
            for base in model.cls.bases:
                if app is not None and base in abstract:
                    users.setdefault(base, set()).add(app.folder)
        shared = {}
        for name in sorted(users):
            home = folders.of(abstract[name].cls.path)
            others = users[name] - ({home.folder} if home is not None else set())
            if len(others) > 1:
                shared[name] = (home, others)
        if len(shared) < 2:
            return
        for name, (home, others) in shared.items():
            cls = abstract[name].cls
            if (
                home is None
                or home.folder in folders.outer
                or not _SHARED.isdisjoint(home.folder.split("/"))
            ):
                yield cls.in_order()
            else:
                yield cls.violation(
                    f"{len(others)} other apps inherit from `{cls.name}` of `{home.package}`; move it to `core`"
                )
