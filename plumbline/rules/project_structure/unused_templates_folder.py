"""STR-07."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.roles import is_project_file
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_SETTINGS = (
    'import django\n\nINSTALLED_APPS = ["shop"]\nTEMPLATES = [\n'
    '    {{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [{}], "APP_DIRS": True}},\n]\n'
)
_MANAGE = {"manage.py": "import django\n", "shop/__init__.py": "", "shop/models.py": ""}


class UnusedTemplatesFolder(Rule):
    """Finds projects with a templates folder of their own that settings do not name."""

    code = "STR07"
    slug = "unused-templates-folder"
    title = "The project's templates folder is named in settings"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (63, 64)
    preview = True
    what = (
        "Templates in a folder that belongs to no app, while `DIRS` of every Django engine in `TEMPLATES` is empty, so "
        "that nothing finds them. Projects with templates in apps alone, and back ends without any, are left alone."
    )
    why = "A template that no loader looks for is dead text, or hides that its app is the one that is meant."
    how = (
        'Set `"DIRS": [BASE_DIR / "templates"]`, or move the files into the app that renders them.'
    )
    applies_when = "the project has templates outside of its apps and sets TEMPLATES"
    absent = "no templates outside of apps, or no TEMPLATES in settings"
    errata = "Advice. Static files are not read, so that `STATICFILES_DIRS` is left to `manage.py findstatic`."
    needs = ("template", "python")
    examples = (
        Example(
            "a folder that nothing names",
            {
                **_MANAGE,
                "config/settings.py": _SETTINGS.format("").replace(
                    "TEMPLATES = [", "TEMPLATES = [  # <-"
                ),
                "templates/base.html": "<p></p>\n",
            },
        ),
        Example(
            "named",
            {
                **_MANAGE,
                "config/settings.py": _SETTINGS.format('BASE_DIR / "templates"'),
                "templates/base.html": "<p></p>\n",
            },
            state="pass",
        ),
        Example(
            "templates in apps alone",
            {
                **_MANAGE,
                "config/settings.py": _SETTINGS.format(""),
                "shop/templates/shop/base.html": "<p></p>\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a back end without templates",
            {**_MANAGE, "config/settings.py": _SETTINGS.format("")},
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        tops = sorted(_folders(project))
        if not tops:
            return
        for item in project.settings.deployed[:1]:
            setting = item.get("TEMPLATES")
            if setting is None:
                return
            engines = setting.items
            if not setting.is_known and not engines:
                yield setting.unknown("what TEMPLATES holds is computed")
            elif any(not isinstance(engine, dict) or engine.get("DIRS") for engine in engines):
                yield setting.in_order()
            else:
                yield setting.violation(
                    f"Nothing looks for the templates in `{tops[0]}`; name the folder in `DIRS`"
                )


def _folders(project: Project) -> set[str]:
    """Folders of templates that lie beside the project's manage.py or in its package, and in no app."""
    folders = project.app_folders
    found: set[str] = set()
    for template in project.templates:
        head, sep, _ = f"/{template.path}".partition("/templates/")
        top = head.strip("/")
        if not sep or not is_project_file(template.path):
            continue
        if folders.of(f"{top}/x.py" if top else "x.py") is None and (
            not top or f"{project.configuration.home}/".startswith(f"{top}/")
        ):
            found.add(posixpath.join(top, "templates"))
    return found
