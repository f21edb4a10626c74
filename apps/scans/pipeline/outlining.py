"""Outlines for the files of a commit: from the cache, and from the sandbox for unseen blobs."""

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from itertools import batched

from django.utils import timezone

from apps.repositories.git.tree import Tree
from apps.scans.models import Phase
from apps.scans.pipeline.heartbeat import Progress
from apps.scans.selectors import outlines_load
from apps.scans.services import outlines_store, outlines_touch
from apps.scans.stock import Key
from plumbline.sandbox import Sandbox
from plumbline.source import File

type Share = Callable[[list[Key], int], dict[Key, bytes]]
"""Gives the outlines of some of the unseen keys, got with others' help; the number is of the files done before."""

_STORED_AT_ONCE = 250


def outlines_gather(
    *,
    tree: Tree,
    files: list[File],
    extractor: str,
    sandbox: Sandbox,
    progress: Progress,
    known: Container[Key] = (),
    share: Share | None = None,
) -> dict[Key, bytes]:
    """Give the encoded outline of each blob and kind; what was unseen is kept for next time.

    Those in ``known`` are left out: the caller has them. ``share`` may have other workers outline what is unseen.
    """
    total = len(files)
    progress.enter(Phase.READ, total=total)
    files = [file for file in files if (file.blob, file.kind) not in known]
    outlines, unseen = outlines_known(((file.blob, file.kind) for file in files), extractor)
    sizes = {file.blob: file.size for file in files}
    progress.count(
        outlines_wanted=len(outlines) + len(unseen),
        outlines_parsed=len(unseen),
        bytes_parsed=sum(sizes[blob] for blob, _ in unseen),
    )
    progress.enter(Phase.EXTRACT, total=total)
    progress.advance(total - len(unseen))
    if share is not None:
        outlines |= share(unseen, total - len(unseen))
        unseen = [key for key in unseen if key not in outlines]
    for batch in outlines_extract(tree=tree, keys=unseen, extractor=extractor, sandbox=sandbox):
        outlines.update(batch)
        progress.advance(len(batch))
    return outlines


def outlines_prepare(
    *,
    tree: Tree,
    files: list[File],
    extractor: str,
    sandbox: Sandbox,
    progress: Progress,
    known: Collection[Key],
    size: int,
) -> None:
    """Outline what a later commit will need and nobody has seen, up to about so many bytes; only the cache gains."""
    sizes = {
        (file.blob, file.kind): file.size for file in files if (file.blob, file.kind) not in known
    }
    _, unseen = outlines_known(sizes, extractor)
    chosen: list[Key] = []
    for key in unseen:
        if size <= 0:
            break
        chosen.append(key)
        size -= sizes[key]
    progress.count(
        outlines_wanted=len(chosen),
        outlines_parsed=len(chosen),
        bytes_parsed=sum(sizes[key] for key in chosen),
    )
    for _ in outlines_extract(tree=tree, keys=chosen, extractor=extractor, sandbox=sandbox):
        progress.advance(0)


def outlines_extract(
    *, tree: Tree, keys: list[Key], extractor: str, sandbox: Sandbox
) -> Iterator[dict[Key, bytes]]:
    """Give the encoded outline of each blob and kind from the sandbox, batch by batch, each kept for next time."""
    for batch in batched(_extracted(tree, keys, sandbox), _STORED_AT_ONCE, strict=False):
        doomed = {casualty.key for casualty in sandbox.casualties}
        outlines_store(
            extractor=extractor,
            # What killed its child may be a passing lack of memory: look again next time.
            outlines=[(*key, encoded) for key, encoded in batch if key not in doomed],
        )
        yield dict(batch)


def outlines_known(keys: Iterable[Key], extractor: str) -> tuple[dict[Key, bytes], list[Key]]:
    """Give the encoded outlines that are in the cache, noting that they were of use, and the keys that are not."""
    wanted = dict.fromkeys(keys)
    by_kind: dict[str, set[str]] = {}
    for blob, kind in wanted:
        by_kind.setdefault(kind, set()).add(blob)
    today = timezone.localdate()
    found: dict[Key, bytes] = {}
    for kind, blobs in by_kind.items():
        known = outlines_load(extractor=extractor, kind=kind, blobs=blobs)
        outlines_touch(extractor=extractor, kind=kind, blobs=list(known), today=today)
        found.update(((blob, kind), encoded) for blob, encoded in known.items())
    return found, [key for key in wanted if key not in found]


def _extracted(tree: Tree, unseen: list[Key], sandbox: Sandbox) -> Iterator[tuple[Key, bytes]]:
    if not unseen:
        return iter(())
    # The same blob may be read as several kinds; each reading is asked for.
    contents = tree.read_blobs(blob for blob, _ in unseen)
    return sandbox.extract(
        ((blob, kind), kind, content)
        for (blob, kind), (_, content) in zip(unseen, contents, strict=True)
    )
