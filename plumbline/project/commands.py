"""Commands that a repository runs: in continuous integration, in hooks, in Makefiles and task runners."""

from __future__ import annotations

import functools
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from plumbline import outline as o


class Command(msgspec.Struct, frozen=True):
    """A command that a CI job, hook, Makefile or task runner runs, in one line."""

    path: str
    text: str


class Commands:
    """What the repository's files say is run, and where."""

    def __init__(self, outlines: Mapping[str, o.Outline]) -> None:
        self._all = outlines
        self._outlines = {
            path: outline
            for path, outline in outlines.items()
            if not isinstance(outline, o.PythonOutline | o.TemplateOutline)
            or path.endswith(("noxfile.py", "tasks.py"))
        }

    @functools.cached_property
    def ci_files(self) -> list[str]:
        """Paths of the files that configure continuous integration."""
        return sorted(path for path, outline in self._outlines.items() if _is_ci(path, outline))

    @functools.cached_property
    def hook_files(self) -> list[str]:
        """Paths of the configurations of pre-commit."""
        return sorted(
            (
                path
                for path, outline in self._outlines.items()
                if isinstance(outline, o.YamlOutline)
                and posixpath.basename(path).startswith(".pre-commit-config")
            ),
            key=lambda path: (path.count("/"), path),
        )

    @functools.cached_property
    def main_ci_file(self) -> str:
        """The CI file that checks Python code, by name and by what it runs, else the first; empty if there is none."""
        steps = [path for path in self.ci_files if "/actions/" not in path] or self.ci_files
        checks = Counter(command.path for command in self._direct if _CHECKS.search(command.text))
        return max(steps, key=lambda path: (_is_named_for_checks(path), checks[path]), default="")

    @functools.cached_property
    def codecov_targets(self) -> list[tuple[str, str]]:
        """Path and text of every target that a codecov.yml sets for the whole project: ``90%``, ``auto``."""
        return [
            (path, str(target))
            for path, outline in self._outlines.items()
            if isinstance(outline, o.YamlOutline)
            and posixpath.basename(path).lstrip(".").startswith("codecov")
            for document in outline.documents
            for target in _values(_inside(document, "coverage", "status", "project"), "target")
        ]

    @functools.cached_property
    def ci_hidden(self) -> str:
        """What CI runs but cannot be read here, such as a reusable workflow of another repository; empty if nothing."""
        for path in self.ci_files:
            for key, text in self._strings(path):
                if key == "uses" and self._is_hidden(text):
                    return text
                if key in ("remote", "project", "template") and ".gitlab" in path:
                    return f"include {text}"
        if not self.hook_files and any(_HOOKS_RUN.search(command.text) for command in self.ci):
            return "pre-commit"
        for command in self._direct:
            script = _SCRIPT.match(command.text)
            if script is not None and posixpath.basename(script[1]) not in self._names:
                return script[1]
        return ""

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(path.rpartition("/")[2] for path in self._all)

    def _is_hidden(self, action: str) -> bool:
        if action.startswith("./"):
            name = posixpath.normpath(action)
            return not any(
                path in self._outlines
                for path in (name, f"{name}/action.yml", f"{name}/action.yaml")
            )
        return "/.github/workflows/" in action

    @functools.cached_property
    def _direct(self) -> list[Command]:
        found: list[Command] = []
        for path in self.ci_files:
            outline = self._outlines[path]
            if isinstance(outline, o.TextOutline):
                found += _commands(path, "\n".join(text for _, text in outline.lines))
            for key, text in self._strings(path):
                if key in _COMMAND_KEYS:
                    found += _commands(path, text)
                elif key in ("uses", "image"):
                    found.append(Command(path, f"{key} {text}"))
        return found

    @functools.cached_property
    def ci(self) -> list[Command]:
        """What CI runs, with the commands of the Makefiles, tox, nox, hooks and scripts that it calls."""
        found = list(self._direct)
        seen: set[str] = set(self.ci_files)
        fresh = found
        while fresh:
            fresh = [command for part in self._called(fresh, seen) for command in part]
            found = found + fresh
        return found

    def _called(self, commands: list[Command], seen: set[str]) -> Iterator[list[Command]]:
        """The commands of every file that ``commands`` call and that is not in ``seen``, which grows."""
        text = "\n".join(command.text for command in commands)
        for path, found in self._by_file.items():
            if path not in seen and self._is_called(path, text):
                seen.add(path)
                yield found
        if "hooks" not in seen and _HOOKS_RUN.search(text):
            seen.add("hooks")
            yield self.hooks

    @staticmethod
    def _is_called(path: str, text: str) -> bool:
        name = posixpath.basename(path)
        runner = _RUNNERS.get(name.lower())
        if runner is not None:
            return re.search(rf"(?<![\w-])({runner})(?![\w-])", text) is not None
        return path in text or (name.endswith((".sh", ".bash")) and name in text)

    @functools.cached_property
    def hooks(self) -> list[Command]:
        """The ids, entries, arguments and repositories of pre-commit hooks."""
        return [
            Command(path, text)
            for path in self.hook_files
            for key, text in self._strings(path)
            if key in ("id", "entry", "repo", "args")
        ]

    @functools.cached_property
    def hook_requirements(self) -> list[Command]:
        """What hooks install for themselves beside their tool."""
        return [
            Command(path, text)
            for path in self.hook_files
            for key, text in self._strings(path)
            if key == "additional_dependencies"
        ]

    @functools.cached_property
    def tasks(self) -> list[Command]:
        """The commands of Makefiles, task runners, tox, nox and scripts, whether CI calls them or not."""
        return [command for found in self._by_file.values() for command in found]

    @functools.cached_property
    def _by_file(self) -> dict[str, list[Command]]:
        found: dict[str, list[Command]] = {}
        for path, outline in self._outlines.items():
            name = posixpath.basename(path)
            if isinstance(outline, o.TextOutline) and path not in self.ci_files:
                found[path] = _commands(path, "\n".join(text for _, text in outline.lines))
            elif isinstance(outline, o.PythonOutline) and name in ("noxfile.py", "tasks.py"):
                found[path] = [
                    Command(path, " ".join(item for item in call.args if isinstance(item, str)))
                    for call in outline.calls
                    if call.name.endswith(".run")
                ]
            elif isinstance(outline, o.IniOutline) and name == "tox.ini":
                found[path] = [
                    command
                    for options in outline.sections.values()
                    for key in ("commands_pre", "commands", "commands_post")
                    for command in _commands(path, options.get(key, ""))
                ]
            elif isinstance(outline, o.TomlOutline):
                texts = list(_toml_tasks(outline.tables, is_tox=name == "tox.toml"))
                if texts:
                    found[path] = [part for text in texts for part in _commands(path, text)]
            elif isinstance(outline, o.YamlOutline) and name.startswith("Taskfile"):
                found[path] = [
                    command
                    for key, text in self._strings(path)
                    if key in ("cmds", "cmd")
                    for command in _commands(path, text)
                ]
        return found

    def _strings(self, path: str) -> Iterator[tuple[str, str]]:
        outline = self._outlines.get(path)
        return _strings(outline.documents if isinstance(outline, o.YamlOutline) else [])

    # ---- questions ----

    def ci_runs(self, tool: str) -> bool:
        """Whether CI runs a tool, by itself or through what it calls."""
        return _runs(self.ci, tool)

    def hooks_run(self, tool: str) -> bool:
        """Whether a pre-commit hook runs a tool."""
        return _runs(self.hooks, tool)

    def anything_runs(self, tool: str) -> bool:
        """Whether CI, a hook, a Makefile or a task runner runs a tool."""
        return self.ci_runs(tool) or self.hooks_run(tool) or _runs(self.tasks, tool)

    def place_of(self, tool: str) -> str:
        """Path of the first file that runs a tool: a hook before CI, and CI before tasks; empty if none does."""
        return next(
            (
                command.path
                for commands in (self.hooks, self.ci, self.tasks)
                if _runs(commands, tool)
                for command in commands
                if _runs([command], tool)
            ),
            "",
        )

    @functools.cached_property
    def installed(self) -> frozenset[str]:
        """Names of the packages that commands install by name, without a file that declares them."""
        found: set[str] = set()
        for command in [*self.ci, *self.tasks]:
            for match in _INSTALL.finditer(command.text):
                found.update(word.lower().replace("_", "-") for word in _WORD.findall(match[1]))
        for command in self.hook_requirements:
            found.add(re.split(r"[^\w-]", command.text, maxsplit=1)[0].lower().replace("_", "-"))
        return frozenset(found)

    def mentions(self, text: str) -> bool:
        """Whether a text stands anywhere in the commands or the environment of CI, hooks, tasks and containers."""
        return text in self._all_texts

    def finds(self, pattern: str) -> bool:
        """Whether a regular expression matches there."""
        return re.search(pattern, self._all_texts) is not None

    @functools.cached_property
    def _all_texts(self) -> str:
        commands = (command.text for command in (*self.ci, *self.tasks, *self.hooks))
        yaml = (
            text
            for outline in self._outlines.values()
            if isinstance(outline, o.YamlOutline)
            for text in _texts(outline.documents)
        )
        return "\n".join((*commands, *yaml))


