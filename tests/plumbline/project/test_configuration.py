"""Tool configuration is read from the file that governs, and CI through what it calls."""

import textwrap

import pytest

from plumbline.project.ruff import RuffConfig
from tests.plumbline.project.projects import project_of


def configuration_of(files: dict[str, str]):
    texts = {path: textwrap.dedent(text) for path, text in files.items()}
    return project_of(texts).configuration


def ci_of(steps: str, **others: str):
    """The commands of a project with one workflow of these steps."""
    files = dict(others)
    files[".github/workflows/ci.yml"] = "jobs:\n  test:\n    steps:\n" + textwrap.indent(
        textwrap.dedent(steps), "    "
    )
    return configuration_of(files).commands


# ---- ruff ----


@pytest.mark.parametrize(
    ("select", "ignore", "family", "covered"),
    [
        (("DJ",), (), "DJ", "all"),
        (("ALL",), (), "DJ", "all"),
        (("ALL",), ("DJ",), "DJ", "none"),
        (("DJ",), ("DJ",), "DJ", "none"),
        (("DJ",), ("ALL",), "DJ", "all"),
        (("DJ",), ("DJ001",), "DJ", "all"),
        (("DJ0",), (), "DJ", "all"),
        (("DJ001",), (), "DJ", "part"),
        (("D",), (), "DJ", "none"),
        (("C",), (), "C4", "all"),
        (("C4",), ("C",), "C4", "all"),
        (("C90",), (), "C4", "none"),
        (("SIM",), (), "S", "none"),
        (("S1", "S3"), (), "S", "part"),
        (("E4", "E7"), (), "E", "part"),
        (("I001",), (), "I", "all"),
        (("ICN",), (), "I", "none"),
        (("ANN",), (), "A", "none"),
    ],
)
def test_the_longest_prefix_decides_what_ruff_selects(select, ignore, family, covered):
    assert RuffConfig("ruff.toml", select, ignore, extends=False).coverage(family) == covered


@pytest.mark.parametrize(
    "text",
    [
        '[tool.ruff.lint]\nselect = ["E", "DJ"]\n',
        '[tool.ruff]\nselect = ["E"]\nextend-select = ["DJ"]\n',
        '[tool.ruff]\nlint.extend-select = ["DJ"]\n',
    ],
)
def test_ruff_is_read_from_newer_and_older_keys(text):
    assert configuration_of({"pyproject.toml": text}).ruff.coverage("DJ") == "all"


def test_ruffs_own_file_beats_pyproject_in_the_same_folder():
    files = {
        "ruff.toml": '[lint]\nselect = ["F"]\n',
        "pyproject.toml": '[tool.ruff.lint]\nselect = ["DJ"]\n',
    }
    assert configuration_of(files).ruff.path == "ruff.toml"


def test_the_configuration_nearest_above_manage_py_governs():
    files = {
        "ruff.toml": "",
        "backend/manage.py": "",
        "backend/pyproject.toml": "[tool.ruff]\n",
        "backend/app/ruff.toml": "",
        "frontend/ruff.toml": "",
    }
    assert configuration_of(files).ruff.path == "backend/pyproject.toml"
    del files["backend/pyproject.toml"]
    assert configuration_of(files).ruff.path == "ruff.toml"


def test_what_a_configuration_extends_is_followed():
    files = {
        "ruff.toml": 'lint.select = ["E", "DJ"]\nlint.ignore = ["E501"]\n',
        "manage.py": "",
        ".ruff.toml": 'extend = "ruff.toml"\nlint.extend-select = ["B"]\n',
    }
    ruff = configuration_of(files).ruff
    assert ruff.select == ("E", "DJ", "B")
    assert ruff.ignore == ("E501",)
    assert not ruff.extends
    files[".ruff.toml"] = 'extend = "~/ruff.toml"\n'
    assert configuration_of(files).ruff.extends


def test_configurations_that_extend_each_other_end():
    files = {"ruff.toml": 'extend = ".ruff.toml"\n', ".ruff.toml": 'extend = "ruff.toml"\n'}
    assert configuration_of(files).ruff.extends


# ---- mypy and pytest ----


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[tool.mypy]\nplugins = ["a", "mypy_django_plugin.main"]\n'),
        ("pyproject.toml", '[tool.mypy]\nplugins = "a, mypy_django_plugin.main"\n'),
        ("mypy.ini", "[mypy]\nplugins =\n    a,\n    mypy_django_plugin.main\n"),
        ("setup.cfg", "[mypy]\nplugins = a mypy_django_plugin.main\n"),
    ],
)
def test_mypys_plugins_are_a_list_however_they_are_written(path, text):
    assert configuration_of({path: text}).mypy_plugins == ["a", "mypy_django_plugin.main"]


def test_the_plugin_is_configured_where_mypy_is():
    files = {
        "pyproject.toml": '[tool.django-stubs]\ndjango_settings_module = "old.settings"\n',
        "mypy.ini": "[mypy]\n[mypy.plugins.django-stubs]\ndjango_settings_module = new.settings\n",
    }
    assert configuration_of(files).django_stubs[1] == {"django_settings_module": "new.settings"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = -n auto\n    --reuse-db\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-n", "auto", "--reuse-db"]\n'),
        ("pyproject.toml", '[tool.pytest]\naddopts = "-n auto --reuse-db"\n'),
        ("setup.cfg", "[tool:pytest]\naddopts = -n auto --reuse-db\n"),
        ("tox.ini", "[pytest]\naddopts = -n auto --reuse-db\n"),
    ],
)
def test_pytests_options_are_one_text_wherever_they_stand(path, text):
    assert configuration_of({path: text}).pytest_options.split() == ["-n", "auto", "--reuse-db"]


