from plumbline import source
from plumbline.source import Entry, select

BLOB = "1" * 40


def entry(path: bytes | str, size: int = 10, mode: str = "100644") -> Entry:
    return Entry(path.encode() if isinstance(path, str) else path, mode, BLOB, size)


def reasons(*entries: Entry) -> dict[str, str]:
    return {file.path: file.reason for file in select(entries).unreadable}


def test_what_is_too_large_is_named_with_its_size_and_a_lock_file_may_be_larger():
    selection = select([entry("a.py", 2 << 20), entry("uv.lock", 2 << 20), entry("b.py")])
    assert [file.path for file in selection.files] == ["b.py", "uv.lock"]
    (file,) = selection.unreadable
    assert file.reason == "too large: 2,097,152 bytes, the limit is 1,048,576"


def test_sources_beyond_the_limit_of_all_together_are_named(monkeypatch):
    monkeypatch.setattr(source, "TOTAL_LIMIT", 3 << 20)
    entries = [entry(f"{number}.py", 1 << 20) for number in range(5)]
    selection = select([entry("large.bin", 1 << 40), entry("vendor/a.py", 1 << 20), *entries])
    assert [file.path for file in selection.files] == ["0.py", "1.py", "2.py"]
    assert {file.reason for file in selection.unreadable} == {
        "beyond the first 3 MiB of the repository's sources"
    }


def test_a_path_that_is_too_long_keeps_its_kind_and_is_named_as_far_as_it_is_shown():
    long = "/".join(["e" * 100] * 15)
    assert reasons(entry(f"{long}/a.py"), entry(f"{long}/a.bin"), entry(b"a/" * 101 + b"b.py")) == {
        long[:1024]: "the path is longer than 1024 bytes",
        "a/" * 101 + "b.py": "the path is deeper than 100 folders",
    }


def test_a_name_that_is_no_text_is_named_in_escapes():
    names = [b"a\xff.py", b"a\n.py", "a\u202e.py".encode(), b"a\x1b[31m.py"]
    assert set(reasons(*map(entry, names))) == {
        "a\\xff.py",
        "a\\n.py",
        "a\\u202e.py",
        "a\\x1b[31m.py",
    }


def test_links_that_may_stand_for_sources_are_named_and_submodules_are_not_ours():
    found = reasons(
        entry("link.py", mode="120000"),
        entry("folder", mode="120000"),
        entry("README.md", mode="120000"),
        entry("lib.py", -1, mode="160000"),
    )
    assert found == dict.fromkeys(("folder", "link.py"), "a symbolic link, which is never followed")
