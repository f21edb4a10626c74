"""CI-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npsycopg\n"}
_CI = ".github/workflows/ci.yml"
_JOB = "jobs:\n  test:\n    runs-on: ubuntu-latest\n    services:\n      postgres:\n        image: postgres:18\n"
_HEALTH = (
    '        options: --health-cmd pg_isready --health-interval 10s\n        ports: ["5432:5432"]\n'
)
_STEPS = "    steps:\n    - run: pytest\n"


class PostgresWithoutHealthCheck(Rule):
    """Finds PostgreSQL services of CI jobs that are used before they are ready."""

    code = "CI03"
    slug = "postgres-without-health-check"
    title = "CI waits until PostgreSQL is ready"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "CI Pipeline"
    guide_lines = (1998, 2007)
    what = (
        "A PostgreSQL service in a job of a GitHub workflow without `--health-cmd` among its `options`. Services "
        "that the job starts itself, by docker compose say, are left alone."
    )
    why = "Without a health check the steps begin while the server still starts, and the run fails now and then."
    how = "Add `options: --health-cmd pg_isready --health-interval 10s --health-timeout 5s --health-retries 5`."
    applies_when = "a workflow has a PostgreSQL service"
    absent = "no workflow has a PostgreSQL service"
    needs = ("yaml",)
    examples = (
        Example("no health check", {**_DJANGO, _CI: _JOB + _STEPS}, reports=(_CI,)),
        Example("a health check", {**_DJANGO, _CI: _JOB + _HEALTH + _STEPS}, state="pass"),
        Example(
            "docker compose starts the database",
            {
                **_DJANGO,
                _CI: "jobs:\n  test:\n    steps:\n    - run: docker compose run web pytest\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each PostgreSQL service."""
        for job in project.workflow_jobs:
            for name, service in job.postgres_services:
                subject = project.located_at(job.path, f"{job.path}:{job.name}", f"service {name}")
                if "--health-cmd" in str(service.get("options", "")):
                    yield subject.in_order()
                else:
                    yield subject.violation(
                        f"job `{job.name}` does not wait for its service `{name}`; add `--health-cmd pg_isready` to "
                        f"the service's `options`"
                    )
