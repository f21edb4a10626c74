"""Edits of conditions."""

import pytest

from plumbline.edits import CompareWithNone, Fix, NotAsExpected
from plumbline.edits.draft import Draft


def compared(source, line=1):
    draft = Draft({"a.py": source.encode()})
    draft.add(Fix([CompareWithNone("a.py", line, "x")]))
    return draft.changed()["a.py"].decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if x:", "if x is not None:"),
        ("if not x:", "if x is None:"),
        ("while not (x):", "while x is None:"),
        ("if (x):", "if (x is not None):"),
        ("if not x and y or z:", "if x is None and y or z:"),
        ("if y(x) and x and x.z:", "if y(x) and x is not None and x.z:"),
        ("if not (x or y):", "if not (x is not None or y):"),
    ],
)
def test_the_truth_of_a_name_becomes_a_comparison_with_none(before, after):
    assert compared(f"{before}\n    pass\n") == f"{after}\n    pass\n"


def test_an_elif_is_a_condition_as_well():
    source = "if y:\n    pass\nelif x:\n    pass\n"
    assert compared(source, 3) == source.replace("elif x", "elif x is not None")


@pytest.mark.parametrize("test", ["x is None", "y", "x and x", "f(x)", "not y or x == 1"])
def test_what_does_not_hang_on_its_truth_once_is_refused(test):
    with pytest.raises(NotAsExpected):
        compared(f"if {test}:\n    pass\n")
