"""CHN-13."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import AppendToArray, Edit, Fix, ReplaceText
from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_WORKER = re.compile(
    r"(?:--worker-class[= ]\s*|(?<!\S)-k[= ]?\s*|worker_class\s*=\s*)[\"']?([\w.:#]+)|(uvicorn\.workers\.\w+)"
)
_OLD = re.compile(r"uvicorn\.workers\.(\w+)")
_NEW = ("uvicorn_worker.", "asgi", "uvicorn-worker")
_PROJECT = '[project]\nname = "shop"\ndependencies = ["django", "gunicorn"{}]\n'


class DeprecatedUvicornWorker(Rule):
    """Finds Gunicorn started with the worker that Uvicorn has given up."""

    code = "CHN13"
    slug = "deprecated-uvicorn-worker"
    title = "Gunicorn's worker is not one of `uvicorn.workers`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "WebSocket with Django Channels"
    guide_lines = (1429, 1446)
    what = (
        "A command, container file or `gunicorn.conf.py` that names `uvicorn.workers.UvicornWorker` or another worker "
        "of that module."
    )
    why = (
        "Uvicorn has deprecated the module: it warns on import and will go. The worker lives on as the package "
        "`uvicorn-worker`, and Gunicorn 25 has an ASGI worker of its own."
    )
    how = (
        "Run `uv add uvicorn-worker` and name `uvicorn_worker.UvicornWorker`, or take Gunicorn's own: "
        "`gunicorn config.asgi:application -k asgi`."
    )
    applies_when = "Gunicorn is started with a worker for ASGI"
    absent = "Gunicorn is not started with a worker for ASGI"
    errata = "The guide's sample command names the deprecated worker; its replacement is judged as right."
    needs = ("text", "yaml", "python")
    examples = (
        Example(
            "in a Procfile, a container file and the configuration",
            {
                "pyproject.toml": _PROJECT.format(""),
                "Procfile": "web: gunicorn config.asgi:application -k uvicorn.workers.UvicornWorker # <-\n",
                "gunicorn.conf.py": 'worker_class = "uvicorn.workers.UvicornWorker"  # <-\n',
            },
            fixed={
                "pyproject.toml": _PROJECT.format(', "uvicorn-worker"'),
                "Procfile": "web: gunicorn config.asgi:application -k uvicorn_worker.UvicornWorker\n",
                "gunicorn.conf.py": 'worker_class = "uvicorn_worker.UvicornWorker"\n',
            },
        ),
        Example(
            "in a compose file",
            {
                "requirements.txt": "django\n",
                "docker-compose.yml": (
                    "services:\n  web:\n"
                    "    command: gunicorn config.asgi -k uvicorn.workers.UvicornWorker\n"
                ),
            },
            reports=("docker-compose.yml",),
        ),
        Example(
            "the package that took over, and Gunicorn's own",
            {
                "requirements.txt": "django\nuvicorn-worker\n",
                "Procfile": "web: gunicorn config.asgi:application -k uvicorn_worker.UvicornWorker\n",
                "bin/start.sh": "exec gunicorn config.asgi:application --worker-class asgi\n",
            },
            state="pass",
        ),
        Example(
            "a worker for WSGI, and Uvicorn without Gunicorn",
            {
                "requirements.txt": "django\n",
                "Procfile": "web: gunicorn config.wsgi -k gthread\nws: uvicorn config.asgi:application\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each place that names a worker for ASGI."""
        for place, worker in _workers(project):
            old = _OLD.search(worker)
            if old is not None:
                yield place.violation(
                    f"`{old[0]}` is deprecated; install `uvicorn-worker` and name `uvicorn_worker.{old[1]}`",
                    fix=_fix(project, place, old),
                )
            elif worker.startswith(_NEW) and ("uvicorn" in worker or worker == "asgi"):
                yield place.in_order()


def _workers(project: Project) -> Iterator[tuple[Located, str]]:
    """Every place that names the class of a worker."""
    for path, outline in project.outlines.items():
        if isinstance(outline, o.TextOutline):
            for number, text in outline.lines:
                for worker in _named_in(text):
                    yield Located(path, number, number, 0, f"{path}:{worker}", worker), worker
        elif isinstance(outline, o.YamlOutline):
            for worker in dict.fromkeys(
                worker for text in _texts(outline.documents) for worker in _named_in(text)
            ):
                yield project.located_at(path, f"{path}:{worker}", worker), worker
        elif isinstance(outline, o.PythonOutline) and "gunicorn" in path:
            for item in outline.assignments:
                if item.target == "worker_class" and isinstance(item.value, str):
                    place = Located(
                        path, item.line, item.end_line, 0, f"{path}:worker_class", item.value
                    )
                    yield place, item.value


def _named_in(text: str) -> list[str]:
    if "-k" not in text and "worker" not in text:
        return []
    return [match[1] or match[2] for match in _WORKER.finditer(text)]


def _texts(value: object) -> Iterator[str]:
    """Every string in a document; a list of words is one command."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield " ".join(value)
        else:
            for item in value:
                yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)


def _fix(project: Project, place: Located, old: re.Match[str]) -> Fix | None:
    """Name the new worker, and depend on its package where the dependencies are in ``pyproject.toml``."""
    if isinstance(project.outlines.get(place.path), o.YamlOutline):
        return None
    edits: list[Edit] = [
        ReplaceText(place.path, place.line, old[0], f"uvicorn_worker.{old[1]}"),
    ]
    is_installed = project.installs("uvicorn-worker")
    pyproject = project.outlines.get("pyproject.toml")
    if (
        not is_installed
        and isinstance(pyproject, o.TomlOutline)
        and isinstance(pyproject.tables.get("project"), dict)
        and "dependencies" in pyproject.tables["project"]
    ):
        edits.append(
            AppendToArray("pyproject.toml", ("project",), "dependencies", ("uvicorn-worker",))
        )
    return Fix(edits, is_safe=is_installed)
