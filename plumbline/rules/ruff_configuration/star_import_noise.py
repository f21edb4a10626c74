"""RUF-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.remedies import exempt_files
from plumbline.project.ruff import RuffConfig
from plumbline.project.settings import SettingsModule
from plumbline.roles import is_project_file
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_FILES = {
    "config/settings/base.py": "import django\n\nDEBUG = False\nINSTALLED_APPS = []\n",
    "config/settings/local.py": 'from .base import *\n\nINSTALLED_APPS += ["silk"]\n',
}


class StarImportNoise(Rule):
    """Finds configurations of Ruff that complain of the star imports that split settings are made of."""

    code = "RUF05"
    slug = "star-import-noise"
    title = "Settings are exempt from the rules on star imports"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Ruff Configuration"
    guide_lines = (80, 83)
    what = (
        "A configuration of Ruff that reports `F403` (a star import) or `F405` (a name that it brings) in settings "
        "modules which start from a common one: neither `per-file-ignores` nor a `noqa` comment covers them."
    )
    why = (
        "`from .base import *` is how Django settings are split. A warning that is always wrong in one folder teaches "
        "everyone to look past it elsewhere too."
    )
    how = 'Add `"config/settings/*.py" = ["F403", "F405"]` to `[tool.ruff.lint.per-file-ignores]`.'
    applies_when = "a settings module starts with a star import, and the repository configures Ruff"
    absent = "no settings module with a star import, or no configuration of Ruff"
    errata = (
        "The guide exempts settings from `F405` alone; `F403` would still report the import itself."
    )
    needs = ("toml", "python")
    examples = (
        Example(
            "no exemption",
            {"ruff.toml": 'lint.select = ["F"]\n', **_FILES},
            reports=("ruff.toml",),
            fixed={
                "ruff.toml": (
                    'lint.select = ["F"]\n\n[lint.per-file-ignores]\n'
                    '"config/settings/*.py" = ["F403", "F405"]\n'
                )
            },
        ),
        Example(
            "exempt from the names, not from the import",
            {
                "ruff.toml": 'lint.select = ["F"]\n\n[lint.per-file-ignores]\n"config/settings/*.py" = ["F405"]\n',
                **_FILES,
            },
            reports=("ruff.toml",),
            is_trap=True,
            fixed={
                "ruff.toml": (
                    'lint.select = ["F"]\n\n[lint.per-file-ignores]\n'
                    '"config/settings/*.py" = ["F405", "F403"]\n'
                )
            },
        ),
        Example(
            "exempt",
            {
                "ruff.toml": (
                    'lint.select = ["F"]\n\n[lint.per-file-ignores]\n"config/settings/*.py" = ["F403", "F405"]\n'
                ),
                **_FILES,
            },
            state="pass",
        ),
        Example(
            "comments instead",
            {
                "ruff.toml": 'lint.select = ["F"]\n',
                "config/settings/base.py": _FILES["config/settings/base.py"],
                "config/settings/local.py": (
                    "# ruff: noqa: F405\nfrom .base import *  # noqa: F403\n\n"
                    'INSTALLED_APPS += ["silk"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "no split settings",
            {
                "ruff.toml": 'lint.select = ["F"]\n',
                "shop/settings.py": "import django\n\nINSTALLED_APPS = []\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        ruff = project.configuration.ruff
        if ruff is None:
            return
        modules = [
            item
            for item in project.settings.modules
            if item.module.stars and is_project_file(item.path)
        ]
        if not modules:
            return
        subject = project.located_at(ruff.path, "ruff:settings", "settings")
        noisy = {item.path: found for item in modules if (found := list(_noise(item, ruff)))}
        if not noisy:
            yield subject.in_order()
        elif ruff.extends:
            yield subject.unknown(f"what `{ruff.path}` extends is not in the repository")
        else:
            wanted: dict[str, list[str]] = {}
            for path, codes in noisy.items():
                folder = path.rpartition("/")[0]
                glob = f"{folder}/*.py" if folder.endswith("settings") else path
                base = ruff.path.rpartition("/")[0]
                known = wanted.setdefault(glob.removeprefix(f"{base}/") if base else glob, [])
                known += [code for code in codes if code not in known]
            yield subject.violation(
                f"Ruff reports the star import of {', '.join(f'`{path}`' for path in sorted(noisy)[:3])}; exempt "
                f"settings from F403 and F405 in `per-file-ignores`",
                fix=exempt_files(project, {glob: sorted(codes) for glob, codes in wanted.items()}),
            )


def _noise(item: SettingsModule, ruff: RuffConfig) -> Iterator[str]:
    """The codes that ruff reports in a settings module."""
    outline = item.module.outline
    stars = {found.line for found in outline.imports if found.name == "*"}
    own = {
        found.target.partition(".")[0].partition("[")[0]
        for found in outline.assignments
        if found.operator == "="
    }
    borrowed = {
        found.line
        for found in outline.assignments
        if found.operator != "=" and found.target.partition("[")[0] not in own
    }
    for code, lines in (("F403", stars), ("F405", borrowed)):
        if not lines or not ruff.judges(item.path, code):
            continue
        quiet = [
            found
            for found in outline.noqa
            if not found.codes or any(code.startswith(prefix) for prefix in found.codes)
        ]
        if not any(found.is_file for found in quiet) and not lines <= {
            found.line for found in quiet
        }:
            yield code
