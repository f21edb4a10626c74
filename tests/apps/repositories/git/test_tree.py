import os
import time

import pytest

from apps.repositories.git import errors, tree
from apps.repositories.git.tree import Tree
from plumbline.source import select
from tests.apps.repositories.git.forge import git, gone, repository_make

ODD_NAMES = [
    b"latin-\xe9.py",
    b"line\nbreak.py",
    b"tab\there.py",
    b"escape\x1b[31m.py",
    "bidi\u202e.py".encode(),
    b'quote".py',
    b"-rf",
    b" ",
]


def test_the_listing_tells_files_links_and_submodules_apart(tmp_path):
    sha = repository_make(
        tmp_path / "r.git",
        {
            "manage.py": ("100755", b"#!/usr/bin/env python\n"),
            "app/models.py": b"x = 1\n",
            "link.py": ("120000", b"/etc/passwd"),
            "lib": ("160000", b"1" * 40),
        },
    )
    entries = list(Tree(tmp_path / "r.git", sha).entries())
    assert [(entry.path, entry.mode, entry.size) for entry in entries] == [
        (b"app/models.py", "100644", 6),
        (b"lib", "160000", -1),
        (b"link.py", "120000", 11),
        (b"manage.py", "100755", 22),
    ]
    assert [file.path for file in select(entries).files] == ["app/models.py", "manage.py"]


def test_names_are_bytes_and_nothing_in_them_is_lost(tmp_path):
    sha = repository_make(tmp_path / "r.git", dict.fromkeys(ODD_NAMES, b"1"))
    entries = Tree(tmp_path / "r.git", sha).entries()
    assert sorted(entry.path for entry in entries) == sorted(ODD_NAMES)


def test_blobs_come_back_in_the_order_asked_for(tmp_path):
    files = {f"{number}.py": b"%d\n" % number * (number * 40) for number in range(300)}
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, files))
    blobs = {entry.path.decode(): entry.blob for entry in source.entries()}
    wanted = [blobs[name] for name in reversed(files)]
    read = list(source.read_blobs(wanted))
    assert [blob for blob, _ in read] == wanted
    assert [content for _, content in read] == [files[name] for name in reversed(files)]
    assert list(source.read_blobs([])) == []


def test_contents_with_line_breaks_and_headers_inside_are_not_mistaken(tmp_path):
    files = {"a": b"", "b": b"\n", "c": b"0123 blob 5\nabcde\n", "d": os.urandom(70_000)}
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, files))
    contents = [content for _, content in source.read_blobs([e.blob for e in source.entries()])]
    assert contents == list(files.values())


def test_a_blob_above_the_limit_is_left_out_and_the_others_are_read(tmp_path):
    files = {"a": b"1", "b": bytes(12 << 20), "c": b"3", "d": bytes(2_000)}
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, files))
    blobs = {entry.path: entry.blob for entry in source.entries()}
    read = dict(source.read_blobs(blobs.values(), size_limit=1_000))
    assert read == {blobs[b"a"]: b"1", blobs[b"c"]: b"3"}


def test_a_missing_blob_is_corrupt_and_not_silence(tmp_path):
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, {"a": b"1"}))
    with pytest.raises(errors.Corrupt):
        list(source.read_blobs(["1" * 40]))
    with pytest.raises(errors.Corrupt):
        list(source.read_blobs([source.sha]))
    with pytest.raises(errors.GitError):
        list(Tree(folder, "1" * 40).entries())


def test_more_files_than_the_limit_end_the_listing(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "ENTRY_LIMIT", 50)
    files = {f"{number}.py": b"" for number in range(51)}
    sha = repository_make(tmp_path / "r.git", files)
    with pytest.raises(errors.TooManyFiles):
        list(Tree(tmp_path / "r.git", sha).entries())


def test_a_tree_bomb_ends_early_and_leaves_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "ENTRY_LIMIT", 20_000)
    folder = tmp_path / "bomb.git"
    repository_make(folder, {"a": b"1"})
    blob = git("hash-object", "-w", "--stdin", folder=folder, stdin=b"").decode().strip()
    name = "".join(f"100644 blob {blob}\tf{number}\n" for number in range(10))
    for _ in range(9):
        inner = git("mktree", folder=folder, stdin=name.encode()).decode().strip()
        name = "".join(f"040000 tree {inner}\td{number}\n" for number in range(10))
    root = git("mktree", folder=folder, stdin=name.encode()).decode().strip()
    commit = git(
        "hash-object", "-w", "-t", "commit", "--stdin", folder=folder,
        stdin=f"tree {root}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n".encode(),
    )  # fmt: skip
    started = time.monotonic()
    with pytest.raises(errors.TooManyFiles):
        for _ in Tree(folder, commit.decode().strip()).entries():
            pass
    assert time.monotonic() - started < 8
    assert gone(str(folder))


