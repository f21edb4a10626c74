"""Repositories as one pack and the commit that is its head: hostile ones, and honest ones that look odd.

Each says what must become of it: the code of the error, or none where it must be read.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.hostile.objects import (
    MIB,
    GitObject,
    blob,
    commit,
    copy,
    delta,
    delta_bomb,
    entry,
    pack,
    packed,
    tree,
)

CODE = blob(b"x = 1\n")
OTHER = blob(b"y = 2\n")
NULL = "0" * 40
ABSENT = "1" * 40
LONG = b"n" * 5_000 + b".py"


@dataclass(frozen=True)
class History:
    """What a server sends, and what should come of it."""

    head: str
    pack: bytes
    codes: frozenset[str]
    """Codes of errors, one of which must be given; empty if it must be read."""
    paths: frozenset[str] = frozenset()
    """What is then read."""


def _history(
    root: GitObject, *others: GitObject, codes: str = "", paths: str = "a.py", **facts: object
) -> History:
    made = commit(root, **facts)  # type: ignore[arg-type]
    content = pack(made, root, CODE, OTHER, *others)
    return History(made.sha, content, frozenset(codes.split()), frozenset(paths.split()))


def _evil(*entries: bytes, codes: str = "corrupt", paths: str = "a.py") -> History:
    """A root folder with an honest file and these entries."""
    inner = tree(entry(b"b.py", CODE))
    return _history(tree(*entries), inner, codes=codes, paths=paths)


def _raw(*parts: GitObject | bytes, count: int | None = None, codes: str = "corrupt") -> History:
    """An honest commit, and a pack with something wrong in it."""
    root = tree(entry(b"a.py", CODE))
    made = commit(root)
    content = pack(made, root, CODE, *parts, count=count)
    return History(made.sha, content, frozenset(codes.split()))


def _claiming(size: int) -> History:
    return _raw(packed(blob(b"short"), claimed=size), codes=SIZE)


def _nested(depth: int) -> History:
    inner, folders = tree(entry(b"a.py", CODE)), []
    for _ in range(depth):
        folders.append(inner)
        inner = tree(entry(b"d", inner))
    return _history(inner, *folders, paths="")


def _bomb(levels: int, codes: str) -> History:
    inner, folders = tree(*(entry(b"f%d.py" % n, CODE) for n in range(10))), []
    for _ in range(levels):
        folders.append(inner)
        inner = tree(*(entry(b"d%d" % n, inner) for n in range(10)))
    return _history(inner, *folders, codes=codes, paths="")


def _wide(count: int, codes: str, suffix: bytes = b"") -> History:
    return _history(
        tree(*(entry(b"f%07d%s" % (n, suffix), CODE) for n in range(count))), codes=codes, paths=""
    )


SIZE = "corrupt too_much_memory"
LINK = blob(b"/etc/passwd")
FILE = entry(b"a.py", CODE)
FOLDER = tree(entry(b"b.py", CODE))
SUBMODULES = blob(b'[submodule "a"]\n\tpath = a\n\turl = --upload-pack=touch\n')
LFS = blob(b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 1\n")

HISTORIES: dict[str, Callable[[], History]] = {
    "honest": lambda: _evil(FILE, codes=""),
    "nothing in it": lambda: _history(tree(), paths=""),
    # names that are dangerous in a work tree
    "a file named .git": lambda: _evil(entry(b".git", CODE), FILE),
    "a folder named .git": lambda: _evil(entry(b".git", FOLDER), FILE),
    "a folder named .GIT": lambda: _evil(entry(b".GIT", FOLDER), FILE),
    "a folder named GIT~1": lambda: _evil(entry(b"GIT~1", FOLDER), FILE),
    "a folder named .git with an invisible letter": lambda: _evil(
        entry(".g\u200cit".encode(), FOLDER), FILE
    ),
    "a folder named .git with a blank": lambda: _evil(entry(b".git ", FOLDER), FILE),
    "a folder named .git with a stream": lambda: _evil(entry(b".git::$INDEX_ALLOCATION", FOLDER), FILE),
    "a folder named ..": lambda: _evil(entry(b"..", FOLDER), FILE),
    "a folder named .": lambda: _evil(entry(b".", FOLDER), FILE),
    "a name without letters": lambda: _evil(entry(b"", CODE), FILE),
    "a name with a slash": lambda: _evil(FILE, entry(b"b/../../c.py", CODE)),
    "an absolute name": lambda: _evil(entry(b"/etc/passwd", CODE), FILE),
    "a backslash in a name": lambda: _evil(FILE, entry(b"b\\..\\c.py", CODE), codes="", paths="a.py b\\..\\c.py"),
    # trees that contradict themselves
    "twice the same name": lambda: _evil(FILE, entry(b"a.py", OTHER)),
    "a file and a folder of one name": lambda: _evil(FILE, entry(b"a.py", FOLDER)),
    "names out of order": lambda: _evil(entry(b"b.py", OTHER), FILE),
    "an object that is null": lambda: _evil(FILE, entry(b"b.py", NULL)),
    "an object that is missing": lambda: _evil(FILE, entry(b"b.py", ABSENT), codes="corrupt transfer_cut"),
    "a folder that is a file": lambda: _evil(FILE, entry(b"b", CODE, b"40000"), codes="corrupt"),
    "a file that is a folder": lambda: _evil(FILE, entry(b"b.py", FOLDER, b"100644"), codes="corrupt"),
    "a tree that is cut": lambda: _history(GitObject("tree", FILE[:-5]), codes="corrupt"),
    "a tree of nonsense": lambda: _history(GitObject("tree", b"\xff" * 99), codes="corrupt"),
    "a root that is a file": lambda: _history(CODE, codes="corrupt"),
    # modes
    "a mode with zeros in front": lambda: _evil(FILE, entry(b"b", FOLDER, b"040000"), codes="", paths="a.py b/b.py"),
    "a mode for a group": lambda: _evil(entry(b"a.py", CODE, b"100664"), codes=""),
    "a mode for everybody": lambda: _evil(entry(b"a.py", CODE, b"100777"), codes=""),
    "a mode of nobody": lambda: _evil(entry(b"a.py", CODE, b"100000"), codes=""),
    "a mode of a device": lambda: _evil(entry(b"a.py", CODE, b"20644"), codes="", paths=""),
    "a mode of a socket": lambda: _evil(entry(b"a.py", CODE, b"140644"), codes="", paths=""),
    "a mode that is no number": lambda: _evil(entry(b"a.py", CODE, b"9x"), codes="corrupt"),
    "a mode that is huge": lambda: _evil(entry(b"a.py", CODE, b"7" * 40), codes="", paths=""),
    # links and submodules
    "a link to a password file": lambda: _history(
        tree(FILE, entry(b"b.py", LINK, b"120000"), entry(b"c", LINK, b"120000")), LINK
    ),
    "a submodule": lambda: _evil(FILE, entry(b"b", ABSENT, b"160000"), codes=""),
    "a submodule named .git": lambda: _evil(entry(b".git", ABSENT, b"160000"), FILE),
    "a submodule that is code": lambda: _evil(FILE, entry(b"b.py", ABSENT, b"160000"), codes=""),
    "a link named .gitmodules": lambda: _history(
        tree(entry(b".gitmodules", CODE, b"120000"), FILE), codes="corrupt"
    ),
    "options as the address of a submodule": lambda: _history(
        tree(entry(b".gitmodules", SUBMODULES), FILE), SUBMODULES, codes="corrupt"
    ),
    "a pointer of Git LFS": lambda: _history(tree(entry(b"a.py", LFS)), LFS, paths=""),
    # names that are odd and honest
    "names that differ in case": lambda: _evil(
        entry(b"A.py", CODE), FILE, codes="", paths="A.py a.py"
    ),
    "names that look the same": lambda: _evil(
        FILE, entry("e\u0301.py".encode(), CODE), entry("\u00e9.py".encode(), CODE), codes="",
        paths="a.py e\u0301.py \u00e9.py",
    ),
    "a name that is no text": lambda: _evil(FILE, entry(b"b\xff\n.py", CODE), codes=""),
    "a name of options": lambda: _evil(
        entry(b"--upload-pack=touch.py", CODE), FILE, codes="", paths="--upload-pack=touch.py a.py"
    ),
    "a name of five thousand letters": lambda: _evil(FILE, entry(LONG, CODE), codes=""),
    # size
    "folders in folders": lambda: _nested(5_000),
    "a folder of a hundred thousand files": lambda: _wide(100_000, ""),
    "a folder of too many files": lambda: _wide(200_001, "too_many_files"),
    "a folder of long names": lambda: _wide(9_000, "listing_too_long", b"x" * 8_000),
    "ten thousand million files": lambda: _bomb(9, "too_many_files"),
    "a blob of forty megabytes": lambda: _history(
        tree(FILE, entry(b"b.py", blob(bytes(40 * MIB)))), blob(bytes(40 * MIB))
    ),
    # packs
    "a blob that claims a gigabyte": lambda: _claiming(1 << 30),
    "a blob that claims more than there is": lambda: _claiming(1 << 62),
    "a blob that claims less than it is": lambda: _raw(packed(blob(b"short" * 99), claimed=3)),
    "a blob that does not unpack": lambda: _raw(b"\x35not zlib at all"),
    "an object of no kind": lambda: _raw(packed(blob(b"short"), kind=5)),
    "a difference from nothing": lambda: _raw(delta(ABSENT, 5, 5, copy(0, 5)), codes="corrupt transfer_cut"),
    "a difference that copies from beyond": lambda: _raw(delta(CODE, 6, 99, copy(1 << 20, 99))),
    "a difference that lies about its size": lambda: _raw(delta(CODE, 1 << 40, 1 << 40, copy(0, 6)), codes=SIZE),
    "a bomb of differences": lambda: _raw(*delta_bomb(copies=80), codes="too_much_memory"),
    "more objects than there are": lambda: _raw(count=99, codes="transfer_cut corrupt"),
    "fewer objects than there are": lambda: _raw(OTHER, count=3),
    "a thousand million objects": lambda: _raw(count=1 << 30, codes="transfer_cut corrupt too_much_memory"),
    "a wrong sum": lambda: _spoilt(lambda content: content[:-1] + bytes([content[-1] ^ 1])),
    "something behind the end": lambda: _spoilt(lambda content: content + b"more" * 99),
    "no pack at all": lambda: _spoilt(lambda _: b"<html>" * 999),
    "a pack of another version": lambda: _spoilt(lambda content: content[:7] + b"\x09" + content[8:]),
    "half a pack": lambda: _spoilt(lambda content: content[: len(content) // 2], "transfer_cut corrupt"),
    "nothing": lambda: _spoilt(lambda _: b"", "transfer_cut corrupt"),
    "another commit than was asked for": lambda: _other(),
    # commits
    "a commit without an author": lambda: _commit(b"tree " + FOLDER.sha.encode() + b"\n\nx\n"),
    "a commit of nonsense": lambda: _commit(b"\xff\0\xfe" * 99),
    "a commit with a null byte": lambda: _evil_commit(message=b"a\0b\n", codes="corrupt"),
    "a commit of a megabyte": lambda: _evil_commit(message=b"a" * MIB),
    "a commit of a line of escapes": lambda: _evil_commit(message=b"\x1b[31m\xff\xe2\x80\xae\n"),
    "a commit of an unknown encoding": lambda: _evil_commit(extra=b"encoding no-such-thing\n"),
    "a commit of many heads": lambda: _evil_commit(extra=b"x-unknown a\n b\n" * 9_999),
    "a commit of a thousand parents": lambda: _evil_commit(parents=[f"{n:040x}" for n in range(1, 1_000)]),
    "a commit of the far future": lambda: _evil_commit(author=b"A <a@b> 99999999999999 +0000", codes=""),
    "a commit beyond all time": lambda: _evil_commit(author=b"A <a@b> 99999999999999999999999 +0000", codes="corrupt"),
    "a commit in no zone": lambda: _evil_commit(author=b"A <a@b> 1700000000 +9999999"),
    "a commit of a name that is open": lambda: _evil_commit(author=b"A <a@b<c> 1 +0000", codes="corrupt"),
    "a commit whose mail is joined to its name": lambda: _evil_commit(author=b"A<a@b> 1 +0000", codes="corrupt"),
    "a commit whose day is joined to its mail": lambda: _evil_commit(author=b"A <a@b>1 +0000"),
}  # fmt: skip


def _evil_commit(codes: str = "", **facts: object) -> History:
    return _history(tree(FILE), codes=codes, **facts)


def _commit(content: bytes) -> History:
    made = GitObject("commit", content)
    return History(made.sha, pack(made, FOLDER, CODE), frozenset({"corrupt", "git_failed"}))


def _spoilt(spoil: Callable[[bytes], bytes], codes: str = "corrupt transfer_cut") -> History:
    honest = _raw()
    return History(honest.head, spoil(honest.pack), frozenset(codes.split()))


def _other() -> History:
    honest = _raw()
    other = commit(FOLDER, message=b"other\n")
    codes = frozenset({"corrupt", "commit_missing", "transfer_cut", "git_failed"})
    return History(honest.head, pack(other, FOLDER, CODE), codes)
