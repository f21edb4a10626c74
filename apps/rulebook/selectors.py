"""Reading the rules, straight from the engine's registry, and the policies."""

from collections.abc import Mapping, Sequence

from django.db.models import FETCH_RAISE, QuerySet

from apps.rulebook.models import PolicyLayer, PolicyScope, PolicyVersion
from apps.rulebook.policies import Group, Layer, PolicyBook
from core.exceptions import NotFound
from plumbline.guide import Statement, statements
from plumbline.registry import all_rules
from plumbline.rule import Rule

# What one violation of each kind of rule costs to put right, in minutes, to order tasks by.
_MINUTES = {"minutes": 5, "about an hour": 60, "days": 960}


def rule_list() -> list[Rule]:
    """Every rule, in the order of the guide."""
    return list(all_rules().values())


def statement_list() -> Sequence[Statement]:
    """Every statement of the guide, in its order."""
    return statements()


def rule_get(code: str) -> Rule:
    """One rule by its code, in any case.

    Raises:
        NotFound: There is no such rule.
    """
    rule = all_rules().get(code.upper())
    if rule is None:
        raise NotFound("There is no such rule.", remedy="See /rules/ for all of them.")
    return rule


def rules_by_code() -> Mapping[str, Rule]:
    """Code to rule."""
    return all_rules()


def rule_section(code: str) -> str:
    """The guide section of a rule; blank for one that is no more."""
    rule = all_rules().get(code)
    return rule.section if rule else ""


def rule_minutes(code: str) -> int:
    """Roughly how many minutes one violation of a rule costs to put right."""
    rule = all_rules().get(code)
    return _MINUTES.get(str(rule.effort), 60) if rule else 60


def section_list() -> list[str]:
    """The guide's sections that have rules, in its order."""
    return list(dict.fromkeys(rule.section for rule in all_rules().values()))


def policy_book(*, draft_of: PolicyLayer | None = None) -> PolicyBook:
    """Every layer that is in force; with a draft in place of its layer, what would be."""
    rows = PolicyLayer.objects.order_by("id")
    layers = []
    for row in rows:
        policy = row.policy
        if draft_of is not None and row.pk == draft_of.pk:
            policy = draft_of.drafted or policy
        layers.append(Layer(row.pk, row.scope, row.team_id, row.tag, policy))
    return PolicyBook(layers)


def layer_list() -> QuerySet[PolicyLayer]:
    """Every layer, with its team and who drafts."""
    return PolicyLayer.objects.select_related("team", "drafted_by").fetch_mode(FETCH_RAISE)


def layer_get(*, scope: str, name: str = "") -> PolicyLayer:
    """The layer of the fleet, of a team (by slug) or of a tag.

    Raises:
        NotFound: There is none.
    """
    layers = layer_list().filter(scope=scope)
    if scope == PolicyScope.TEAM:
        layers = layers.filter(team__slug=name)
    elif scope == PolicyScope.TAG:
        layers = layers.filter(tag=name)
    layer = layers.first()
    if layer is None:
        raise NotFound("There is no such policy.", remedy="Make one first.")
    return layer


def version_list(*, layer: PolicyLayer) -> QuerySet[PolicyVersion]:
    """Every version of a layer, newest first."""
    return (
        PolicyVersion.objects.filter(layer=layer)
        .select_related("author")
        .order_by("-number")
        .fetch_mode(FETCH_RAISE)
    )


def waiver_days(*, group: Group) -> int | None:
    """How many days a waiver in a repository may last; None if the policy does not say."""
    return policy_book().policy(group).waiver_days
