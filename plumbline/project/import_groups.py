"""Where an import statement belongs in a module that is ordered as the guide shows."""

from __future__ import annotations

import functools

import msgspec

from plumbline import outline as o
from plumbline.edits import AddImport, Fix
from plumbline.knowledge import STANDARD_LIBRARY
from plumbline.project.modules import Module, Names

FUTURE, STANDARD, THIRD_PARTY, DJANGO, FIRST_PARTY, RELATIVE = range(6)
GROUP_NAMES = (
    "`__future__`", "the standard library", "third-party packages", "Django", "this project's packages",
    "relative imports",
)  # fmt: skip


class ImportGroups:
    """Tells the group of an import: standard library, third party, Django, this project, relative."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[str, int] = {"django": DJANGO, "__future__": FUTURE}

    @functools.cached_property
    def _own(self) -> frozenset[str]:
        """Top-level names of the repository's own packages and modules."""
        return frozenset(module.relative_name.partition(".")[0] for module in self._names) | {
            module.path.partition("/")[0] for module in self._names if "/" in module.path
        }

    def group_of(self, name: str) -> int:
        """The group of an import of this module name, leading dots kept."""
        if name.startswith("."):
            return RELATIVE
        head = name.partition(".")[0]
        known = self._known.get(head)
        if known is None:
            known = FIRST_PARTY if head in self._own else THIRD_PARTY
            known = self._known[head] = STANDARD if head in STANDARD_LIBRARY else known
        return known

    def placed(self, fix: Fix) -> Fix:
        """A fix whose added imports know their place."""
        if not any(isinstance(edit, AddImport) and edit.after < 0 for edit in fix.edits):
            return fix
        edits = [
            self.placed_import(module, edit)
            if isinstance(edit, AddImport)
            and edit.after < 0
            and (module := self._names.modules.get(edit.path)) is not None
            else edit
            for edit in fix.edits
        ]
        return Fix(edits, fix.is_safe)

    def placed_import(self, module: Module, edit: AddImport) -> AddImport:
        """An added import in its place: in its group by name, plain imports first; else below the groups before."""
        name = edit.module or edit.name
        group = self.group_of(name)
        header = self.header(module)
        own = [(line, other) for line, number, other in header if number == group]
        if not own:
            lines = [line for line, number, _ in header if number < group]
            after = lines[-1] if lines else 0 if header else -1
            return msgspec.structs.replace(edit, after=after, is_apart=bool(lines))
        plain = {item.line for item in module.outline.imports if not item.name}
        key = (bool(edit.module), name.lower())
        above = [line for line, other in own if (line not in plain, other.lower()) <= key]
        if above or group == RELATIVE:
            return msgspec.structs.replace(edit, after=(above or [own[-1][0]])[-1])
        return msgspec.structs.replace(edit, before=own[0][0])

    def header(self, module: Module) -> list[tuple[int, int, str]]:
        """Line, group and module name of the statements that the module's top begins with, one for each statement."""
        outline = module.outline
        end = min(
            (
                *(item.line for item in outline.assignments[:1]),
                *(item.line for item in outline.classes[:1]),
                outline.lines + 1,
            )
        )
        found: list[tuple[int, int, str]] = []
        last = 0
        for item in outline.imports:
            line = item.line
            if line > end:
                break
            if line != last and item.scope == -1 and not item.guarded and not item.typing_only:
                last = line
                found.append((line, self.group_of(item.module), item.module))
        return found

    def out_of_order(self, module: Module) -> int:
        """How many statements at a module's top stand below one of a later group."""
        highest = count = 0
        for _, group, _ in self.header(module):
            count += group < highest
            highest = max(highest, group)
        return count

    def is_one_block(self, module: Module) -> bool:
        """Whether no import under a condition or in a ``try`` stands between those at the module's top."""
        lines = [line for line, _, _ in self.header(module)]
        return not any(
            item.scope == -1
            and (item.guarded or item.typing_only)
            and lines[0] < item.line < lines[-1]
            for item in (module.outline.imports if lines else ())
        )

    def first_out_of_order(self, module: Module) -> o.Import | None:
        """The first import at a module's top that stands below one of a later group."""
        highest = 0
        known = self._known
        for item in module.outline.imports:
            name = item.module
            group = RELATIVE if name[:1] == "." else known.get(name.partition(".")[0])
            if group is None:
                group = self.group_of(name)
            if group < highest:
                if item.scope == -1 and not item.guarded and not item.typing_only:
                    return item
            elif group > highest and item.scope == -1 and not item.guarded and not item.typing_only:
                highest = group
        return None
