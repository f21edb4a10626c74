"""STR-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_MANAGE = "import django\n"
_PYPROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


class ScatteredConfiguration(Rule):
    """Finds projects without manage.py or pyproject.toml, and tool configuration outside of pyproject.toml."""

    code = "STR08"
    slug = "scattered-configuration"
    title = (
        "manage.py and pyproject.toml stand at the root, and pyproject.toml configures every tool"
    )
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Project Structure"
    guide_lines = (65, 67)
    effort = Effort.HOUR
    what = (
        "A Django project without a `manage.py`, without a `pyproject.toml` beside or above it, or with a file that "
        "configures a tool "
        "apart from it: `setup.cfg`, `tox.ini`, `.flake8`, `mypy.ini`, `pytest.ini`, `.coveragerc`, `ruff.toml` and "
        "their like. What tox "
        "and packaging say for themselves may stay."
    )
    why = (
        "Whoever joins looks in one file. Two files that configure the same tool disagree sooner or later, and only "
        "one of them is read."
    )
    how = (
        "Move each section to its table (`[tool.pytest.ini_options]`, `[tool.mypy]`, `[tool.coverage.report]`) and "
        "delete the file. "
        "flake8 cannot read pyproject.toml; Ruff, which replaces it, can."
    )
    applies_when = "the repository is a Django project"
    absent = "no Django project: neither manage.py, wsgi.py nor asgi.py outside tests and examples"
    needs = ("toml", "ini", "python")
    examples = (
        Example(
            "configuration in three other files",
            {
                "manage.py": _MANAGE,
                "pyproject.toml": _PYPROJECT,
                "setup.cfg": "[metadata]\nname = shop\n\n[tool:pytest]\naddopts = -q\n",
                ".flake8": "[flake8]\nmax-line-length = 100\n",
                "mypy.ini": "[mypy]\nstrict = True\n",
            },
            reports=("setup.cfg", ".flake8", "mypy.ini"),
        ),
        Example(
            "no pyproject.toml",
            {"manage.py": _MANAGE, "requirements.txt": "django\n"},
            reports=("pyproject.toml",),
        ),
        Example(
            "no manage.py",
            {
                "pyproject.toml": _PYPROJECT,
                "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n",
            },
            reports=("manage.py",),
        ),
        Example(
            "one home",
            {"manage.py": _MANAGE, "pyproject.toml": _PYPROJECT + "[tool.pytest.ini_options]\n"},
            state="pass",
        ),
        Example(
            "files that hold no configuration of a tool",
            {
                "manage.py": _MANAGE,
                "pyproject.toml": _PYPROJECT,
                "setup.cfg": "[metadata]\nname = shop\n",
                "tox.ini": "[tox]\nenvlist = py313\n\n[testenv]\ncommands = pytest\n",
                "scripts/ruff.toml": 'extend = "../pyproject.toml"\n',
            },
            state="pass",
        ),
        Example(
            "the project stands in a folder of a monorepo",
            {
                "apps/api/manage.py": _MANAGE,
                "apps/api/pyproject.toml": _PYPROJECT,
                "apps/web/.flake8": "[flake8]\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sources stand in a folder of their own",
            {"src/manage.py": _MANAGE, "pyproject.toml": _PYPROJECT},
            state="pass",
            is_trap=True,
        ),
        Example(
            "a reusable app",
            {"pyproject.toml": _PYPROJECT, "tests/manage.py": _MANAGE, "setup.cfg": "[flake8]\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        if not project.entry_modules:
            return
        configuration = project.configuration
        manage = project.located_at("manage.py", "manage.py", "manage.py")
        if any(module.path.endswith("manage.py") for module in project.entry_modules):
            yield manage.in_order()
        else:
            yield manage.violation(
                "The project has no `manage.py`; add the one that `startproject` writes"
            )
        pyproject = project.located_at("pyproject.toml", "pyproject.toml", "pyproject.toml")
        if any(configuration.is_above_home(path) for path in project.paths("pyproject.toml")):
            yield pyproject.in_order()
        elif project.unreadable_configuration.endswith("pyproject.toml"):
            yield pyproject.unknown(f"`{project.unreadable_configuration}` cannot be read")
        else:
            yield pyproject.violation(
                "The project has no `pyproject.toml`; add one and move dependencies and tool configuration into it"
            )
        for path, tools in configuration.stray_tools.items():
            subject = project.located_at(path, f"configuration:{path}", path)
            remedy = (
                "flake8 cannot read `pyproject.toml`; let Ruff, which can, do its work and delete this"
                if tools == "flake8"
                else "move it into `pyproject.toml`"
            )
            yield subject.violation(f"`{path}` configures {tools} apart from the rest; {remedy}")
