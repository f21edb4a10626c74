"""What a draft of a policy would do, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.rulebook.choices import Standing
from apps.rulebook.policy_api import ContentField
from apps.rulebook.selectors import layer_find, layer_with
from apps.rulebook.services import policy_checked
from apps.scorecards.selectors.what_if import WhatIf, what_if

EFFECTS_AT_ONCE = 500


class WhatIfAskSerializer(serializers.Serializer[Any]):
    """A draft to look at, and which part of its effects."""

    content = ContentField(
        required=False, help_text="By default the draft that is kept, or what is in force."
    )
    on = serializers.DateField(
        required=False, help_text="The day to look at, for what is enforced from one; today."
    )
    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=0, max_value=EFFECTS_AT_ONCE, default=100)


class SideSerializer(serializers.Serializer[Any]):
    """The figures of a repository on one side of a change."""

    score = serializers.FloatField(allow_null=True)
    standing = serializers.ChoiceField(choices=Standing.choices)
    evaluated = serializers.IntegerField()
    must_open = serializers.IntegerField()
    tasks = serializers.IntegerField()
    patches = serializers.IntegerField()


class EffectSerializer(serializers.Serializer[Any]):
    """What would become of a repository."""

    repository = serializers.CharField(source="slug")
    name = serializers.CharField()
    team = serializers.CharField()
    before = SideSerializer()
    after = SideSerializer()
    delta = serializers.FloatField(allow_null=True, help_text="Points.")


class TeamEffectSerializer(serializers.Serializer[Any]):
    """What would become of a team's repositories, with those of the teams in it."""

    team = serializers.CharField()
    repositories = serializers.IntegerField()
    before = serializers.FloatField(allow_null=True, help_text="Mean score.")
    after = serializers.FloatField(allow_null=True)
    plumb_before = serializers.IntegerField()
    plumb_after = serializers.IntegerField()


class WhatIfSerializer(serializers.Serializer[Any]):
    """What would become of everybody; ``effects`` begins with those that move most."""

    repositories = serializers.IntegerField()
    moved = serializers.IntegerField(help_text="Repositories that would read differently.")
    mean_before = serializers.FloatField(allow_null=True)
    mean_after = serializers.FloatField(allow_null=True)
    become_plumb = serializers.IntegerField()
    stop_being_plumb = serializers.IntegerField()
    tasks_added = serializers.IntegerField()
    tasks_removed = serializers.IntegerField()
    patches_ready = serializers.IntegerField(help_text="For open violations that become tasks.")
    teams = TeamEffectSerializer(many=True)
    effects = serializers.SerializerMethodField()

    @extend_schema_field(EffectSerializer(many=True))
    def get_effects(self, found: WhatIf) -> Any:  # noqa: ANN401 - plain values of any kind
        """Give the part that was asked for."""
        return EffectSerializer(found.effects[self.context["part"]], many=True).data


@extend_schema(tags=["policy"])
class PolicyWhatIfView(ScopedView):
    """The effects of a draft, which need not be kept. It changes nothing, so reading is enough."""

    write_scope = TokenScope.POLICY_READ

    @extend_schema(
        operation_id="policy_what_if", request=WhatIfAskSerializer, responses=WhatIfSerializer
    )
    def post(self, request: SignedInApiRequest, key: str) -> Response:
        """Tell them."""
        layer = layer_find(user=request.user, key=key)
        asked = WhatIfAskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        kept = layer.draft if layer.draft is not None else layer.content
        policy = policy_checked(wanted.get("content", kept))
        draft = layer_with(layer=layer, policy=policy)
        found = what_if(user=request.user, draft=draft, on=wanted.get("on"))
        part = slice(wanted["offset"], wanted["offset"] + wanted["limit"])
        return Response(WhatIfSerializer(found, context={"part": part}).data)
