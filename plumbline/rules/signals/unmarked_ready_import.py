"""SIG-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AddComment, Fix
from plumbline.project import Module, Project
from plumbline.project.classes import Class
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_CODE = "F401"
_COMMENT = f"# noqa: {_CODE}"
_HEAD = (
    "from django.apps import AppConfig\n\n\n"
    'class ShopConfig(AppConfig):\n    name = "shop"\n\n    def ready(self):\n'
)


class UnmarkedReadyImport(Rule):
    """Finds imports in `ready()` that look unused."""

    code = "SIG05"
    slug = "unmarked-side-effect-import"
    title = "An import in `ready()` is marked as one for its effect"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Signals"
    guide_lines = (337, 350)
    preview = True
    what = (
        "An import of a module of the repository in the `ready()` of an `AppConfig` whose name nothing there calls or "
        "hands on, without a `noqa` comment for F401."
    )
    why = (
        "To a linter the import is dead code, and its automatic fix takes it away; with it go the receivers. The "
        "comment tells tools and readers that loading the module is the point."
    )
    how = f"Add `{_COMMENT}` to the line, or load the module with `import_module`."
    applies_when = "an `AppConfig.ready()` imports modules"
    absent = "no `AppConfig.ready()` that imports modules"
    examples = (
        Example(
            "no mark",
            {
                "shop/signals.py": "",
                "shop/apps.py": _HEAD + "        from . import signals  # <-\n",
            },
            fixed={"shop/apps.py": _HEAD + f"        from . import signals  {_COMMENT}\n"},
        ),
        Example(
            "marked",
            {
                "shop/signals.py": "",
                "shop/apps.py": _HEAD
                + f"        from . import signals  {_COMMENT}\n        import shop.checks  # noqa\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "used, or loaded by name",
            {
                "shop/checks.py": "",
                "shop/receivers.py": "",
                "shop/apps.py": _HEAD
                + "        from importlib import import_module\n\n        from shop import checks, receivers\n\n"
                + '        import_module("shop.signals")\n        checks.register(receivers.saved)\n',
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "the whole file is marked, or the linter leaves the code out",
            {
                "shop/signals.py": "",
                "stock/signals.py": "",
                "pyproject.toml": ('[tool.ruff.lint.per-file-ignores]\n"*/apps.py" = ["F401"]\n'),
                "shop/apps.py": _HEAD + "        from . import signals\n",
                "stock/configs.py": "# ruff: noqa: F401\n"
                + _HEAD
                + "        from . import signals\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no config", {"shop/models.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each name that a ``ready`` imports."""
        for cls in project.events.app_configs:
            member = cls.member("ready")
            if member is None or member.kind != "function" or cls.module.role != "source":
                continue
            yield from self._imports(project, cls, member.index)

    def _imports(self, project: Project, cls: Class, ready: int) -> Iterator[Verdict]:
        module = cls.module
        used = _used(module, ready)
        for item in module.outline.imports:
            target = module.import_target(item)
            if item.scope != ready or (item.name and target not in project.names.by_name):
                continue  # a star, or a class or function that something there is done with
            subject = project.located_in(module, item.line, f"import {item.module} {item.name}")
            subject.symbol = f"{cls.symbol}.ready.{item.alias}"
            if item.alias in used or _is_marked(module, item) or _is_left_out(project, module):
                yield subject.in_order()
            else:
                yield subject.violation(
                    f"`{item.alias}` looks unused, so a linter may take its import away; mark the line `{_COMMENT}`",
                    fix=Fix([AddComment(module.path, item.line, _COMMENT)]),
                )


def _used(module: Module, ready: int) -> set[str]:
    """The names that calls in ``ready``, or in what is defined there, begin with."""
    found: set[str] = set()
    for scope, calls in module.calls_by_scope.items():
        if scope < ready:
            continue
        for call in calls:
            given = [*call.args, *(value for _, value in call.keywords)]
            names = [call.name, *(value.name for value in given if isinstance(value, o.Ref))]
            found.update(name.partition(".")[0].partition("(")[0] for name in names)
    return found


def _is_marked(module: Module, item: o.Import) -> bool:
    return any(
        (noqa.is_file or noqa.line == item.line) and (not noqa.codes or _CODE in noqa.codes)
        for noqa in module.outline.noqa
    )


def _is_left_out(project: Project, module: Module) -> bool:
    """Whether the linter's configuration leaves the code out, for all files or for one of this name."""
    ruff = project.configuration.ruff
    if ruff is None:
        return False
    if any(_CODE.startswith(prefix) for prefix in ruff.ignore):
        return True
    outline = project.outlines.get(ruff.path)
    tables = outline.tables if isinstance(outline, o.TomlOutline) else {}
    file = module.path.rpartition("/")[2]
    pending = [tables]
    while pending:
        table = pending.pop()
        for key, value in table.items():
            if key in ("per-file-ignores", "extend-per-file-ignores") and isinstance(value, dict):
                if any(
                    pattern.rpartition("/")[2] == file and _CODE in codes
                    for pattern, codes in value.items()
                    if isinstance(codes, list)
                ):
                    return True
            elif key in ("tool", "ruff", "lint") and isinstance(value, dict):
                pending.append(value)
    return False
