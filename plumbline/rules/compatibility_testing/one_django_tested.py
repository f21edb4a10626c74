"""CMP-01."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_LIBRARY = '[project]\nname = "django-shop"\ndependencies = ["django>=5.2"]\n'


class OneDjangoTested(Rule):
    """Finds libraries that are tested with one series of Django, or none that is named."""

    code = "CMP01"
    slug = "one-django-tested"
    title = "A library's tests run with every series of Django that it supports"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Compatibility Testing"
    guide_lines = (2213, 2226)
    effort = Effort.HOUR
    what = (
        "A packaged library for Django whose tox, nox or CI configuration names fewer than two series of Django. "
        'Factors (`django52`), specifiers (`Django~=6.0`) and matrix keys (`django: ["5.2"]`) all count.'
    )
    why = "Whoever installs a library brings a Django of their own. What was never tested with it breaks with it."
    how = (
        "Give tox a factor for each series (`py313-django{52,60}` with `django52: Django>=5.2,<5.3`), or CI a matrix "
        "with a key `django`."
    )
    applies_when = (
        "the repository is a library: packaged, without a manage.py, wsgi.py or asgi.py of its own"
    )
    absent = "no library: a project that runs itself pins one version"
    needs = ("toml", "ini", "yaml")
    examples = (
        Example(
            "one version",
            {
                "pyproject.toml": _LIBRARY,
                "tox.ini": "[tox]\nenvlist = py313-django52\n\n[testenv]\ndeps = django52: Django>=5.2,<5.3\n",
            },
            reports=("tox.ini",),
        ),
        Example(
            "a matrix of tox",
            {
                "pyproject.toml": _LIBRARY,
                "tox.ini": (
                    "[tox]\nenvlist = py{313}-django{52,60}\n\n[testenv]\ndeps =\n"
                    "    django52: Django>=5.2,<5.3\n    django60: Django>=6.0,<6.1\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a matrix of CI",
            {
                "pyproject.toml": _LIBRARY,
                ".github/workflows/ci.yml": (
                    "jobs:\n  test:\n    strategy:\n      matrix:\n        django-version: ['5.2', '6.0', '6.1']\n"
                ),
            },
            state="pass",
        ),
        Example(
            "sessions of nox",
            {
                "pyproject.toml": _LIBRARY,
                "noxfile.py": (
                    'import nox\n\n\n@nox.session\n@nox.parametrize("django", ["5.2", "6.0"])\n'
                    "def tests(session, django):\n    session.install(django)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "an application",
            {"pyproject.toml": _LIBRARY, "manage.py": "import django\n"},
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        if not project.is_library:
            return
        commands = project.configuration.commands
        ci = [commands.main_ci_file] if commands.main_ci_file else []
        subject = project.repository("django matrix", "tox.ini", *ci, "tox.ini")
        tested = sorted(project.tested_djangos)
        if len(tested) > 1:
            yield subject.in_order()
        elif commands.ci_hidden:
            yield subject.unknown(f"`{commands.ci_hidden}` cannot be read")
        else:
            yield subject.violation(
                f"The tests run with Django {tested[0]} alone; add the other series that the library supports"
                if tested
                else "Nothing says which series of Django the tests run with; add a matrix to tox or CI"
            )
