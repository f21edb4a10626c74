"""A repository on this machine that can be scanned."""

import pytest

from apps.repositories.models import Repository
from apps.repositories.services import repository_register


@pytest.fixture
def own_mirrors(settings, tmp_path) -> None:
    """Keep the copies of this test apart."""
    settings.PLUMBLINE_VAR = tmp_path / "var"


@pytest.fixture
def shop(source, user, own_mirrors, local_repositories_allowed) -> Repository:
    """A small Django project that is followed and not scanned yet."""
    return repository_register(url=source.url, actor=user)
