"""What part a file plays, told from its path: the one place that names test, migration and settings files."""

from __future__ import annotations

import functools
import re

SOURCE = "source"
TEST = "test"
MIGRATION = "migration"
SETTINGS = "settings"
DOCUMENTATION = "documentation"

_TEST_FOLDERS = frozenset(
    "tests test testing test_utils testutils unittests functional_tests e2e "
    "integration_tests playwright_tests browser_tests selenium_tests e2e_tests acceptance_tests "
    "testapp testproject test_project".split()
)
_TEST_FILE = re.compile(
    r"^(test_.*|.*_tests?|tests?|conftest|factories|.*_factory|.*_factories)\.py$"
)
_DOCUMENTATION_FOLDERS = frozenset("docs doc examples example samples sample demo demos".split())
_MIGRATION_FOLDER = re.compile(r"^(db_|.*_)?migrations$")


@functools.lru_cache(maxsize=65_536)
def role_of(path: str) -> str:
    """The role of the file at ``path``: source, test, migration, settings or documentation."""
    folder, _, name = path.rpartition("/")
    is_hidden, is_of_migrations, is_of_tests, is_documentation, last = _folder(folder)
    if is_hidden:
        return DOCUMENTATION  # tools and samples for them: `.semgrep`, `.github/scripts`
    if is_of_migrations and name != "__init__.py":
        return MIGRATION
    if is_of_tests or _TEST_FILE.match(name):
        # `config/settings/test.py` holds settings for tests, not tests.
        return SETTINGS if last == "settings" else TEST
    if name in ("settings.py", "global_settings.py") or last in ("settings", "_settings"):
        return SETTINGS
    return DOCUMENTATION if is_documentation else SOURCE


@functools.lru_cache(maxsize=8_192)
def _folder(path: str) -> tuple[bool, bool, bool, bool, str]:
    """Whether a folder is hidden, of migrations, of tests, of documentation; and its last name."""
    folders = path.split("/") if path else []
    last = folders[-1] if folders else ""
    return (
        any(folder.startswith(".") for folder in folders),
        _MIGRATION_FOLDER.match(last) is not None,
        not _TEST_FOLDERS.isdisjoint(folders),
        not _DOCUMENTATION_FOLDERS.isdisjoint(folders),
        last,
    )


def stem(path: str) -> str:
    """The file's name without its extension."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] or name


_TEMPLATE_FOLDER = re.compile(r"(^|/)([^/]*(project|app)_template|[^/]*\{\{[^/]*)/")


def is_template(path: str) -> bool:
    """Whether a path lies in a template for new projects, which is text to fill in and not code that runs here."""
    return ("_template/" in path or "{{" in path) and bool(_TEMPLATE_FOLDER.search(path))


_TRIAL_FOLDER = re.compile(r"^(sandbox|playground|(test|example|demo|sample)_?[^/]*)/")


@functools.lru_cache(maxsize=65_536)
def is_project_file(path: str) -> bool:
    """Whether a file belongs to the project itself: not to its tests, a trial site, documentation or a template."""
    return not (
        role_of(path) in (TEST, DOCUMENTATION) or is_template(path) or _TRIAL_FOLDER.match(path)
    )
