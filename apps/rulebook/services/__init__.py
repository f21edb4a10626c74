"""Drafting policies and putting them into force."""

from apps.rulebook.services.policy import (
    DraftOutdated,
    PolicyInvalid,
    draft_discard,
    draft_save,
    layer_ensure,
    policy_checked,
    policy_publish,
)

__all__ = [
    "DraftOutdated",
    "PolicyInvalid",
    "draft_discard",
    "draft_save",
    "layer_ensure",
    "policy_checked",
    "policy_publish",
]
