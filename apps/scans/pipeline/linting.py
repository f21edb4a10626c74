"""What ruff says of a commit: from the cache, and from the sandbox for unseen blobs. It never fails a scan."""

import logging
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Self

import msgspec

from django.utils import timezone

from apps.repositories.git.tree import Tree
from apps.scans.models import Phase
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.pipeline.stocking import Stock
from apps.scans.selectors import lint_load
from apps.scans.services import LintOutcome, lint_store, lint_touch
from apps.scans.stock import StockDamaged
from plumbline.linting.blobs import BlobLint, decode, encode
from plumbline.linting.places import Places
from plumbline.linting.results import Lint
from plumbline.linting.summary import summarise
from plumbline.sandbox import Sandbox, SandboxError
from plumbline.source import File
from plumbline.version import linter_version, ruff_version

logger = logging.getLogger(__name__)

type Key = tuple[str, str]
"""Blob and role: what a result depends on, beside ruff and the repository's own names."""

_STORED_AT_ONCE = 250


@dataclass(frozen=True)
class LintWork:
    """What ruff is asked of a commit: the role of each path that is linted, and the repository's own names."""

    linted: list[File]
    roles: dict[str, str]
    own_names: frozenset[str]

    @classmethod
    def of(cls, files: list[File]) -> Self:
        """From the files of a commit."""
        python = [file for file in files if file.kind == "python"]
        places = Places(file.path for file in python)
        roles = {
            file.path: places.role(file.path) for file in python if places.is_linted(file.path)
        }
        linted = [file for file in python if file.path in roles]
        return cls(linted, roles, places.own_names)

    @property
    def wanted(self) -> dict[Key, None]:
        """Each blob and role, once, in the order of the files."""
        return dict.fromkeys((file.blob, self.roles[file.path]) for file in self.linted)


def commit_lint(
    *,
    tree: Tree,
    files: list[File],
    sandbox: Sandbox,
    progress: Progress,
    folder: Path,
    share: Callable[[], None] | None = None,
) -> LintOutcome:
    """Give what ruff says of a commit, or the problem that kept it from saying anything.

    Args:
        tree: The commit.
        files: Its files.
        sandbox: Where ruff runs.
        progress: Where to say how far it is.
        folder: Where the repository's stock of results lies.
        share: Has other workers lint what is unseen, and waits for them.
    """
    progress.enter(Phase.LINT)
    linter = linter_version()
    try:
        if share is not None:
            share()
        with Stock(folder, linter, "lints") as stock:
            return LintOutcome(linter, _lint(tree, LintWork.of(files), stock, sandbox, progress))
    except SandboxError as error:
        logger.warning("ruff could not be run: %s", error.text)
        return LintOutcome(linter, None, f"Ruff could not be run: {error.text}.")
    except (OSError, msgspec.MsgspecError):
        logger.exception("ruff could not be run")
        return LintOutcome(linter, None, "Ruff could not be run; the log says more.")


def _lint(tree: Tree, work: LintWork, stock: Stock, sandbox: Sandbox, progress: Progress) -> Lint:
    wanted = work.wanted
    results = _stocked(stock, wanted, work.own_names)
    others = dict.fromkeys(key for key in wanted if key not in results)
    added = lints_known(others, stock.version, work.own_names)
    results |= added
    unseen = [key for key in wanted if key not in results]
    progress.count(lints_wanted=len(wanted), lints_run=len(unseen))
    for batch in blobs_lint(
        tree=tree, keys=unseen, own_names=work.own_names, linter=stock.version, sandbox=sandbox
    ):
        results |= batch
        added |= batch
        progress.advance(0)
    doomed = {casualty.key for casualty in sandbox.casualties}
    stock.keep(
        {key: encode(result) for key, result in added.items() if key not in doomed},
        wanted=wanted,
        day=timezone.localdate().isoformat(),
    )
    return summarise(
        (
            (file.path, role, results[file.blob, role])
            for file in work.linted
            if (role := work.roles[file.path])
        ),
        ruff=ruff_version(),
    )


def _stocked(
    stock: Stock, wanted: Container[Key], own_names: frozenset[str]
) -> dict[Key, BlobLint]:
    """Results from the stock that hold here. On a new day the database is asked, which notes that they are of use."""
    if stock.noted_on != timezone.localdate().isoformat():
        return {}
    try:
        found = {key: decode(part) for key, part in stock.read().items() if key in wanted}
    except (StockDamaged, msgspec.DecodeError):
        stock.discard()
        return {}
    return {key: result for key, result in found.items() if result.fits(own_names)}


def blobs_lint(
    *, tree: Tree, keys: list[Key], own_names: frozenset[str], linter: str, sandbox: Sandbox
) -> Iterator[dict[Key, BlobLint]]:
    """Give what ruff says of each blob in its role, batch by batch, each kept for next time."""
    answers = _answers(tree, keys, sandbox, own_names)
    for batch in batched(answers, _STORED_AT_ONCE, strict=False):
        doomed = {casualty.key for casualty in sandbox.casualties}
        lint_store(
            linter=linter,
            results=[(*key, encode(result)) for key, result in batch if key not in doomed],
        )
        yield dict(batch)


def lints_known(
    wanted: dict[Key, None], linter: str, own_names: frozenset[str]
) -> dict[Key, BlobLint]:
    """Give the results in the cache that hold here, and note that they were of use."""
    today = timezone.localdate()
    found: dict[Key, BlobLint] = {}
    idle: list[int] = []
    for row in lint_load(linter=linter, blobs={blob for blob, _ in wanted}):
        if (row.blob, row.role) not in wanted:
            continue
        result = decode(bytes(row.data))
        if not result.fits(own_names):
            continue
        found[row.blob, row.role] = result
        if row.last_used_on < today:
            idle.append(row.pk)
    lint_touch(ids=idle, today=today)
    return found


def _answers(
    tree: Tree, unseen: list[Key], sandbox: Sandbox, own_names: frozenset[str]
) -> Iterator[tuple[Key, BlobLint]]:
    if not unseen:
        return iter(())
    # The same blob may play several roles; each is asked for.
    contents = zip(unseen, tree.read_blobs(blob for blob, _ in unseen), strict=True)
    return sandbox.lint(((key, key[1], content) for key, (_, content) in contents), own_names)
