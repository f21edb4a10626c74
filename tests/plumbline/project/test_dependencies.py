"""Dependencies are found wherever Python projects write them down."""

import textwrap

import pytest
from packaging.version import Version

from tests.plumbline.project.projects import project_of


def dependencies_of(**files: str):
    paths = {
        "pyproject": "pyproject.toml", "requirements": "requirements.txt", "dev": "requirements/dev.txt",
        "lock": "uv.lock", "poetry": "poetry.lock", "setup_cfg": "setup.cfg", "setup_py": "setup.py", "tox": "tox.ini",
        "pipfile": "Pipfile",
    }  # fmt: skip
    return project_of(
        {paths[key]: textwrap.dedent(text) for key, text in files.items()}
    ).dependencies


def group_of(found, name: str) -> str:
    return found.get(name).group


def test_a_project_table_lists_runtime_and_optional_dependencies():
    found = dependencies_of(
        pyproject="""
        [project]
        dependencies = ["Django[argon2]~=5.2.3", "psycopg[binary,pool]>=3 ; python_version > '3.8'"]
        [project.optional-dependencies]
        s3 = ["boto3"]
        dev = ["pytest_django"]
        """
    )
    assert found.get("django").specifier == "~=5.2.3"
    assert found.get("psycopg").extras == ["binary", "pool"]
    assert found.get("boto3").is_runtime
    assert group_of(found, "pytest-django") == "dev"
    assert found.get("django").path == "pyproject.toml"


def test_dependency_groups_and_older_tables_of_uv_pdm_and_hatch_count():
    found = dependencies_of(
        pyproject="""
        [dependency-groups]
        lint = ["ruff>=0.17"]
        dev = [{include-group = "lint"}, "mypy"]
        [tool.uv]
        dev-dependencies = ["bandit"]
        [tool.pdm.dev-dependencies]
        test = ["pytest"]
        [tool.hatch.envs.default]
        dependencies = ["coverage"]
        """
    )
    assert {name: group_of(found, name) for name in found.declared} == {
        "ruff": "lint",
        "mypy": "dev",
        "bandit": "dev",
        "pytest": "test",
        "coverage": "hatch default",
    }


def test_poetry_tables_count():
    found = dependencies_of(
        pyproject="""
        [tool.poetry.dependencies]
        python = "^3.13"
        django = "^5.2"
        celery = {version = ">=5.4", extras = ["redis"]}
        numpy = [{version = "^1", python = "<3.9"}, {version = "^2", python = ">=3.9"}]
        [tool.poetry.dev-dependencies]
        black = "*"
        [tool.poetry.group.docs.dependencies]
        sphinx = "*"
        """
    )
    assert "python" not in found
    assert found.minimum("django") == Version("5.2")
    assert found.get("celery").extras == ["redis"]
    assert found.get("numpy").specifier == "^1"
    assert group_of(found, "black") == "dev"
    assert group_of(found, "sphinx") == "docs"


def test_requirements_files_count_with_their_lines_and_groups():
    found = dependencies_of(
        requirements="""\
        # comment
        Django==5.2.1 --hash=sha256:abc
        -e git+https://example.org/shop.git#egg=Shop_Core
        -r requirements/dev.txt
        https://example.org/a.whl
        """,
        dev="-r ../requirements.txt\npytest-django>=4\n",
    )
    assert (found.get("django").line, found.get("django").specifier) == (2, "==5.2.1")
    assert "shop-core" in found
    assert group_of(found, "pytest-django") == "dev"
    assert found.files == ["requirements.txt", "requirements/dev.txt"]


def test_setup_cfg_and_tox_count():
    found = dependencies_of(
        setup_cfg="""\
        [options]
        install_requires =
            Django>=4.2
        tests_require = factory-boy
        [options.extras_require]
        test = pytest-cov
        """,
        tox="[testenv]\ndeps =\n    dj52: Django~=5.2.0\n    coverage\n",
    )
    assert found.get("django").is_runtime
    assert group_of(found, "factory-boy") == "test"
    assert group_of(found, "pytest-cov") == "test"
    assert group_of(found, "coverage") == "tox"
    assert found.minimum("django") == Version("4.2")


def test_setup_py_lists_are_followed_through_names_and_sums():
    found = dependencies_of(
        setup_py="""
        from setuptools import setup

        base = ["Django>=4.2"]
        tests = ["pytest"]
        setup(
            name="shop",
            install_requires=base + ["requests", *["pyyaml"]],
            extras_require={"test": tests, "all": base + tests},
        )
        """
    )
    assert {"django", "requests", "pyyaml", "pytest"} <= set(found.declared)
    assert group_of(found, "pytest") == "test"


def test_a_pipfile_counts():
    found = dependencies_of(pipfile='[packages]\ndjango = "*"\n[dev-packages]\npytest = "*"\n')
    assert found.get("django").is_runtime
    assert group_of(found, "pytest") == "dev"


@pytest.mark.parametrize("name", ["lock", "poetry"])
def test_a_lock_file_states_the_version_that_runs(name):
    lock = '[[package]]\nname = "django"\nversion = "6.1.3"\n\n[[package]]\nname = "x"\nversion = "1"\n'
    found = dependencies_of(pyproject='[project]\ndependencies = ["django>=5"]\n', **{name: lock})
    assert found.minimum("django") == Version("6.1.3")
    assert "x" not in found
    assert found.locked["x"] == "1"


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        (">=5.2,<6", "5.2"), ("==5.2.*", "5.2"), ("~=6.0.1", "6.0.1"), ("<6", None), ("", None), ("!!", None),
    ],
)  # fmt: skip
def test_the_lower_bound_is_the_minimum(specifier, version):
    found = dependencies_of(requirements=f"django{specifier}\n").minimum("django")
    assert found == (Version(version) if version else None)


def test_examples_and_templates_declare_nothing_for_the_project():
    project = project_of(
        {
            "requirements.txt": "django\n",
            "examples/shop/requirements.txt": "celery\n",
            "shop/project_template/requirements.txt": "wagtail\n",
            "docs/requirements.txt": "sphinx\n",
        }
    )
    assert set(project.dependencies.declared) == {"django", "sphinx"}


def test_a_repository_without_declarations_proves_nothing():
    assert not project_of({"shop/models.py": ""}).dependencies.is_known
