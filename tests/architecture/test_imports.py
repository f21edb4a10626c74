"""Imports point one way, and what must stay pure stays pure."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import django

from tests.servers import ROOT


def test_import_contracts_hold():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_no_folder_hides_a_module_of_its_name():
    """A package wins over the module beside it, which then can neither be imported nor run."""
    trees = ("plumbline", "config", "core", "apps", "tests", "benchmarks")
    modules = [path for tree in trees for path in (ROOT / tree).rglob("*.py")]
    assert modules
    assert [path for path in modules if path.with_suffix("").is_dir()] == []


def test_django_is_the_version_that_we_ask_for():
    assert django.VERSION[:2] == (6, 1), "django-celery-beat pulls in an older one by itself"
    assert version("django").startswith("6.1.")
