"""Which finding of a commit is which known one: matching in passes, the surest first. Pure and deterministic.

A finding's line is no part of its identity. What is tried, in this order:

1. the same thing at the same place: rule, path, symbol and content;
2. the same symbol and content, reported in another file;
3. the same content and symbol in the file that this one was renamed to;
4. the same symbol, edited, in its file or in the file that this one was renamed to;
5. the same content elsewhere, if the code around it or the name agrees: it was moved;
6. code that is alike in the same or the renamed file: its symbol was renamed and its text edited.

What is left is new or gone.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from apps.findings.similarity import Excerpt, aligned, likeliest
from apps.findings.traces import (
    Trace,
    by_content,
    by_file,
    by_fingerprint,
    by_old_fingerprint,
    by_order,
    by_path_of_part,
    by_place,
    by_place_of_symbol,
    by_relative_symbol,
    by_relative_thing,
    by_symbol_and_content,
    is_whole_file,
    relative_symbol,
)

_MOVED_LIKENESS = 0.6
_EDITED_LIKENESS = 0.6
_SAME_NAME = 0.3
_NO_CODE = Excerpt()


class How(enum.Enum):
    """How a finding was recognised."""

    SAME = "same"
    MOVED = "moved"
    EDITED = "edited"


class Match(NamedTuple):
    """A known finding and the sighting of it."""

    known: int
    seen: int
    how: How


type Codes = Callable[[Collection[int]], Mapping[int, Excerpt]]
"""Gives the code of the findings with these keys."""


def matches(
    known: Sequence[Trace],
    seen: Sequence[Trace],
    *,
    renames: Mapping[str, str] | None = None,
    files: Collection[str] | None = None,
    code_known: Codes = lambda _keys: {},
    code_seen: Codes = lambda _keys: {},
) -> list[Match]:
    """Pair what is known with what was seen; each stands in one match at most.

    The result does not depend on the order of either. ``renames`` maps former paths to present ones, as far as that
    is known; what is missing is guessed from equal files and from what moves together. ``files`` are the paths that
    there are now, by default those of ``seen``. Code is asked for only where it has to decide.
    """
    paths = {trace.path for trace in seen} if files is None else files
    matching = _Matching(known, seen, dict(renames or {}), paths)
    matching.same_place()
    if matching.is_open:
        matching.read(code_known, code_seen)
        matching.the_rest()
    return sorted(matching.found)


class _Matching:
    """One matching: what is not paired yet, and what is."""

    def __init__(
        self,
        known: Sequence[Trace],
        seen: Sequence[Trace],
        renames: dict[str, str],
        files: Collection[str],
    ) -> None:
        self.known = {trace.key: trace for trace in sorted(known, key=by_order)}
        self.seen = {trace.key: trace for trace in sorted(seen, key=by_order)}
        self.renames = renames
        self.files = files
        self.found: list[Match] = []
        self.moves: list[tuple[str, str]] = []
        self._unequal: list[tuple[list[Trace], list[Trace]]] = []
        self._code_known: Mapping[int, Excerpt] = {}
        self._code_seen: Mapping[int, Excerpt] = {}

    @property
    def is_open(self) -> bool:
        return bool(self.known and self.seen)

    def same_place(self) -> None:
        """Pair equal things at equal places; where there are more or fewer of them now, look at the code later."""
        # What an older Plumbline wrote has no content.
        for olds, news in self._groups(by_old_fingerprint, by_fingerprint):
            self._pair(olds[0], news[0], How.SAME)
        for olds, news in self._groups(by_place, by_place):
            if len(olds) == len(news):
                for old, new in zip(olds, news, strict=True):
                    self._pair(old, new, How.SAME)
            else:
                self._unequal.append((olds, news))

    def read(self, code_known: Codes, code_seen: Codes) -> None:
        """Fetch the code of all that is not paired yet."""
        self._code_known = code_known(self.known.keys())
        self._code_seen = code_seen(self.seen.keys())

    def the_rest(self) -> None:
        """All other passes."""
        for olds, news in self._unequal:
            for old, new in aligned(olds, news, self._neighbourhood):
                self._pair(old, new, How.SAME)
        self._in_order(by_symbol_and_content, by_symbol_and_content, How.MOVED)
        self._renamed_by_content_of_files()
        self._in_order(self._renamed_thing, by_relative_thing, How.MOVED)
        self._edited(by_place_of_symbol, by_place_of_symbol)
        self._edited(self._renamed_symbol, by_relative_symbol)
        self._moved()
        self._renamed_by_votes()
        self._renamed_with_folders()
        self._in_order(self._renamed_thing, by_relative_thing, How.MOVED)
        self._edited(self._renamed_symbol, by_relative_symbol)
        self._whole_files()
        self._alike()

    def _in_order(
        self,
        of_known: Callable[[Trace], Hashable],
        of_seen: Callable[[Trace], Hashable],
        how: How,
    ) -> None:
        """Pair equal things, as alike as can be where there are several."""
        for olds, news in self._groups(of_known, of_seen):
            for old, new in aligned(olds, news, self._neighbourhood):
                self._pair(old, new, how)

    def _edited(
        self, of_known: Callable[[Trace], Hashable], of_seen: Callable[[Trace], Hashable]
    ) -> None:
        """Pair what has the same symbol: the only one, or those whose code is alike."""
        for olds, news in self._groups(of_known, of_seen):
            if len(olds) == len(news) == 1 and (
                relative_symbol(news[0]) or (is_whole_file(olds[0]) and is_whole_file(news[0]))
            ):
                self._pair(olds[0], news[0], How.EDITED)
                continue
            for old, new in likeliest(olds, news, self._likeness, least=_EDITED_LIKENESS):
                self._pair(old, new, How.EDITED)

    def _moved(self) -> None:
        """Pair equal contents anywhere, if the name or the code around agrees."""
        for olds, news in self._groups(by_content, by_content):
            for old, new in likeliest(olds, news, self._moved_likeness, least=_MOVED_LIKENESS):
                self._pair(old, new, How.MOVED)

    def _whole_files(self) -> None:
        """Pair what is said of a whole file with what is said of it under its new name."""
        for olds, news in self._groups(self._renamed_file, by_file):
            if len(olds) == len(news) == 1:
                self._pair(olds[0], news[0], How.MOVED)

    def _alike(self) -> None:
        """Pair what is alike in a file: whatever it belongs to was renamed."""
        for olds, news in self._groups(self._renamed_path, by_path_of_part):
            for old, new in likeliest(olds, news, self._likeness, least=_EDITED_LIKENESS):
                self._pair(old, new, How.EDITED)

    def _groups(
        self, of_known: Callable[[Trace], Hashable], of_seen: Callable[[Trace], Hashable]
    ) -> list[tuple[list[Trace], list[Trace]]]:
        """What is not paired yet and has an equal key on both sides; a key of None stands for nothing."""
        known, seen = _grouped(self.known.values(), of_known), _grouped(self.seen.values(), of_seen)
        return [(olds, seen[key]) for key, olds in known.items() if key in seen]

    def _pair(self, old: Trace, new: Trace, how: How) -> None:
        if old.key not in self.known or new.key not in self.seen:
            return
        del self.known[old.key], self.seen[new.key]
        if how is How.MOVED and old.path != new.path:
            self.moves.append((old.path, new.path))
        self.found.append(Match(old.key, new.key, how))

    def _neighbourhood(self, old: Trace, new: Trace) -> float:
        return self._code_known.get(old.key, _NO_CODE).neighbourhood(
            self._code_seen.get(new.key, _NO_CODE)
        )

    def _likeness(self, old: Trace, new: Trace) -> float:
        return self._code_known.get(old.key, _NO_CODE).likeness(
            self._code_seen.get(new.key, _NO_CODE)
        )

    def _moved_likeness(self, old: Trace, new: Trace) -> float:
        name = relative_symbol(old)
        bonus = _SAME_NAME if name and name == relative_symbol(new) else 0.0
        return self._neighbourhood(old, new) + bonus

    def _renamed_thing(self, trace: Trace) -> Hashable:
        path = self.renames.get(trace.path)
        return (trace.code, path, relative_symbol(trace), trace.content) if path else None

    def _renamed_symbol(self, trace: Trace) -> Hashable:
        path = self.renames.get(trace.path)
        return (trace.code, path, relative_symbol(trace)) if path else None

    def _renamed_file(self, trace: Trace) -> Hashable:
        path = self.renames.get(trace.path)
        return (trace.code, path) if path and is_whole_file(trace) else None

    def _renamed_path(self, trace: Trace) -> Hashable:
        if is_whole_file(trace):
            return None
        return trace.code, self.renames.get(trace.path, trace.path)

    def _renamed_by_content_of_files(self) -> None:
        """Learn renames from files whose bytes are the same under another path."""
        present = {trace.blob: trace.path for trace in self.seen.values() if trace.blob}
        for trace in self._displaced():
            path = present.get(trace.blob)
            if path is not None:
                self.renames[trace.path] = path

    def _displaced(self) -> list[Trace]:
        """What is not paired yet of files that are gone without a known rename."""
        return [
            trace
            for trace in self.known.values()
            if trace.path not in self.files and trace.path not in self.renames
        ]

    def _renamed_by_votes(self) -> None:
        """Learn renames from findings that moved together out of a file that has none left."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for old, new in self.moves:
            votes[old][new] += 1
        for path, counts in votes.items():
            if path not in self.renames and path not in self.files:
                self.renames[path] = min(counts, key=lambda other: (-counts[other], other))

    def _renamed_with_folders(self) -> None:
        """Learn renames of files from those of other files in their folders."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for old, new in self.renames.items():
            for former, present in _folders(old, new):
                votes[former][present] += 1
        for trace in self._displaced():
            folder, _, rest = trace.path.rpartition("/")
            while folder:
                counts = votes.get(folder)
                if counts:
                    present = min(counts, key=lambda other: (-counts[other], other))
                    path = f"{present}/{rest}" if present else rest
                    if path in self.files:
                        self.renames[trace.path] = path
                    break
                folder, _, name = folder.rpartition("/")
                rest = f"{name}/{rest}"


def _folders(old: str, new: str) -> list[tuple[str, str]]:
    """Folders that a rename may have moved as a whole: what stands before the common end of both paths."""
    olds, news = old.split("/"), new.split("/")
    found = []
    while len(olds) > 1 and news and olds[-1] == news[-1]:
        olds.pop()
        news.pop()
        found.append(("/".join(olds), "/".join(news)))
    return found


def _grouped(
    traces: Iterable[Trace], key: Callable[[Trace], Hashable]
) -> dict[Hashable, list[Trace]]:
    groups: dict[Hashable, list[Trace]] = {}
    for trace in traces:
        name = key(trace)
        if name is not None:
            groups.setdefault(name, []).append(trace)
    return groups
