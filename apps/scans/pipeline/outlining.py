"""Outlines for the files of a commit: from the cache, and from the sandbox for unseen blobs."""

from collections.abc import Container, Iterable, Iterator
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

_STORED_AT_ONCE = 250


def outlines_gather(
    *,
    tree: Tree,
    files: list[File],
    extractor: str,
    sandbox: Sandbox,
    progress: Progress,
    known: Container[Key] = (),
) -> dict[Key, bytes]:
    """Give the encoded outline of each blob and kind; what was unseen is kept for next time.

    Those in ``known`` are left out: the caller has them.
    """
    total = len(files)
    progress.enter(Phase.READ, total=total)
    files = [file for file in files if (file.blob, file.kind) not in known]
    outlines = _cached(files, extractor)
    unseen = list(
        dict.fromkeys(
            (file.blob, file.kind) for file in files if (file.blob, file.kind) not in outlines
        )
    )
    sizes = {file.blob: file.size for file in files}
    progress.count(
        outlines_wanted=len(outlines) + len(unseen),
        outlines_parsed=len(unseen),
        bytes_parsed=sum(sizes[blob] for blob, _ in unseen),
    )
    progress.enter(Phase.EXTRACT, total=total)
    progress.advance(total - len(unseen))
    for batch in batched(_extracted(tree, unseen, sandbox), _STORED_AT_ONCE, strict=False):
        outlines.update(batch)
        doomed = {casualty.key for casualty in sandbox.casualties}
        outlines_store(
            extractor=extractor,
            # What killed its child may be a passing lack of memory: look again next time.
            outlines=[(*key, encoded) for key, encoded in batch if key not in doomed],
        )
        progress.advance(len(batch))
    return outlines


def _cached(files: Iterable[File], extractor: str) -> dict[Key, bytes]:
    by_kind: dict[str, set[str]] = {}
    for file in files:
        by_kind.setdefault(file.kind, set()).add(file.blob)
    today = timezone.localdate()
    found: dict[Key, bytes] = {}
    for kind, blobs in by_kind.items():
        known = outlines_load(extractor=extractor, kind=kind, blobs=blobs)
        outlines_touch(extractor=extractor, kind=kind, blobs=list(known), today=today)
        found.update(((blob, kind), encoded) for blob, encoded in known.items())
    return found


def _extracted(tree: Tree, unseen: list[Key], sandbox: Sandbox) -> Iterator[tuple[Key, bytes]]:
    if not unseen:
        return iter(())
    # The same blob may be read as several kinds; each reading is asked for.
    contents = tree.read_blobs(blob for blob, _ in unseen)
    return sandbox.extract(
        ((blob, kind), kind, content)
        for (blob, kind), (_, content) in zip(unseen, contents, strict=True)
    )
