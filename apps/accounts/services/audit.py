"""The record of every act."""

from apps.accounts.models import AuditEvent, User
from core.cleaning import clean_json, clean_text


def audit_record(
    *, action: str, target: str, actor: User | None = None, detail: dict[str, object] | None = None
) -> AuditEvent:
    """Write down an act, in the transaction of the act itself."""
    return AuditEvent.objects.create(
        action=action,
        target=clean_text(target, limit=200),
        actor=actor,
        actor_name=actor.email if actor else "",
        detail=clean_json(detail or {}),
    )
