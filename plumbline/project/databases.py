"""Which database a project runs on, as its settings and dependencies tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline import outline as o
from plumbline.roles import TEST, is_project_file

if TYPE_CHECKING:
    from plumbline.project import Project

_ENGINE = re.compile(r"(postg|psql|mysql|mariadb|sqlite|oracle|mssql|sql_server|cockroach)")
_POSTGRESQL = frozenset(("postg", "psql"))
_DRIVERS = ("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary")
_OTHER_DRIVERS = ("mysqlclient", "pymysql", "mysql-connector-python", "oracledb", "cx-oracle")


def runs_on_postgresql(project: Project) -> bool:
    """Whether PostgreSQL is the only database that the deployed settings name, or whose driver is a dependency.

    A project that offers several is none: what only PostgreSQL can do is not open to it.
    """
    named = _engines(project)
    if named:
        return named <= _POSTGRESQL
    declared = project.dependencies.declared
    runtime = {name for name, items in declared.items() if any(item.is_runtime for item in items)}
    return not runtime.isdisjoint(_DRIVERS) and runtime.isdisjoint(_OTHER_DRIVERS)


def _engines(project: Project) -> set[str]:
    """The databases that settings outside tests name, whichever way they are chosen."""
    found: set[str] = set()
    modules = [
        item
        for item in project.settings.modules
        if item.environment in ("base", "production", "single", "other")
        and item.module.role != TEST
        and "test" not in item.path.rpartition("/")[2]
        and is_project_file(item.path)
    ]
    for item in modules:
        for assignment in item.module.outline.assignments:
            if assignment.target.partition("[")[0] == "DATABASES":
                for text in _texts(assignment.value):
                    found.update(match[1] for match in _ENGINE.finditer(text))
    return found


def _texts(value: o.Value) -> Iterator[str]:
    """Every string in a value."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, o.Text):
            yield item.template
        elif isinstance(item, o.Many):
            pending += item.items
        elif isinstance(item, o.Table):
            pending += item.values
        elif isinstance(item, o.Invocation):
            pending += [*item.args, *(part for _, part in item.keywords)]
        elif isinstance(item, o.Choice):
            pending += [item.then, item.otherwise]
        elif isinstance(item, o.Joined):
            pending += [item.left, item.right]
