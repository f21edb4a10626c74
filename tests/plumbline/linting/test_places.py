"""Roles of files, and the names that a repository's imports know as its own."""

import pytest

from plumbline.linting.places import Places, made_up_path

SHOP = (
    *("manage.py", "shop/__init__.py", "shop/asgi.py", "shop/settings/__init__.py"),
    *("shop/settings/base.py", "shop/orders/__init__.py", "shop/orders/models.py"),
    *("shop/orders/_prices.py", "shop/orders/Bad-Name.py", "shop/_vendored/__init__.py"),
    *("shop/_vendored/thing.py", "shop/orders/tests/__init__.py", "shop/orders/tests/test_a.py"),
    *("shop/orders/migrations/__init__.py", "shop/orders/migrations/0001_initial.py"),
    *("shop/orders/migrations/0002-odd.py", "bin/Deploy-It.py", "docs/conf.py"),
)


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("manage.py", "source"),
        ("shop/asgi.py", "asgi"),
        ("shop/__init__.py", "source package"),
        ("shop/settings/base.py", "settings"),
        ("shop/orders/models.py", "source"),
        ("shop/orders/_prices.py", "source private"),
        ("shop/orders/Bad-Name.py", "source misnamed"),
        ("shop/_vendored/__init__.py", "source package private"),
        ("shop/_vendored/thing.py", "source private"),
        ("shop/orders/tests/__init__.py", "test package"),
        ("shop/orders/tests/test_a.py", "test"),
        ("shop/orders/migrations/0001_initial.py", "migration"),
        ("shop/orders/migrations/0002-odd.py", "migration misnamed"),
        ("bin/Deploy-It.py", "source"),  # a script, which nobody imports
    ],
)
def test_a_file_has_the_role_on_which_ruff_s_verdict_depends(path, role):
    assert Places(SHOP).role(path) == role


def test_every_role_has_a_made_up_path_of_its_own():
    places = Places(SHOP)
    roles = {places.role(path) for path in SHOP}
    paths = {made_up_path(role, "abc_1") for role in roles}
    assert len(paths) == len(roles)
    assert "migrations/abc_1.py" in paths
    assert "source/_mabc_1/__init__.py" in paths


def test_samples_and_documentation_are_not_linted():
    assert [path for path in SHOP if not Places.is_linted(path)] == ["docs/conf.py"]
    assert not Places.is_linted("{{cookiecutter.slug}}/manage.py")


def test_own_names_are_what_stands_at_a_source_root():
    assert Places(SHOP).own_names == {"manage", "shop"}
    below = Places(["backend/manage.py", "backend/shop/__init__.py", "src/lib/__init__.py"])
    assert below.own_names == {"backend", "src", "manage", "shop", "lib"}
    # A folder without `__init__.py` that holds packages is imported as well as they are.
    assert Places(["manage.py", "apps/orders/__init__.py"]).own_names == {
        "manage",
        "apps",
        "orders",
    }


def test_names_that_could_mean_something_to_ruff_are_no_own_names():
    odd = ['a"]/__init__.py', "b*/__init__.py", "ümlaut/__init__.py", "good/__init__.py"]
    assert Places(odd).own_names == {"good"}
