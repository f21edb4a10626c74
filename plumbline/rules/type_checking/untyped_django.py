"""TYP-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Example, Level, Rule, Verdict

_PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class UntypedDjango(Rule):
    """Finds repositories that install no type stubs for Django."""

    code = "TYP01"
    slug = "untyped-django"
    title = "django-stubs is a development dependency"
    level = Level.MUST
    section = "Type Checking: django-stubs"
    guide_lines = (95, 99)
    what = (
        "A repository that neither declares, locks nor installs django-stubs, be it through an extra, a hook's "
        "additional dependency, "
        "or djangorestframework-stubs, which brings it along."
    )
    why = (
        "Django carries no annotations. Without stubs a type checker takes every model, field and queryset for "
        "`Any`, and an annotated "
        "code base is hardly checked at all."
    )
    how = (
        "Run `uv add --dev 'django-stubs[compatible-mypy]'`, load its mypy plugin and name your settings module to "
        "it."
    )
    applies_when = "the repository uses Django and declares its dependencies"
    absent = "no Django in dependencies or imports"
    errata = (
        "The guide names only mypy's stubs. `django-types` is the same work made for pyright, which loads no "
        "plugins; where it is used it "
        "counts."
    )
    needs = ("toml", "requirements", "ini")
    examples = (
        Example(
            "mypy without stubs",
            {
                "pyproject.toml": _PROJECT
                + '[dependency-groups]\ndev = ["mypy", "django-stubs-ext"]\n'
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "stubs with an extra",
            {
                "pyproject.toml": _PROJECT
                + '[dependency-groups]\ndev = ["django-stubs[compatible-mypy]>=6"]\n'
            },
            state="pass",
        ),
        Example(
            "stubs that a hook installs",
            {
                "requirements.txt": "django\n",
                ".pre-commit-config.yaml": (
                    "repos:\n- repo: https://github.com/pre-commit/mirrors-mypy\n  rev: v2.0\n  hooks:\n  - id: "
                    "mypy\n"
                    '    additional_dependencies: ["django-stubs==6.1.0"]\n'
                ),
            },
            state="pass",
        ),
        Example(
            "pyright with its own stubs",
            {
                "pyproject.toml": _PROJECT
                + '[dependency-groups]\ndev = ["pyright", "django-types"]\n[tool.pyright]\n'
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "stubs in a requirements file for linting",
            {
                "requirements/base.txt": "django>=6\n",
                "requirements/lint.txt": "-r base.txt\nmypy\nDjango_Stubs\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no Django",
            {"pyproject.toml": '[project]\nname = "tool"\ndependencies = ["click"]\n'},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        subject = project.repository(
            "django-stubs", "pyproject.toml", "requirements-dev.txt", "requirements.txt"
        )
        if project.installs("django-stubs", "django-types", "djangorestframework-stubs"):
            yield subject.in_order()
        elif project.unreadable_configuration:
            yield subject.unknown(f"`{project.unreadable_configuration}` cannot be read")
        elif not project.dependencies.is_known:
            yield subject.unknown("the repository declares no dependencies")
        else:
            yield subject.violation(
                "`django-stubs` is not declared; add `django-stubs[compatible-mypy]` to the development dependencies"
            )