def test_files_that_configure_tools_apart_from_pyproject_are_named():
    files = {
        "setup.cfg": "[metadata]\nname = x\n[tool:pytest]\n[coverage:run]\n",
        "tox.ini": "[tox]\n[testenv]\n",
        ".flake8": "[flake8]\n",
        "docs/ruff.toml": "",
    }
    assert configuration_of(files).stray_tools == {
        ".flake8": "flake8",
        "setup.cfg": "pytest and coverage",
    }


# ---- commands ----


@pytest.mark.parametrize(
    "steps",
    [
        "- run: ruff check .",
        "- run: uv run --no-sync ruff check .",
        "- run: python -m ruff check",
        "- run: |\n    set -e\n    .venv/bin/ruff check .",
        "- run: pip install ruff && ruff check .",
        "- uses: astral-sh/ruff-action@v3",
    ],
)
def test_ci_runs_a_tool_in_many_ways(steps):
    assert ci_of(steps).ci_runs("ruff")


@pytest.mark.parametrize(
    "steps",
    [
        "- run: pip install ruff",
        "- run: |\n    # ruff check .\n    ls",
        "- run: echo ruff is not run",
        "- run: cat ruff.toml",
        "- run: pip install \\\n    ruff",
        "- run: truffle check",
    ],
)
def test_naming_a_tool_is_not_running_it(steps):
    assert not ci_of(steps).ci_runs("ruff")


def test_ci_is_followed_through_make_tox_scripts_and_hooks():
    commands = ci_of(
        "- run: make check\n- run: pre-commit run --all-files",
        Makefile="check:\n\t@./bin/lint.sh\n\ttox -e types\n",
        **{
            "bin/lint.sh": "ruff check .\n",
            "tox.ini": "[testenv:types]\ncommands =\n    mypy .\n",
            ".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - id: bandit\n    entry: bandit -r .\n",
        },
    )
    assert all(commands.ci_runs(tool) for tool in ("ruff", "mypy", "bandit"))
    assert not commands.ci_runs("pytest")
    assert not commands.ci_hidden


@pytest.mark.parametrize(
    ("run", "table"),
    [
        ("poe test", "[tool.poe.tasks]\ntest = 'pytest -q'"),
        ("poe test", "[tool.poe.tasks.test]\ncmd = 'pytest -q'"),
        ("pdm run test", "[tool.pdm.scripts]\ntest = 'pytest -q'"),
        ("hatch run test", "[tool.hatch.envs.default.scripts]\ntest = 'pytest -q'"),
        ("tox", "[tool.tox.env_run_base]\ncommands = [['pytest', '-q']]"),
    ],
)
def test_tasks_of_pyproject_are_commands_where_ci_runs_them(run, table):
    assert ci_of(f"- run: {run}", **{"pyproject.toml": table}).ci_runs("pytest")
    quiet = ci_of("- run: ls", **{"pyproject.toml": table})
    assert not quiet.ci_runs("pytest")
    assert quiet.anything_runs("pytest")


@pytest.mark.parametrize(
    "steps",
    [
        "- uses: ./.github/actions/test",
        "- run: ./scripts/test",
        "- run: pre-commit run -a",
    ],
)
def test_what_ci_runs_out_of_sight_is_named(steps):
    assert ci_of(steps).ci_hidden


def test_a_reusable_workflow_elsewhere_is_out_of_sight_and_one_of_our_own_is_not():
    job = "jobs:\n  a:\n    uses: {}\n"
    elsewhere = {".github/workflows/a.yml": job.format("org/ci/.github/workflows/x.yml@v1")}
    assert configuration_of(elsewhere).ci_is_partial
    own = {
        ".github/workflows/a.yml": job.format("./.github/workflows/b.yml"),
        ".github/workflows/b.yml": "jobs:\n  b:\n    steps:\n    - run: pytest\n",
    }
    commands = configuration_of(own).commands
    assert not commands.ci_hidden
    assert commands.main_ci_file == ".github/workflows/b.yml"


def test_packages_that_commands_and_hooks_install_are_known():
    commands = ci_of(
        "- run: pip install coverage 'pytest-django>=4' -r requirements.txt",
        **{
            ".pre-commit-config.yaml": (
                "repos:\n- repo: local\n  hooks:\n  - id: mypy\n"
                "    additional_dependencies: ['django-stubs[compatible-mypy]==6']\n"
            )
        },
    )
    assert {"coverage", "pytest-django", "django-stubs"} <= commands.installed
    assert "requirements" not in commands.installed


def test_compose_and_codecov_files_are_no_ci():
    files = {
        "compose.yml": "services: {}\n",
        "codecov.yml": "coverage: {}\n",
        ".gitlab-ci.yml": "a: {}\n",
    }
    assert configuration_of(files).ci_files == [".gitlab-ci.yml"]


def test_a_configuration_that_cannot_be_read_is_named():
    project = project_of({"pyproject.toml": "[tool.ruff", "shop/models.py": "import django\n"})
    assert project.unreadable_configuration == "pyproject.toml"
    assert project.configuration.ruff is None


def test_only_a_target_for_the_whole_project_is_a_gate_of_codecov():
    text = """
    coverage:
      status:
        project:
          default:
            target: 85%
        patch:
          default:
            target: 100%
    """
    commands = configuration_of({".codecov.yml": text}).commands
    assert commands.codecov_targets == [(".codecov.yml", "85%")]
