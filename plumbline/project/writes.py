"""Which calls change the database, those on a single row and on related managers too."""

from __future__ import annotations

from plumbline.project.functions import CallSite, is_write

_BULK = frozenset(
    "bulk_create get_or_create update_or_create bulk_update abulk_create aget_or_create aupdate_or_create "
    "abulk_update".split()
)
_CREATES = frozenset(("create", "acreate"))
_SAVES = frozenset(("save", "asave"))
_DELETES = frozenset(("delete", "adelete"))
_UPDATES = frozenset(("update", "aupdate"))
_ELSEWHERE = ("cache", "session", "storage", "file", "image", "blob", "client", "redis", "path")
"""Words that mark a receiver as something other than rows, so that ``save`` or ``delete`` leaves the database alone."""


def changes_rows(call: CallSite) -> bool:
    """Whether a call inserts, changes or deletes rows, told from its shape and the names in its function."""
    if is_write(call):
        return True
    outline, name = call.outline, call.method
    receiver = outline.name.rpartition(".")[0]
    if not receiver:
        return False
    if name in _BULK:
        return True
    if name in _SAVES:
        return (
            not outline.args
            and call.keyword("commit") is not False
            and not _is_elsewhere(call, receiver)
        )
    if name in _DELETES:
        return (
            not outline.args
            and not any(key != "using" for key, _ in outline.keywords)
            and not _is_elsewhere(call, receiver)
        )
    if name in _CREATES:
        return not outline.args and bool(outline.keywords) and _is_manager(call, receiver)
    if name in _UPDATES:
        return not outline.args and _is_query(call, receiver)
    return False


def _is_elsewhere(call: CallSite, receiver: str) -> bool:
    """Whether a receiver is no row: a module, a class, ``super()`` or something that files or caches keep."""
    if receiver.startswith(("super()", "?")):
        return True
    last = receiver.rpartition(".")[2].removesuffix("()").removesuffix("[]").lower()
    if last.endswith(_ELSEWHERE):
        return True
    # An imported module or class: `storage.delete()`; `Order().save()` is a row all the same.
    return call.target != call.outline.name and "(" not in receiver


def _is_manager(call: CallSite, receiver: str) -> bool:
    """Whether a receiver reads as a related manager (``order.items``) or a manager of a class (``Order.open``)."""
    parts = receiver.split(".")
    if len(parts) < 2 or not parts[-1].islower() or "(" in receiver:
        return False
    is_local = call.target == call.outline.name
    return (is_local and parts[0] != "self" and parts[0].islower()) or (
        len(parts) == 2 and parts[0][:1].isupper() and not parts[0].isupper()
    )


def _is_query(call: CallSite, receiver: str) -> bool:
    """Whether a local name holds a query that the same function made."""
    return "." not in receiver and any(
        other.bound == receiver and (".objects." in other.name or other.name.endswith(".filter"))
        for other in call.siblings
    )