def test_paths_that_no_honest_tree_has_are_named_with_the_reason(tmp_path):
    deep = "/".join(["d"] * 101) + "/a.py"
    long = "/".join(["e" * 100] * 45) + "/f.py"
    files = {deep: b"1", long: b"1", "a/" + "b" * 200 + ".py": b"1", "c.py": b"1", long + "x": b"1"}
    source = Tree(tmp_path / "r.git", repository_make(tmp_path / "r.git", files))
    selection = select(source.entries())
    assert [file.path for file in selection.files] == ["a/" + "b" * 200 + ".py", "c.py"]
    assert {(file.path, file.reason) for file in selection.unreadable} == {
        (deep, "the path is deeper than 100 folders"),
        (long[:1024], "the path is longer than 1024 bytes"),
    }


def test_a_listing_that_is_too_long_ends_early(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "LISTING_LIMIT", 10_000)
    sha = repository_make(tmp_path / "r.git", {f"{number:0200}": b"" for number in range(200)})
    with pytest.raises(errors.ListingTooLong):
        list(Tree(tmp_path / "r.git", sha).entries())


def test_a_listing_that_nobody_reads_on_leaves_no_process(tmp_path):
    folder = tmp_path / "unread.git"
    sha = repository_make(folder, {f"{number:0200}": b"" for number in range(5_000)})
    entries = Tree(folder, sha).entries()
    next(entries)
    entries.close()
    assert gone(str(folder))


def test_a_replaced_object_shows_what_the_commit_really_holds(tmp_path):
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, {"a.py": b"eval(input())\n"}))
    (entry,) = source.entries()
    clean = git("hash-object", "-w", "--stdin", folder=folder, stdin=b"clean()\n")
    git("update-ref", f"refs/replace/{entry.blob}", clean.decode().strip(), folder=folder)
    assert git("cat-file", "-p", entry.blob, folder=folder) == b"clean()\n"
    assert list(source.read_blobs([entry.blob])) == [(entry.blob, b"eval(input())\n")]


def test_export_attributes_hide_and_rewrite_nothing(tmp_path):
    files = {
        ".gitattributes": b"evil.py export-ignore\nversion.py export-subst\n*.py filter=evil\n",
        "evil.py": b"eval(input())\n",
        "version.py": b"v = '$Format:%H$'\n",
    }
    folder = tmp_path / "r.git"
    source = Tree(folder, repository_make(folder, files))
    read = dict(source.read_blobs(entry.blob for entry in source.entries()))
    assert sorted(read.values()) == sorted(files.values())


def test_the_repositorys_own_configuration_is_not_obeyed(tmp_path):
    folder = tmp_path / "r.git"
    canary = tmp_path / "canary"
    source = Tree(folder, repository_make(folder, {"a.py": b"1"}))
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "alias.ls-tree", "gpg.program"):
        git("config", name, f"touch {canary}", folder=folder)
    git("config", "log.showSignature", "true", folder=folder)
    (entry,) = source.entries()
    list(source.read_blobs([entry.blob]))
    assert source.commit_facts().sha == source.sha
    assert not canary.exists()


def test_commit_facts_are_times_and_a_harmless_subject(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    folder = tmp_path / "r.git"
    facts = Tree(folder, repository_make(folder, {"a": b"1"})).commit_facts()
    assert facts.authored_at.timestamp() == 1_700_000_000
    assert facts.committed_at.timestamp() == 1_700_000_100
    assert facts.subject == "First \\u202e line"
    with pytest.raises(errors.Corrupt):
        Tree(folder, "1" * 40).commit_facts()


@pytest.fixture
def source(tmp_path) -> Tree:
    """A commit of a few files of different sizes."""
    files = {f"{number}.py": b"x" * (10 + number) for number in range(9)}
    return Tree(tmp_path / "r.git", repository_make(tmp_path / "r.git", files))


def test_a_blob_that_was_read_is_not_read_again(source, monkeypatch):
    blobs = {entry.path: entry.blob for entry in source.entries() if entry.size >= 0}
    wanted = sorted(blobs.values())
    first = dict(source.read_blobs(wanted[:2]))
    again = [*wanted, wanted[0], wanted[-1]]
    read = list(source.read_blobs(again))
    assert [blob for blob, _ in read] == again
    assert first.items() <= dict(read).items()
    monkeypatch.setattr(tree, "GitProcess", None)
    assert list(source.read_blobs(again)) == read
    smallest = min(len(content) for _, content in read)
    assert {len(content) for _, content in source.read_blobs(again, size_limit=smallest)} == {
        smallest
    }


def test_blobs_are_remembered_up_to_a_limit(source, monkeypatch):
    monkeypatch.setattr(source, "_room", 0)
    wanted = [entry.blob for entry in source.entries() if entry.size >= 0]
    read = list(source.read_blobs(wanted))
    assert not source._kept
    assert list(source.read_blobs(wanted)) == read
