from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.repositories.git.command import GitLimits
from apps.repositories.git.mirror import Mirror
from tests.apps.repositories.git.forge import POLICY, Forge, forge_running


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_running(tmp_path_factory.mktemp("forge")) as forge:
        yield forge


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", limits=GitLimits(seconds=8), policy=POLICY)
