"""CMP-02."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from plumbline.knowledge import DJANGO_SUPPORT_ENDED, OLDEST_SUPPORTED_DJANGO, SUPPORTED_DJANGO
from plumbline.project import Project
from plumbline.project.dependencies import Dependency, lower_bounds
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_OLDEST = Version(OLDEST_SUPPORTED_DJANGO)


class DjangoOutOfSupport(Rule):
    """Finds dependencies and test matrices with a series of Django that gets no fixes any more."""

    code = "CMP02"
    slug = "django-out-of-support"
    title = "No series of Django that is out of support"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Compatibility Testing"
    guide_lines = (2213, 2226)
    effort = Effort.DAYS
    what = (
        "A lock file or a requirement that holds the project to a series of Django without security fixes, a library "
        "that still admits one, and a test matrix that runs with one. Decided by version, not by today's date: "
        f"everything before {OLDEST_SUPPORTED_DJANGO}."
    )
    why = (
        "Holes that are found in Django are published together with the fix, and a series out of support gets the "
        "publication alone. Each series that is skipped makes the upgrade harder."
    )
    how = (
        "Upgrade one series at a time with deprecation warnings on; django-upgrade rewrites most of what has to "
        "change. A library drops the series from `dependencies`, classifiers and matrix."
    )
    applies_when = (
        "the version of Django can be told from dependencies, a lock file or a test matrix"
    )
    absent = "no version of Django in dependencies or test matrices"
    errata = (
        "The guide's matrix shows 5.2 and 6.0. The table of ends of support was true from April 2026 until April "
        "2027, when 6.0 ends too; it changes with Plumbline's version."
    )
    needs = ("toml", "requirements", "lock", "yaml")
    examples = (
        Example(
            "pinned to an old series",
            {"requirements.txt": "celery\ndjango==4.2.11  # <-\n", "manage.py": "import django\n"},
        ),
        Example(
            "locked at an old series",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=4.2"]\n',
                "uv.lock": '[[package]]\nname = "django"\nversion = "5.1.4"\n',
                "manage.py": "import django\n",
            },
            reports=("pyproject.toml",),
        ),
        Example(
            "a library that admits and tests one",
            {
                "pyproject.toml": '[project]\nname = "django-shop"\ndependencies = ["django>=3.2"]\n',
                "tox.ini": "[tox]\nenvlist = py313-django{32,52}\n",
            },
            reports=("pyproject.toml", "tox.ini"),
        ),
        Example(
            "supported",
            {
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=4.2"]\n',
                "uv.lock": '[[package]]\nname = "django"\nversion = "6.1.3"\n',
                "manage.py": "import django\n",
            },
            state="pass",
        ),
        Example(
            "a supported range",
            {"requirements.txt": "django~=5.2.0\n", "manage.py": "import django\n"},
            state="pass",
        ),
        Example(
            "a bound that an application leaves open",
            {"requirements.txt": "django>=4.2\n", "manage.py": "import django\n"},
            state="pass",
        ),
        Example("no version", {"shop/views.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        declared = [
            item for item in project.dependencies.declared.get("django", ()) if item.group != "tox"
        ]
        at_run_time = [item for item in declared if item.is_runtime] or declared
        locked = project.dependencies.locked.get("django", "")
        if at_run_time:
            yield _dependency(project, at_run_time[0], locked)
        for series, path in sorted(project.tested_djangos.items()):
            subject = project.located_at(path, f"django {series}", f"django {series}")
            if Version(series) < _OLDEST:
                yield subject.violation(
                    f"The tests run with Django {series}, whose support ended{_when(series)}; take it out"
                )
            else:
                yield subject.in_order()


def _dependency(project: Project, declared: Dependency, locked: str) -> Verdict:
    bounds = list(lower_bounds(locked or declared.specifier))
    lowest = max(bounds, default=None)
    is_old = lowest is not None and lowest < _OLDEST
    allowed = _admits_supported(declared.specifier)
    if is_old and (locked or project.is_library or allowed is False):
        series = f"{lowest.major}.{lowest.minor}" if lowest is not None else ""
        return declared.violation(
            f"Django {series} gets no security fixes any more: its support ended{_when(series)}; move on to "
            f"{OLDEST_SUPPORTED_DJANGO} or later"
        )
    if allowed is None and not locked:
        return declared.unknown("the specifier cannot be read")
    return declared.in_order()


def _admits_supported(specifier: str) -> bool | None:
    """Whether a supported series may be installed; None if that cannot be told."""
    text = specifier.strip()
    if text[:1] == "^" and (bound := next(lower_bounds(text), None)) is not None:
        text = f">={bound},<{bound.major + 1}"
    elif text[:1] == "~" and not text.startswith("~="):
        text = f"=={'.'.join(text[1:].strip().split('.')[:2])}.*"
    elif text[:1].isdigit():
        text = f"=={text}"
    try:
        parsed = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    if any(item.operator == "==" and "*" not in item.version for item in parsed):
        return any(bound >= _OLDEST for bound in lower_bounds(text))
    return any(parsed.contains(f"{series}.50") for series in SUPPORTED_DJANGO)


def _when(series: str) -> str:
    return f" in {DJANGO_SUPPORT_ENDED[series]}" if series in DJANGO_SUPPORT_ENDED else ""
