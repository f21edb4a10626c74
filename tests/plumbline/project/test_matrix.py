"""The series of Django that tests run with, from every place that names them."""

import pytest

from tests.plumbline.project.projects import project_of


@pytest.mark.parametrize(
    ("path", "text", "series"),
    [
        ("tox.ini", "[tox]\nenvlist = py{312,313}-django{52,60}-{pg,my}\n", ["5.2", "6.0"]),
        (
            "tox.ini",
            "[tox]\nenvlist =\n    py313-dj52\n    py313-dj6.1\n    lint\n",
            ["5.2", "6.1"],
        ),
        ("tox.ini", "[testenv]\ndeps =\n    dj52: Django~=5.2.0\n    django-cors>=4.1\n", ["5.2"]),
        ("tox.ini", "[tox]\nenvlist = py313\n", []),
        ("tox.toml", 'env_list = ["py313-django52"]\n', ["5.2"]),
        (
            "noxfile.py",
            'import nox\n\n\n@nox.parametrize("django", ["4.2", "5.2"])\ndef tests(s): ...\n',
            ["4.2", "5.2"],
        ),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  t:\n    strategy:\n      matrix:\n        django: ['5.2', 6.0]\n        python: ['3.13']\n",
            ["5.2", "6.0"],
        ),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  t:\n    strategy:\n      matrix:\n        include:\n        - django: 'Django>=5.2,<5.3'\n",
            ["5.2"],
        ),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  t:\n    steps:\n    - run: pip install 'django==5.1.2'\n",
            ["5.1"],
        ),
    ],
)
def test_series_are_read_from(path, text, series):
    assert sorted(project_of({path: text}).tested_djangos) == series


@pytest.mark.parametrize(
    ("files", "is_library"),
    [
        ({"pyproject.toml": '[project]\nname = "shop"\n'}, True),
        ({"pyproject.toml": '[project]\nname = "shop"\n', "manage.py": ""}, False),
        ({"setup.py": "from setuptools import setup\nsetup()\n"}, True),
        ({"requirements.txt": "django\n"}, False),
    ],
)
def test_a_library_is_packaged_and_no_project(files, is_library):
    assert project_of(files).is_library is is_library


@pytest.mark.parametrize(
    ("text", "oldest"),
    [
        ('[project]\nrequires-python = ">=3.12,<3.15"\n', "3.12"),
        ('[project]\nrequires-python = "==3.14.*"\n', "3.14"),
        ('[tool.poetry.dependencies]\npython = "^3.13"\n', "3.13"),
        ('[project]\nname = "shop"\n', "None"),
    ],
)
def test_the_oldest_python_is_what_is_declared(text, oldest):
    assert str(project_of({"pyproject.toml": text}).oldest_python) == oldest
