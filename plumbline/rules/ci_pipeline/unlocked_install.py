"""CI-05."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django"]\n', "uv.lock": ""}
_CI = ".github/workflows/ci.yml"
_STEPS = "jobs:\n  test:\n    steps:\n    - uses: actions/checkout@v5\n"
_SYNC = re.compile(r"(?<![\w-])uv\s+sync(?![\w-])([^;&|]*)")
_LOCKED = re.compile(r"--(locked|frozen)(?![\w-])")
_ACTION = re.compile(r"^([\w.-]+/[\w.-]+)@v(\d+)")
_RETIRED = {
    "actions/checkout": 3,
    "actions/setup-python": 4,
    "actions/cache": 3,
    "actions/upload-artifact": 3,
    "actions/download-artifact": 3,
    "actions/setup-node": 3,
    "actions/github-script": 6,
    "codecov/codecov-action": 3,
}
"""The last major of each action that runs on a Node.js which runners have retired (16 and older)."""


class UnlockedInstall(Rule):
    """Finds CI that installs other versions than the lock file says, or with retired actions."""

    code = "CI05"
    slug = "unlocked-install"
    title = "CI installs what the lock file says, with actions that are kept"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "CI Pipeline"
    guide_lines = (2009, 2013)
    what = (
        "`uv sync` in CI without `--locked` or `--frozen` (or `UV_LOCKED`, `UV_FROZEN`), and, in workflows that use "
        "uv, an action of a major version that runs on a Node.js retired by the runners."
    )
    why = (
        "A plain `uv sync` rewrites a lock file that is out of step, so that CI tests versions which nobody has. A "
        "retired action stops working on a day that others choose."
    )
    how = "Run `uv sync --locked`, and raise the action to its current major version."
    applies_when = "CI uses uv"
    absent = "CI does not use uv"
    errata = (
        "The guide's workflow shows a plain `uv sync`. Actions are judged by the Node.js that they run on, as it "
        "was known in 2026; newer majors than those are always in order."
    )
    needs = ("yaml", "text")
    examples = (
        Example(
            "an install that may differ, an action of old",
            {
                **_DJANGO,
                _CI: "jobs:\n  test:\n    steps:\n    - uses: actions/checkout@v3\n    - run: uv sync --all-extras\n",
            },
            reports=(_CI,),
        ),
        Example("locked", {**_DJANGO, _CI: _STEPS + "    - run: uv sync --locked\n"}, state="pass"),
        Example(
            "locked by the environment",
            {
                **_DJANGO,
                _CI: "env:\n  UV_FROZEN: 1\n" + _STEPS + "    - run: uv sync\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no uv", {**_DJANGO, _CI: _STEPS}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``uv sync`` and each action of a workflow with uv."""
        commands = project.configuration.commands
        is_locked = commands.mentions("UV_LOCKED") or commands.mentions("UV_FROZEN")
        seen: set[tuple[str, str]] = set()
        for command in commands.ci:
            match = _SYNC.search(command.text)
            if match is None or (command.path, match[0]) in seen:
                continue
            seen.add((command.path, match[0]))
            subject = project.located_at(command.path, f"{command.path}:uv sync", match[0].strip())
            if is_locked or _LOCKED.search(match[1]):
                yield subject.in_order()
            else:
                yield subject.violation(
                    f"`{' '.join(match[0].split())}` may change the lock file; add `--locked`"
                )
        yield from _actions(project)


def _actions(project: Project) -> Iterator[Verdict]:
    by_path: dict[str, dict[str, int]] = {}
    for job in project.workflow_jobs:
        for step in job.steps:
            match = _ACTION.match(str(step.get("uses", "")))
            if match is not None:
                found = by_path.setdefault(job.path, {})
                found[match[1]] = min(int(match[2]), found.get(match[1], int(match[2])))
    with_uv = {
        command.path
        for command in project.configuration.commands.ci
        if re.search(r"(?<![\w-])uv (sync|run|pip)|setup-uv", command.text)
    }
    for path, actions in by_path.items():
        for action, major in actions.items() if path in with_uv else ():
            if action not in _RETIRED:
                continue
            subject = project.located_at(path, f"{path}:{action}", action)
            if major > _RETIRED[action]:
                yield subject.in_order()
            else:
                yield subject.violation(
                    f"`{action}@v{major}` runs on a retired Node.js; use `v{_RETIRED[action] + 1}` or newer"
                )