_COMMAND_KEYS = frozenset(
    "run script before_script after_script command commands bash pwsh cmd sh inlineScript".split()
)
_RUNNERS = {
    "makefile": "make", "gnumakefile": "make", "justfile": "just", "tox.ini": "tox", "tox.toml": "tox",
    "noxfile.py": "nox", "tasks.py": "invoke|inv", "pyproject.toml": r"poe|task|hatch run|pdm run|tox|rye run|pixi run",
    "taskfile.yml": "task", "taskfile.yaml": "task",
}  # fmt: skip
_CHECKS = re.compile(r"(?<![\w-])(pytest|tox|nox|ruff|mypy|manage\.py test|coverage)(?![\w-])")
_CHECK_NAME = re.compile(
    r"(ci|(unit|python|django|backend|run|ci)?[-_]?(tests?|checks?|ci)|main|python|django|config)"
)
_NO_CI = (".pre-commit", "docker-compose", "compose", "Taskfile", "codecov", ".codecov")
_HOOKS_RUN = re.compile(r"(?<![\w-])(pre-commit|prek) run|pre-commit/action|prek-action")
_SCRIPT = re.compile(r"(?:\S*sh\s+|source\s+)?(\./[\w./-]+|(?:bin|scripts?|ci)/[\w./-]+)(?=\s|$)")
_INSTALL = re.compile(
    r"(?:pip3? install|uv tool install|pipx install|uv add|poetry add|pdm add|--with[ =]|uvx|pipx run)\s*([^;|&]*)"
)
_WORD = re.compile(r"(?<![\w./=<>~!$-])[A-Za-z][\w-]+(?![\w./-])")
_NO_RUN = re.compile(
    r"^\W*(echo|printf|#|cd |cp |mv |rm |cat |ls |test |apt|brew|npm |yarn |pnpm )|"
    r"(?<![\w-])(install|add|lock|export|sync)(?![\w-])"
)
_TEXT_LIMIT = 50_000
_SPLIT = re.compile(r"&&|\|\||;|\|")


