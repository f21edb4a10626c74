"""Which files a configuration of ruff judges by which rules, as ruff itself would."""

import pytest

from plumbline.project.ruff import FileExemption, RuffConfig
from tests.plumbline.project.projects import project_of


@pytest.mark.parametrize(
    ("folder", "glob", "path", "covers"),
    [
        ("", "*/tests/*.py", "shop/tests/test_a.py", True),
        ("", "*/tests/*.py", "shop/tests/unit/test_a.py", True),
        ("", "*/tests/*.py", "tests/test_a.py", False),
        ("", "**/tests/**", "tests/test_a.py", True),
        ("", "**/tests/**", "shop/tests/unit/test_a.py", True),
        ("", "tests.py", "shop/tests.py", True),
        ("", "tests.py", "shop/contests.py", False),
        ("", "test_*", "shop/test_a.py", True),
        ("", "shop/[ab].py", "shop/b.py", True),
        ("", "shop/[!ab].py", "shop/b.py", False),
        ("", "{shop,cart}/models.py", "cart/models.py", True),
        ("", "shop/mode?.py", "shop/model.py", True),
        ("", "!shop/*.py", "shop/a.py", False),
        ("", "!shop/*.py", "cart/a.py", True),
        ("backend", "shop/*.py", "backend/shop/a.py", True),
        ("backend", "shop/*.py", "shop/a.py", False),
        ("", "[", "shop/a.py", False),
    ],
)
def test_an_exemption_covers_paths_and_names(folder, glob, path, covers):
    assert FileExemption(folder, glob, ()).covers(path) == covers


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("shop/migrations/0001.py", True),
        ("dojo/db/0001.py", True),
        ("other/dojo/db/0001.py", False),
        ("generated/deep/a.py", True),
        ("shop/views.py", False),
    ],
)
def test_an_exclusion_holds_for_folders_and_names(path, left_out):
    globs = (("", "migrations"), ("", "dojo/db"), ("", "**/generated/**"))
    assert RuffConfig("ruff.toml", (), (), False, left_out=globs).leaves_out(path) == left_out


def test_a_rule_is_on_by_the_longer_prefix_and_off_where_exempt():
    ruff = project_of(
        {
            "pyproject.toml": (
                '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["D1", "S"]\nextend-select = ["D100"]\n'
                '[tool.ruff.lint.per-file-ignores]\n"shop/*.py" = ["D"]\n'
            )
        }
    ).configuration.ruff
    assert ruff is not None
    assert [ruff.enables(code) for code in ("D100", "D101", "E501", "S101", "SIM101")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert not ruff.judges("shop/views.py", "D100")
    assert ruff.judges("cart/views.py", "D100")
    assert ruff.ignores_family("S")
    assert not ruff.ignores_family("D")


def test_a_configuration_keeps_what_it_extends_unless_it_says_otherwise():
    files = {
        "ruff.toml": (
            'exclude = ["old"]\n[lint]\nselect = ["E"]\nisort.known-first-party = ["shop"]\n'
            '[lint.per-file-ignores]\n"a.py" = ["E501"]\n'
        ),
        "manage.py": "import django\n",
        "api/manage.py": "import django\n",
        "api/ruff.toml": (
            'extend = "../ruff.toml"\nextend-exclude = ["new"]\n'
            '[lint.extend-per-file-ignores]\n"b.py" = ["E501"]\n'
        ),
    }
    del files["manage.py"]
    ruff = project_of(files).configuration.ruff
    assert ruff is not None
    assert ruff.path == "api/ruff.toml"
    assert ruff.left_out == (("", "old"), ("api", "new"))
    assert ruff.exempts("api/b.py", "E501")
    assert ruff.exempts("a.py", "E501")
    assert ruff.isort == {"known-first-party": ["shop"]}
