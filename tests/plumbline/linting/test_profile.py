"""Plumbline's configuration of ruff."""

import subprocess

from ruff import find_ruff_bin

from plumbline.linting.names import _names, rule_title
from plumbline.linting.profile import FAMILIES, IGNORED, check_arguments, family_of
from tests.plumbline.linting.names import current


def test_the_families_are_the_guide_s():
    assert list(FAMILIES) == "E F W I UP B C4 SIM S N D ANN RUF DJ".split()


def test_a_code_belongs_to_one_family_or_to_none():
    assert [family_of(code) for code in ("C408", "SIM102", "S101", "E501", "DJ001")] == [
        *("C4", "SIM", "S", "E", "DJ")
    ]
    assert family_of("C901") is None
    assert family_of("PLR0913") is None


def test_ruff_takes_the_configuration_and_enables_exactly_these_families(tmp_path):
    (tmp_path / "a.py").touch()
    told = subprocess.run(
        [find_ruff_bin(), *check_arguments(["shop"]), "--show-settings", "a.py"],
        capture_output=True,
        check=True,
        text=True,
        cwd=tmp_path,
    )
    assert not told.stderr
    enabled = told.stdout.partition("linter.rules.enabled = [")[2].partition("]")[0]
    codes = {word.strip("(),") for word in enabled.split() if word.startswith("(")}
    assert {family_of(code) for code in codes} == set(FAMILIES)
    assert not codes & set(IGNORED)


def test_the_table_of_names_is_that_of_the_bundled_ruff():
    # After a new ruff: python -m tests.plumbline.linting.names
    assert _names() == current()


def test_a_rule_is_called_by_its_name_in_words():
    assert rule_title("F401") == "Unused import"
    assert rule_title("XYZ999") == "XYZ999"
