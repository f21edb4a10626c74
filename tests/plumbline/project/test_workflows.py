"""The jobs of workflows."""

from plumbline.project.workflows import workflow_jobs
from tests.plumbline.project.projects import project_of

WORKFLOW = """
jobs:
  test:
    container: python:3.13
    services:
      db: {image: "postgis/postgis:17-3.5"}
      cache: {image: "redis:8"}
    steps:
    - run: pytest
    - not a step
  lint: nonsense
"""


def test_jobs_services_and_steps_are_read():
    outlines = project_of(
        {".github/workflows/ci.yml": WORKFLOW, "compose.yaml": "jobs:\n  a: {}\n"}
    ).outlines
    (job,) = workflow_jobs(outlines)
    assert (job.path, job.name, job.is_in_container) == (".github/workflows/ci.yml", "test", True)
    assert [name for name, _ in job.postgres_services] == ["db"]
    assert job.steps == [{"run": "pytest"}]