def _is_named_for_checks(path: str) -> bool:
    """Whether a file of CI is called ``ci``, ``tests`` or the like, or is the only one that a service reads."""
    folder, _, name = path.rpartition("/")
    return (
        not folder.endswith("workflows")
        or _CHECK_NAME.fullmatch(name.partition(".")[0].lower()) is not None
    )


def _is_ci(path: str, outline: o.Outline) -> bool:
    name = posixpath.basename(path)
    if isinstance(outline, o.TextOutline):
        return name == "Jenkinsfile" or "/.ci/" in f"/{path}"
    return isinstance(outline, o.YamlOutline) and not name.startswith(_NO_CI)


def _commands(path: str, text: str) -> list[Command]:
    """The commands of a shell text: continued lines joined, comments left out."""
    joined = re.sub(r"\\[ \t]*\n\s*", " ", text[:_TEXT_LIMIT])
    lines = (line.strip() for line in joined.splitlines())
    return [Command(path, line) for line in lines if line and not line.startswith("#")]


@functools.lru_cache(maxsize=64)
def _tool_pattern(tool: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){tool}(?![\w./-])")


def _runs(commands: list[Command], tool: str) -> bool:
    pattern = _tool_pattern(tool)
    for command in commands:
        text = command.text
        if text.startswith("uses ") or "://" in text:
            if re.search(rf"(?<![a-z]){tool}(?![a-z])", text):
                return True
            continue
        if tool not in text:
            continue
        for part in _SPLIT.split(text):
            if pattern.search(part) and not _NO_RUN.search(part.split(tool)[0]):
                return True
        if text.startswith(f"{tool}-"):  # the id of a hook: `ruff-check`
            return True
    return False


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Every string in a YAML document with the nearest key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, name)


def _inside(value: Any, *keys: str) -> Any:  # noqa: ANN401
    """What lies under nested keys of a YAML document, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _values(value: Any, key: str) -> Iterator[Any]:  # noqa: ANN401
    """Every plain value under a key, however deep, in a YAML document."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == key and not isinstance(item, dict | list):
                yield item
            yield from _values(item, key)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Every key and string in a YAML document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield str(name)
            yield from _texts(item)


def _toml_tasks(tables: dict[str, Any], *, is_tox: bool) -> Iterator[str]:
    tool = tables.get("tool")
    if is_tox:
        yield from _leaves(tables)
    if isinstance(tool, dict):
        for name, key in _TASK_TABLES:
            table = tool.get(name)
            yield from _leaves(table.get(key) if isinstance(table, dict) and key else table)


_TASK_TABLES = (
    ("poe", "tasks"), ("taskipy", "tasks"), ("pdm", "scripts"), ("hatch", "envs"), ("rye", "scripts"),
    ("pixi", "tasks"), ("tox", ""),
)  # fmt: skip


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Every string, and every list of strings joined to a command."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            yield " ".join(value)
        else:
            for item in value:
                yield from _leaves(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
