"""What people do: tokens, teams, and the record of every act."""

from apps.accounts.services.audit import audit_record
from apps.accounts.services.profile import (
    PERSON_NAME_LIMIT,
    digest_stop,
    digests_choose,
    name_change,
)
from apps.accounts.services.teams import (
    member_put,
    member_remove,
    team_create,
    team_delete,
    team_update,
)
from apps.accounts.services.tokens import (
    LONGEST_LIFE,
    TokenRejected,
    token_authenticate,
    token_create,
    token_revoke,
)

__all__ = [
    "LONGEST_LIFE",
    "PERSON_NAME_LIMIT",
    "TokenRejected",
    "audit_record",
    "digest_stop",
    "digests_choose",
    "member_put",
    "member_remove",
    "name_change",
    "team_create",
    "team_delete",
    "team_update",
    "token_authenticate",
    "token_create",
    "token_revoke",
]
