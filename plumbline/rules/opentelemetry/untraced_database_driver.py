"""OTL-02."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from plumbline.edits import Edit, Fix, RenameCall, ReplaceStatement
from plumbline.project import Project
from plumbline.project.dependencies import Dependency
from plumbline.project.dependency_edits import exchange
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_PREFIX = "opentelemetry-instrumentation-"
_DJANGO = f"{_PREFIX}django"
_POSTGRESQL: dict[str, tuple[str, ...]] = {
    "psycopg": ("psycopg", "psycopg-binary", "psycopg-c"),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
}
_MYSQL: dict[str, tuple[str, ...]] = {"mysqlclient": ("mysqlclient",), "pymysql": ("pymysql",)}
_CLASSES = {"psycopg": "PsycopgInstrumentor", "psycopg2": "Psycopg2Instrumentor"}
_PREFERS_PSYCOPG = Version("4.2")
_SDK = f"django\nopentelemetry-sdk\n{_DJANGO}==0.59b0\n"


class UntracedDatabaseDriver(Rule):
    """Finds instrumentation for another driver than the one that Django uses."""

    code = "OTL02"
    slug = "untraced-database-driver"
    title = "The instrumentation for the database is that of the driver in use"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Production Observability: OpenTelemetry"
    guide_lines = (1539, 1578)
    needs = ("toml", "requirements", "python")
    what = (
        "A project with the instrumentation for Django whose database driver has none, or which installs the "
        "instrumentation for psycopg2 while Django uses psycopg 3, or the reverse."
    )
    why = (
        "Each instrumentation patches one driver and is silent where that is not the one that runs. Traces then show "
        "requests without their queries, which are what a slow request is usually made of."
    )
    how = (
        f"Install `{_PREFIX}psycopg` beside `psycopg`, `{_PREFIX}psycopg2` beside `psycopg2`, and call the "
        f"instrumentor of the same name."
    )
    applies_when = (
        "production declares the instrumentation for Django and a driver for PostgreSQL or MySQL"
    )
    absent = "no instrumentation for Django, or no database driver, is declared for production"
    errata = (
        "The guide installs the instrumentation for psycopg2. Since 4.2 Django takes psycopg 3 where both are "
        "installed, so Plumbline asks for that of the driver which Django takes."
    )
    examples = (
        Example(
            "psycopg 3, instrumented as psycopg2",
            {
                "requirements.txt": f"psycopg[binary]\n{_SDK}{_PREFIX}psycopg2==0.59b0  # <-\n",
                "config/otel.py": (
                    "from opentelemetry.instrumentation.psycopg2 import Psycopg2Instrumentor\n\n\n"
                    "def configure_opentelemetry():\n"
                    "    Psycopg2Instrumentor().instrument()\n"
                ),
            },
            fixed={
                "requirements.txt": f"psycopg[binary]\n{_SDK}{_PREFIX}psycopg==0.59b0\n",
                "config/otel.py": (
                    "from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor\n\n\n"
                    "def configure_opentelemetry():\n"
                    "    PsycopgInstrumentor().instrument()\n"
                ),
            },
        ),
        Example(
            "in pyproject.toml",
            {
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = [\n    "django",\n    "psycopg2-binary",\n'
                    f'    "{_DJANGO}",\n    "{_PREFIX}psycopg>=0.59b0",\n]\n'
                ),
            },
            reports=("pyproject.toml",),
            fixed={
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = [\n    "django",\n    "psycopg2-binary",\n'
                    f'    "{_DJANGO}",\n    "{_PREFIX}psycopg2>=0.59b0",\n]\n'
                ),
            },
        ),
        Example(
            "no instrumentation for the driver",
            {"requirements.txt": f"{_SDK}mysqlclient  # <-\n"},
        ),
        Example(
            "the same driver",
            {"requirements.txt": f"{_SDK}psycopg\n{_PREFIX}psycopg\n"},
            state="pass",
        ),
        Example(
            "both drivers, of which Django takes psycopg 3",
            {"requirements.txt": f"{_SDK}psycopg\npsycopg2\n{_PREFIX}psycopg\n{_PREFIX}psycopg2\n"},
            state="pass",
            is_trap=True,
        ),
        Example(
            "instrumentation installed for whatever is there",
            {
                "requirements.txt": f"{_SDK}psycopg\n",
                "Dockerfile": "FROM python:3.13\nRUN opentelemetry-bootstrap --action=install\n",
            },
            state="pass",
        ),
        Example(
            "without OpenTelemetry",
            {"requirements.txt": "django\npsycopg\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each kind of database that a driver is declared for."""
        if not project.telemetry.has(_DJANGO):
            return
        for drivers in (_POSTGRESQL, _MYSQL):
            used = _used(project, drivers)
            if used is not None:
                yield _verdict(project, drivers, *used)


def _used(project: Project, drivers: dict[str, tuple[str, ...]]) -> tuple[str, Dependency] | None:
    """The driver that Django takes, and its declaration."""
    found = [
        (driver, dependency)
        for driver, names in drivers.items()
        for name in names
        if (dependency := project.telemetry.declared(name)) is not None
    ]
    django = project.dependencies.minimum("django")
    if drivers is _POSTGRESQL and django is not None and django < _PREFERS_PSYCOPG:
        found.reverse()
    return found[0] if found else None


def _verdict(
    project: Project, drivers: dict[str, tuple[str, ...]], used: str, dependency: Dependency
) -> Verdict:
    telemetry = project.telemetry
    right = telemetry.declared(f"{_PREFIX}{used}")
    if right is not None:
        return right.in_order()
    if telemetry.is_bootstrapped or telemetry.has(f"{_PREFIX}{used}", f"{_PREFIX}dbapi"):
        return dependency.in_order()
    for driver in drivers:
        wrong = telemetry.declared(f"{_PREFIX}{driver}")
        if wrong is not None:
            return wrong.violation(
                f"`{wrong.name}` does not see the queries of `{used}`, which Django uses here; install "
                f"`{_PREFIX}{used}` instead",
                fix=_fix(project, wrong, driver, used),
            )
    return dependency.violation(
        f"traces show no queries of `{used}`; install `{_PREFIX}{used}` and call its instrumentor"
    )


def _fix(project: Project, wrong: Dependency, driver: str, used: str) -> Fix | None:
    """Exchange the distribution and its instrumentor. Unsafe: the lock file has to follow."""
    edits: list[Edit] = []
    if driver not in _CLASSES:
        return None
    for declaration in project.dependencies.declared[wrong.name]:
        exchanged = exchange(project, declaration, f"{_PREFIX}{used}")
        if exchanged is None:
            return None
        edits += exchanged
    package, old = f"opentelemetry.instrumentation.{driver}", _CLASSES[driver]
    wanted = f"from opentelemetry.instrumentation.{used} import {_CLASSES[used]}"
    for module in project.telemetry.modules:
        found = [item for item in module.outline.imports if item.module == package]
        if any(item.scope >= 0 or (item.name, item.alias) != (old, old) for item in found):
            return None
        edits += [ReplaceStatement(module.path, item.line, wanted) for item in found]
        if found:
            edits += [
                RenameCall(module.path, call.line, call.column, call.name, _CLASSES[used])
                for call in module.calls
                if call.name == old
            ]
    return Fix(edits, is_safe=False)
