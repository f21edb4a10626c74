"""CI-02."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.edits import Edit, Fix, SetKey
from plumbline.project import Project
from plumbline.project.remedies import set_option
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n"}
_CI = ".github/workflows/ci.yml"
_STEPS = "jobs:\n  test:\n    steps:\n    - run: uv run pytest --cov\n"
_OPTION = re.compile(r"--(?:cov-)?fail-under[= ]([\d.]{1,8})")
_WANTED = 80.0
_SERVICES = ("codecov", "coveralls", "codacy", "sonar", "qlty", "codeclimate")


class NoCoverageGate(Rule):
    """Finds continuous integration that lets coverage fall below 80 %."""

    code = "CI02"
    slug = "no-coverage-gate"
    title = "CI fails below 80 % coverage"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "CI Pipeline"
    guide_lines = (2016, 2016)
    what = (
        "A repository with CI where no threshold of coverage stands anywhere, or one below 80 %: not in coverage's "
        "`fail_under`, not "
        "by `--cov-fail-under` or `--fail-under`, not as a target of Codecov."
    )
    why = (
        "A number that nothing enforces goes down a little with every hurried change, and nobody decides that it "
        "should."
    )
    how = (
        "Set `fail_under = 80` in `[tool.coverage.report]`; below that today, set what you have and raise it with "
        "time."
    )
    applies_when = "the repository configures continuous integration"
    absent = "no CI configuration"
    errata = (
        "Services such as Codecov and Coveralls can hold the gate in their own settings. Where CI uploads to one and "
        "the repository "
        "states no threshold, the answer is not known."
    )
    needs = ("yaml", "toml", "ini")
    examples = (
        Example("no threshold", {**_DJANGO, _CI: _STEPS}, reports=(_CI,)),
        Example(
            "a threshold that is too low",
            {
                **_DJANGO,
                _CI: _STEPS,
                "pyproject.toml": "[tool.coverage.report]\nfail_under = 55\n",
            },
            reports=("pyproject.toml",),
            fixed={"pyproject.toml": "[tool.coverage.report]\nfail_under = 80\n"},
        ),
        Example(
            "an option in CI",
            {**_DJANGO, _CI: _STEPS.replace("--cov", "--cov --cov-fail-under=85")},
            state="pass",
        ),
        Example(
            "a threshold in coverage's configuration",
            {**_DJANGO, _CI: _STEPS, ".coveragerc": "[report]\nfail_under = 92.5\n"},
            state="pass",
        ),
        Example(
            "a target of Codecov",
            {
                **_DJANGO,
                _CI: _STEPS + "    - uses: codecov/codecov-action@v5\n",
                "codecov.yml": "coverage:\n  status:\n    project:\n      default:\n        target: 90%\n",
            },
            state="pass",
            is_trap=True,
        ),
        Example("no CI", _DJANGO, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        configuration = project.configuration
        commands = configuration.commands
        if not commands.ci_files:
            return
        found = self._thresholds(project)
        if found:
            path, threshold = max(found, key=lambda item: item[1])
            subject = project.located_at(path, "coverage gate", "fail_under")
            if threshold >= _WANTED:
                yield subject.in_order()
            else:
                yield subject.violation(
                    f"the coverage gate is at {threshold:g} %; raise `fail_under` to 80 or more",
                    fix=_fix(project),
                )
            return
        subject = project.located_at(commands.main_ci_file, "coverage gate", "fail_under")
        service = next((name for name in _SERVICES if commands.mentions(name)), None)
        if service is not None:
            yield subject.unknown(f"{service.capitalize()} may hold the gate")
        elif commands.ci_hidden and not commands.ci_runs("pytest"):
            yield subject.unknown(f"CI runs `{commands.ci_hidden}`, which cannot be read here")
        else:
            yield subject.violation(
                "CI has no coverage gate; set `fail_under = 80` in `[tool.coverage.report]` or pass "
                "`--cov-fail-under=80`",
                fix=_fix(project),
            )

    @staticmethod
    def _thresholds(project: Project) -> list[tuple[str, float]]:
        """Path and percentage of every threshold that the repository states."""
        configuration = project.configuration
        found: list[tuple[str, float]] = []
        for path, options in configuration.coverage:
            found += [(path, value) for value in _percent(options.get("fail_under"))]
        for match in _OPTION.finditer(configuration.pytest_options):
            if configuration.pytest is not None:
                found += [(configuration.pytest[0], value) for value in _percent(match[1])]
        for command in (*configuration.commands.ci, *configuration.commands.tasks):
            for match in _OPTION.finditer(command.text):
                found += [(command.path, value) for value in _percent(match[1])]
        for path, target in configuration.commands.codecov_targets:
            found += [(path, value) for value in _percent(target)]
        return found


def _fix(project: Project) -> Fix | None:
    """Set the threshold where coverage is configured, else in pyproject.toml. Unsafe: CI may turn red at once."""
    edit: Edit | None = None
    pyproject = project.configuration.pyproject
    if project.configuration.coverage:
        edit = set_option(project, project.configuration.coverage[0], "fail_under", round(_WANTED))
    elif pyproject is not None:
        edit = SetKey(pyproject, ("tool", "coverage", "report"), "fail_under", round(_WANTED))
    return Fix([edit], is_safe=False) if edit is not None else None


def _percent(value: object) -> list[float]:
    """The percentage that a configured value states, if it is one."""
    try:
        return [float(str(value).strip().rstrip("%"))]
    except ValueError:
        return []
