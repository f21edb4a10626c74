"""The jobs of GitHub's workflows, and of forges that read the same files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from plumbline import outline as o

_WORKFLOW = re.compile(r"(^|/)\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")
_POSTGRES = re.compile(r"(^|/)(postgres(ql)?|postgis|timescaledb(-ha)?|pgvector)(:|@|$)")


class Job(msgspec.Struct, frozen=True):
    """One job of a workflow."""

    path: str
    name: str
    table: dict[str, Any]

    @property
    def is_in_container(self) -> bool:
        """Whether its steps run in a container, which reaches services by name, rather than on the runner."""
        return bool(self.table.get("container"))

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps."""
        steps = self.table.get("steps")
        return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []

    @property
    def postgres_services(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Name and description of the services that are PostgreSQL."""
        services = self.table.get("services")
        for name, service in services.items() if isinstance(services, dict) else ():
            if isinstance(service, dict) and _POSTGRES.search(str(service.get("image", ""))):
                yield str(name), service


def workflow_jobs(outlines: Mapping[str, o.Outline]) -> list[Job]:
    """Every job of every workflow, in order of path."""
    found: list[Job] = []
    for path in sorted(filter(_WORKFLOW.search, outlines)):
        outline = outlines[path]
        if not isinstance(outline, o.YamlOutline):
            continue
        for document in outline.documents:
            jobs = document.get("jobs") if isinstance(document, dict) else None
            for name, table in jobs.items() if isinstance(jobs, dict) else ():
                if isinstance(table, dict):
                    found.append(Job(path, str(name), table))
    return found
