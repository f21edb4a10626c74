"""Which waiver covers which finding."""

from dataclasses import dataclass

import pytest

from apps.findings.coverage import Coverage


@dataclass
class Given:
    pk: int
    scope: str
    code: str = "MOD08"
    path_pattern: str = ""
    finding_id: int | None = None


def test_what_is_narrower_goes_first():
    coverage = Coverage.of(
        [
            Given(1, "rule"),
            Given(2, "path", path_pattern="apps/orders"),
            Given(3, "finding", finding_id=7),
        ]
    )
    assert coverage.waiver_of("MOD08", "apps/orders/models.py", 7) == 3
    assert coverage.waiver_of("MOD08", "apps/orders/models.py", 8) == 2
    assert coverage.waiver_of("MOD08", "apps/orders/models.py") == 2
    assert coverage.waiver_of("MOD08", "apps/sales/models.py") == 1
    assert coverage.waiver_of("MOD07", "apps/orders/models.py", 8) is None


@pytest.mark.parametrize(
    ("pattern", "path", "covers"),
    [
        ("apps/orders", "apps/orders/models.py", True),
        ("apps/orders", "apps/orders2/models.py", False),
        ("apps/*/models.py", "apps/orders/models.py", True),
        ("apps/*/models.py", "apps/orders/views.py", False),
        ("manage.py", "manage.py", True),
        ("*.html", "templates/a/b.html", True),
    ],
)
def test_a_pattern_is_a_folder_or_a_glob_of_whole_paths(pattern, path, covers):
    coverage = Coverage.of([Given(1, "path", path_pattern=pattern)])
    assert coverage.waiver_of("MOD08", path) == (1 if covers else None)


def test_of_two_alike_the_first_one_counts():
    coverage = Coverage.of([Given(1, "rule"), Given(2, "rule")])
    assert coverage.waiver_of("MOD08", "a.py") == 1
