"""CI-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\npsycopg\n"}
_CI = ".github/workflows/ci.yml"
_JOB = "jobs:\n  test:\n    runs-on: ubuntu-latest\n"
_SERVICE = "    services:\n      postgres:\n        image: postgres:18\n"
_STEPS = "    steps:\n    - run: pytest\n"


class UnreachableService(Rule):
    """Finds PostgreSQL services of CI jobs that the job cannot reach."""

    code = "CI04"
    slug = "unreachable-service"
    title = "The job can reach its PostgreSQL service"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "CI Pipeline"
    guide_lines = (1998, 2019)
    what = (
        "A PostgreSQL service without `ports` in a job of a GitHub workflow whose steps run on the runner itself, "
        "not in a container."
    )
    why = (
        "Steps on the runner reach a service only through a port that it maps; by name it is known only to jobs in a "
        "container. Without either, every connection is refused."
    )
    how = 'Add `ports: ["5432:5432"]` to the service and connect to `localhost`, or run the job in a `container`.'
    applies_when = "a workflow has a PostgreSQL service"
    absent = "no workflow has a PostgreSQL service"
    errata = (
        "The guide's own workflow maps no port and yet connects to localhost, which cannot work."
    )
    needs = ("yaml",)
    examples = (
        Example("no port", {**_DJANGO, _CI: _JOB + _SERVICE + _STEPS}, reports=(_CI,)),
        Example(
            "a mapped port",
            {**_DJANGO, _CI: _JOB + _SERVICE + '        ports: ["5432:5432"]\n' + _STEPS},
            state="pass",
        ),
        Example(
            "a job in a container knows the service by name",
            {**_DJANGO, _CI: _JOB + "    container: python:3.13\n" + _SERVICE + _STEPS},
            state="pass",
            is_trap=True,
        ),
        Example("no service", {**_DJANGO, _CI: _JOB + _STEPS}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each PostgreSQL service."""
        for job in project.workflow_jobs:
            for name, service in job.postgres_services:
                subject = project.located_at(job.path, f"{job.path}:{job.name}", f"service {name}")
                if service.get("ports") or job.is_in_container or not job.steps:
                    yield subject.in_order()
                else:
                    yield subject.violation(
                        f"job `{job.name}` runs on the runner and cannot reach its service `{name}`; map its port with "
                        '`ports: ["5432:5432"]`'
                    )
