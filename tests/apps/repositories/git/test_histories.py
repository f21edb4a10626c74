"""Objects that no git would make: refused with a reason, or read as what they are; never obeyed."""

import pytest

from apps.repositories.git import errors
from apps.repositories.git.command import GitLimits
from apps.repositories.git.mirror import Mirror
from plumbline.source import select
from tests.apps.repositories.git.forge import POLICY, gone
from tests.hostile.histories import HISTORIES


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_refused_with_a_reason_or_read_as_it_is(name, forge, tmp_path):
    history = HISTORIES[name]()
    served = f"h{list(HISTORIES).index(name)}.git"
    forge.packs[served] = history.head, history.pack
    mirror = Mirror(tmp_path / "m", limits=GitLimits(seconds=40), policy=POLICY)
    address = forge.address(f"packed/{served}")
    try:
        tree = mirror.tree(mirror.fetch(address, mirror.ls_remote(address), "1"))
        selection = select(tree.entries())
        found = {file.path for file in selection.files}
        list(tree.read_blobs(dict.fromkeys(file.blob for file in selection.files)))
        tree.commit_facts()
        code = ""
    except errors.GitError as error:
        code, found = error.code, set()
        assert error.text and error.remedy
    if history.codes:
        assert code in history.codes, (code, sorted(found)[:5])
    else:
        assert code == ""
        if history.paths:
            assert found == history.paths
    assert gone(served)
    assert not list(mirror.folder.glob("objects/pack/tmp_*"))
