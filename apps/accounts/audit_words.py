"""What acts are called, and what an event says, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.text import text_visible

ACTIONS: Mapping[str, str] = {
    "backfill.cancel": "stopped judging the past",
    "backfill.request": "asked for the past to be judged",
    "campaign.change": "changed a campaign",
    "campaign.close": "closed a campaign",
    "campaign.create": "drafted a campaign",
    "campaign.discard": "discarded a campaign",
    "campaign.start": "started a campaign",
    "credential.remove": "removed a credential",
    "credential.set": "set a credential",
    "group.create": "made a group of permissions",
    "group.delete": "removed a group of permissions",
    "group.update": "changed a group of permissions",
    "policy.draft_discard": "discarded a draft",
    "policy.draft_save": "saved a draft",
    "policy.publish": "published a policy",
    "repository.baseline_set": "set a baseline",
    "repository.delete": "removed a repository",
    "repository.register": "registered a repository",
    "repository.team_accept": "accepted a team",
    "repository.update": "changed a repository",
    "scan.cancel": "cancelled a scan",
    "scan.cancel_many": "cancelled many scans",
    "scan.request_many": "asked for many scans",
    "scan.retry_many": "asked for many scans again",
    "scorecard.share": "shared a scorecard by a public link",
    "scorecard.unshare": "ended the public link to a scorecard",
    "team.create": "made a team",
    "team.delete": "removed a team",
    "team.member_put": "put somebody into a team",
    "team.member_remove": "took somebody out of a team",
    "team.update": "changed a team",
    "token.create": "made a token",
    "token.revoke": "revoked a token",
    "user.create": "made an account",
    "user.delete": "removed an account",
    "user.update": "changed an account",
    "waiver.approve": "approved a waiver",
    "waiver.decline": "declined a waiver",
    "waiver.expire": "ended a waiver on its day",
    "waiver.request": "asked for a waiver",
    "waiver.withdraw": "withdrew a waiver",
    "webhook.secret_reset": "made a new webhook secret",
}
"""Each act that is recorded. What is recorded and not here is shown by its name."""

KINDS = ("campaign", "group", "policy", "repository", "scan", "team", "token", "user", "waiver")
"""What acts are done to: how a target begins."""

LINES, LINE = 40, 300


def action_words(action: str) -> str:
    """What people call an act."""
    return ACTIONS.get(action, action)


def detail_lines(detail: Mapping[str, Any]) -> list[str]:
    """What an event says beside who, what and when: a sentence a thing, so many that a page can show them."""
    lines: list[str] = []
    for line in _told(detail):
        if len(lines) == LINES:
            lines.append("and more")
            break
        lines.append(text_visible(line[:LINE]) + ("…" if len(line) > LINE else ""))
    return lines


def _told(detail: Mapping[str, Any]) -> Iterator[str]:
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{_name(name)}: {_value(before.get(name))} → {_value(after.get(name))}"
    for name, value in detail.items():
        if name in ("before", "after") and isinstance(before, dict) and isinstance(after, dict):
            continue
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            yield from (value if name == "changes" else [f"{_name(name)}: {_value(value)}"])
        elif value not in (None, "", [], {}):
            yield f"{_name(name)}: {_value(value)}"


def _name(name: object) -> str:
    return str(name).replace("_", " ")


def _value(value: object) -> str:
    match value:
        case None | "" | [] | {}:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_value(item) for item in value)
        case dict():
            return ", ".join(f"{_name(key)} {_value(item)}" for key, item in value.items())
        case _:
            return str(value)
