"""A source tree: which of its files are read, as what, and which are left out.

The rule is the same for a git tree and for a folder on disk: names are only data, symbolic links are never
followed, vendored and generated code stays out.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

SIZE_LIMIT = 1 << 20
LOCK_SIZE_LIMIT = 8 << 20
TOTAL_LIMIT = 512 << 20
PATH_LIMIT = 1024
DEPTH_LIMIT = 100


class Entry(NamedTuple):
    """One entry of a tree, as ``git ls-tree -r -z -l`` tells it; ``size`` in bytes, -1 if it has none."""

    path: bytes
    mode: str
    blob: str
    size: int


class File(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A file that will be read, and as what kind."""

    path: str
    kind: str
    blob: str
    size: int


class UnreadableFile(msgspec.Struct, frozen=True, gc=False):
    """A file that could not be read, named for people, and why."""

    path: str
    reason: str


class Selection(msgspec.Struct, frozen=True):
    """What a tree offers: files to read, the number left out as vendored or generated, and what cannot be read."""

    files: list[File]
    excluded: int
    unreadable: list[UnreadableFile]


_VENDORED = frozenset(
    "node_modules bower_components jspm_packages .venv venv virtualenv site-packages .tox "
    ".nox .eggs __pycache__ vendor vendors vendored _vendor third_party".split()
)
_GENERATED = re.compile(r"(_pb2|_pb2_grpc|_pb2_twirp)\.pyi?$")
_INI = frozenset(
    "setup.cfg tox.ini mypy.ini .mypy.ini pytest.ini .pytest.ini .coveragerc .flake8 "
    ".bandit .isort.cfg".split()
)
_TOML = frozenset(
    "pyproject.toml ruff.toml .ruff.toml Pipfile .pytest.toml pytest.toml tox.toml".split()
)
_LOCK = frozenset("uv.lock poetry.lock pdm.lock pylock.toml".split())
_YAML = re.compile(
    r"(^|/)(\.github/workflows/[^/]+|\.github/actions/([^/]+/){1,4}action|\.?codecov|"
    r"\.gitlab-ci|\.gitlab/.+|azure-pipelines|\.circleci/config|\.travis|"
    r"\.pre-commit-config|bitbucket-pipelines|\.woodpecker(/[^/]+)?|\.forgejo/workflows/[^/]+|\.gitea/workflows/[^/]+|"
    r"Taskfile|(docker-)?compose[^/]*|\.drone)\.ya?ml$"
)
_REQUIREMENTS = re.compile(
    r"(^|/)(requirements?([-_./][^/]*)?|[^/]*[-_.]?(requirements|constraints))\.(txt|in|pip)$|(^|/)requirements/[^/]+\.(txt|in|pip)$"
)
_TEXT = re.compile(
    r"(^|/)(Makefile|makefile|GNUmakefile|[^/]+\.mk|[Jj]ustfile|Procfile[^/]*|Dockerfile[^/]*|[^/]*\.Dockerfile|Jenkinsfile|[^/]+\.sh|[^/]+\.feature|[^/]+\.bash|run)$"
)
_TEMPLATE = re.compile(r"\.(html?|djhtml|txt|xml|svg|email|mjml)$")


@functools.lru_cache(maxsize=1 << 15)
def kind_of(path: str) -> str | None:
    """The kind of outline that a file of this path gives, or None where no rule can use it."""
    name = posixpath.basename(path)
    if name.endswith(".py"):
        return "python"
    if name in _TOML:
        return "toml"
    if name in _LOCK:
        return "lock"
    if name in _INI:
        return "ini"
    if _YAML.search(path):
        return "yaml"
    if _REQUIREMENTS.search(path):
        return "requirements"
    if _TEMPLATE.search(name) and ("/templates/" in f"/{path}" or name.endswith(".djhtml")):
        return "template"
    if _TEXT.search(path) and (name != "run" or "/.ci/" in f"/{path}"):
        return "text"
    return None


def is_left_out(path: str) -> bool:
    """Whether a path lies in vendored or generated code."""
    return bool(_GENERATED.search(path)) or not _VENDORED.isdisjoint(path.split("/")[:-1])


def shown(path: bytes) -> str:
    """A file name as text for people: undecodable bytes and control characters escaped."""
    text = path.decode("utf-8", "backslashreplace")
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text[:PATH_LIMIT]


def select(entries: Iterable[Entry]) -> Selection:
    """Sort the entries of a tree into files to read, files left out, and files that cannot be read."""
    files: list[File] = []
    unreadable: list[UnreadableFile] = []
    links: list[Entry] = []
    excluded = total = 0
    for entry in entries:
        path = shown(entry.path)
        # What is cut for showing still ends as it ends.
        is_long = len(entry.path) > PATH_LIMIT
        kind = kind_of(shown(entry.path[-PATH_LIMIT:]) if is_long else path)
        if entry.mode == "120000":
            links.append(entry)
            continue
        if kind is None or entry.mode not in ("100644", "100755", "100664"):
            continue
        if is_left_out(path):
            excluded += 1
            continue
        reason = _refusal(entry, path, kind)
        if not reason and (total := total + max(entry.size, 0)) > TOTAL_LIMIT:
            reason = f"beyond the first {TOTAL_LIMIT >> 20} MiB of the repository's sources"
        if reason:
            unreadable.append(UnreadableFile(path, reason))
        else:
            files.append(File(path, kind, entry.blob, entry.size))
    for link in links:
        path = shown(link.path)
        # A link without an extension may stand for a folder of sources; one to a document may not.
        is_wanted = kind_of(path) in ("python", "toml", "ini", "yaml", "requirements")
        if (is_wanted or "." not in posixpath.basename(path)) and not is_left_out(path):
            unreadable.append(UnreadableFile(path, "a symbolic link, which is never followed"))
    files.sort(key=lambda file: file.path)
    unreadable.sort(key=lambda file: file.path)
    return Selection(files, excluded, unreadable)


def _refusal(entry: Entry, path: str, kind: str) -> str:
    """Why an entry is not read, if it is not."""
    if len(entry.path) > PATH_LIMIT:
        return f"the path is longer than {PATH_LIMIT} bytes"
    if entry.path.count(b"/") > DEPTH_LIMIT:
        return f"the path is deeper than {DEPTH_LIMIT} folders"
    if path.encode() != entry.path:
        return "the file name is not printable UTF-8"
    limit = LOCK_SIZE_LIMIT if kind == "lock" else SIZE_LIMIT
    if entry.size > limit:
        return f"too large: {entry.size:,} bytes, the limit is {limit:,}"
    return ""
