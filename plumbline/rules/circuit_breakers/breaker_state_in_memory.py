"""CBR-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.breakers import MEMORY, REDIS, arguments
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_SERVERS = (
    "gunicorn",
    "uwsgi",
    "uvicorn",
    "granian",
    "hypercorn",
    "daphne",
    "waitress",
    "mod-wsgi",
    "celery",
)
_REQUIREMENTS = "django\ngunicorn\npybreaker\n"


class BreakerStateInMemory(Rule):
    """Finds breakers of which each process has its own."""

    code = "CBR04"
    slug = "breaker-state-in-memory"
    title = "Processes share the state of a circuit breaker"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Circuit Breakers with pybreaker"
    guide_lines = (1843, 1852)
    what = (
        "A `CircuitBreaker` with no `state_storage`, or with one in memory, in a project that runs in many "
        "processes."
    )
    why = (
        "Each process counts its own failures, so a server that is down is asked five times by each of them before all "
        "have learned it. A restart forgets everything."
    )
    how = (
        'Pass `state_storage=CircuitRedisStorage(STATE_CLOSED, connection, namespace="payment")`, with a namespace '
        "for each breaker."
    )
    applies_when = (
        "the code makes a circuit breaker and the project runs under a server with several processes or "
        "Celery"
    )
    absent = "no circuit breaker of pybreaker is made"
    effort = Effort.HOUR
    examples = (
        Example(
            "none, and one in memory",
            {
                "requirements.txt": _REQUIREMENTS,
                "shop/breakers.py": (
                    "import pybreaker\n\n"
                    "payment = pybreaker.CircuitBreaker(fail_max=5, reset_timeout=60)  # <-\n"
                    "mail = pybreaker.CircuitBreaker(  # <-\n"
                    "    state_storage=pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)\n)\n"
                ),
            },
        ),
        Example(
            "in Redis",
            {
                "requirements.txt": _REQUIREMENTS,
                "shop/breakers.py": (
                    "import pybreaker\n\n\n"
                    "def breaker(name, connection):\n"
                    "    storage = pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, connection, namespace=name)\n"
                    "    return pybreaker.CircuitBreaker(fail_max=5, reset_timeout=60, state_storage=storage)\n"
                ),
            },
            state="pass",
        ),
        Example(
            "one process",
            {
                "requirements.txt": "django\npybreaker\n",
                "shop/breakers.py": "import pybreaker\n\npayment = pybreaker.CircuitBreaker()\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Without any sign of a second process, memory is as good as Redis."""
        if project.breakers.made and not (project.installs(*_SERVERS) or project.uses("celery")):
            return "nothing says that the project runs in more than one process"
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each breaker that is made."""
        names = project.names
        for call in project.breakers.made:
            value = project.breakers.storage(call)
            target = ""
            if isinstance(value, o.Invocation):
                target = names.resolve(names.modules[call.path], value.name, call.outline.scope)
            if target == REDIS:
                yield call.in_order()
            elif (
                value is None
                and "**" not in arguments(call)
                and call.target.startswith("pybreaker.")
            ):
                yield call.violation(
                    "each process has a state of its own for this circuit breaker; share it by `CircuitRedisStorage`"
                )
            elif target == MEMORY:
                yield call.violation(
                    "this circuit breaker keeps its state in the memory of one process; use `CircuitRedisStorage`"
                )
            elif target and not target.startswith("pybreaker."):
                yield call.in_order()
            else:
                yield call.unknown("where the state is kept is computed")
