"""Policies over the API: what is in force, one draft for each layer, and every version."""

from typing import Any

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.db.models import QuerySet

from apps.accounts.models import TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.repositories.selectors import repository_get
from apps.rulebook.choices import Level
from apps.rulebook.models import PolicyLayer, PolicyScope, PolicyVersion
from apps.rulebook.policies import group_of
from apps.rulebook.selectors import (
    layer_find,
    layer_get_for_draft,
    layer_get_for_publish,
    layer_key,
    layer_list,
    policy_book,
    version_list,
)
from apps.rulebook.services import draft_discard, draft_save, policy_publish
from plumbline.policy import LARGEST_WEIGHT, Mode
from plumbline.policy_changes import differences

_MODES = [mode.value for mode in Mode]


class RulePolicySerializer(serializers.Serializer[Any]):
    """What a policy says of one rule; what is left out stays as the guide and the layers below have it."""

    level = serializers.ChoiceField(choices=Level.choices, required=False)
    weight = serializers.IntegerField(min_value=0, max_value=LARGEST_WEIGHT, required=False)
    mode = serializers.ChoiceField(choices=_MODES, required=False)
    enforced_from = serializers.DateField(
        required=False, help_text="With the mode `enforced`: the day from which it is a MUST."
    )


class PolicyContentSerializer(serializers.Serializer[Any]):
    """A whole policy; an empty one changes nothing."""

    weights = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_WEIGHT),
        required=False,
        help_text="Level to what its rules weigh.",
    )
    rules = serializers.DictField(
        child=RulePolicySerializer(), required=False, help_text="Code to what is said of the rule."
    )
    waiver_days = serializers.IntegerField(
        min_value=1, required=False, help_text="How long a waiver may last."
    )


@extend_schema_field(PolicyContentSerializer)
class ContentField(serializers.JSONField):
    """A policy as plain values; the service checks it, with the rules that there are."""


class PolicyLayerSerializer(serializers.ModelSerializer[PolicyLayer]):
    """What holds for the fleet, for a team's repositories or for those with a tag."""

    key = serializers.SerializerMethodField(help_text="`fleet`, `team:SLUG` or `tag:TAG`.")
    scope = serializers.ChoiceField(choices=PolicyScope.choices, read_only=True)
    team = serializers.SlugField(source="team.slug", default=None, read_only=True)
    version = serializers.IntegerField(
        source="number", help_text="Of the one in force; 0 for none.", read_only=True
    )
    content = ContentField(read_only=True)
    has_draft = serializers.SerializerMethodField()
    revision = serializers.IntegerField(source="draft_revision", read_only=True)

    class Meta:
        model = PolicyLayer
        fields = ("key", "scope", "team", "tag", "version", "content", "has_draft", "revision")
        read_only_fields = fields

    def get_key(self, layer: PolicyLayer) -> str:
        """Give what addresses call it."""
        return layer_key(layer)

    def get_has_draft(self, layer: PolicyLayer) -> bool:
        """Say whether somebody drafts."""
        return layer.draft is not None


class PolicyDraftSerializer(serializers.ModelSerializer[PolicyLayer]):
    """What may come into force next. Acts on it name the ``revision`` that was looked at."""

    content = ContentField(source="draft", allow_null=True, read_only=True)
    revision = serializers.IntegerField(source="draft_revision", read_only=True)
    drafted_by = serializers.EmailField(source="drafted_by.email", default=None, read_only=True)
    changes = serializers.SerializerMethodField(help_text="Against what is in force, in sentences.")

    class Meta:
        model = PolicyLayer
        fields = ("content", "revision", "drafted_by", "drafted_at", "changes")
        read_only_fields = fields

    def get_changes(self, layer: PolicyLayer) -> list[str]:
        """Give a sentence for each thing that would change."""
        return differences(layer.policy, layer.drafted or layer.policy)


class PolicyDraftWriteSerializer(serializers.Serializer[Any]):
    """A whole policy to keep as the draft."""

    content = ContentField()
    revision = serializers.IntegerField(
        min_value=0, help_text="That of the draft which was looked at; 0 before the first."
    )


class PolicyPublishSerializer(serializers.Serializer[Any]):
    """The draft to put into force, and why."""

    revision = serializers.IntegerField(min_value=0)
    reason = serializers.CharField(max_length=2000)


class PolicyVersionSerializer(serializers.ModelSerializer[PolicyVersion]):
    """A layer as it was put into force once."""

    version = serializers.IntegerField(source="number", read_only=True)
    author = serializers.EmailField(source="author_name", read_only=True)
    content = ContentField(read_only=True)
    changes: Any = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = PolicyVersion
        fields = ("version", "content", "changes", "reason", "author", "created_at")
        read_only_fields = fields


class TermsSerializer(serializers.Serializer[Any]):
    """What a rule's result counts for."""

    level = serializers.ChoiceField(choices=Level.choices)
    weight = serializers.IntegerField()
    mode = serializers.ChoiceField(choices=_MODES)


class RepositoryPolicySerializer(serializers.Serializer[Any]):
    """What holds for a repository today."""

    layers = serializers.ListField(
        child=serializers.CharField(), help_text="Keys; the later ones win."
    )
    content = ContentField()
    terms = serializers.DictField(
        child=TermsSerializer(), help_text="Code to what counts, where the policy says something."
    )


@extend_schema(tags=["policy"])
class PolicyLayerListView(ScopedView, GenericAPIView[PolicyLayer]):
    """The layers of the policy."""

    read_scope = TokenScope.POLICY_READ
    serializer_class = PolicyLayerSerializer

    def get_queryset(self) -> QuerySet[PolicyLayer]:
        """Those that somebody has drafted."""
        return layer_list()

    @extend_schema(operation_id="policy_layer_list")
    def get(self, request: SignedInApiRequest) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@extend_schema(tags=["policy"])
class PolicyLayerView(ScopedView):
    """One layer."""

    read_scope = TokenScope.POLICY_READ

    @extend_schema(operation_id="policy_layer_get", responses=PolicyLayerSerializer)
    def get(self, request: SignedInApiRequest, key: str) -> Response:
        """Show what is in force."""
        return Response(PolicyLayerSerializer(layer_find(user=request.user, key=key)).data)


@extend_schema(tags=["policy"])
class PolicyDraftView(ScopedView):
    """The draft of a layer."""

    read_scope = TokenScope.POLICY_READ
    write_scope = TokenScope.POLICY_WRITE

    @extend_schema(operation_id="policy_draft_get", responses=PolicyDraftSerializer)
    def get(self, request: SignedInApiRequest, key: str) -> Response:
        """Show it; the content is null if nobody drafts."""
        return Response(PolicyDraftSerializer(layer_find(user=request.user, key=key)).data)

    @extend_schema(
        operation_id="policy_draft_save",
        request=PolicyDraftWriteSerializer,
        responses=PolicyDraftSerializer,
    )
    def put(self, request: SignedInApiRequest, key: str) -> Response:
        """Keep a draft; 409 if somebody saved another one since that revision."""
        layer = layer_get_for_draft(user=request.user, key=key)
        wanted = PolicyDraftWriteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        saved = draft_save(layer=layer, actor=request.user, **wanted.validated_data)
        return Response(PolicyDraftSerializer(saved).data)

    @extend_schema(
        operation_id="policy_draft_discard",
        parameters=[OpenApiParameter("revision", OpenApiTypes.INT, required=True)],
        request=None,
        responses={204: None},
    )
    def delete(self, request: SignedInApiRequest, key: str) -> Response:
        """Forget it, if it is still that of ``?revision=``."""
        layer = layer_get_for_draft(user=request.user, key=key)
        given = serializers.IntegerField(min_value=0).run_validation(
            request.query_params.get("revision")
        )
        draft_discard(layer=layer, revision=given, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["policy"])
class PolicyVersionListView(ScopedView, GenericAPIView[PolicyVersion]):
    """The versions of a layer."""

    read_scope = TokenScope.POLICY_READ
    write_scope = TokenScope.POLICY_WRITE
    serializer_class = PolicyVersionSerializer

    def get_queryset(self) -> QuerySet[PolicyVersion]:
        """Those of the layer that the address names."""
        return version_list(layer=layer_find(user=self.request.user, key=self.kwargs["key"]))

    @extend_schema(operation_id="policy_version_list")
    def get(self, request: SignedInApiRequest, key: str) -> Response:
        """List them, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="policy_publish",
        request=PolicyPublishSerializer,
        responses={201: PolicyVersionSerializer},
    )
    def post(self, request: SignedInApiRequest, key: str) -> Response:
        """Put the draft into force, if it is still the one of this revision."""
        layer = layer_get_for_publish(user=request.user, key=key)
        wanted = PolicyPublishSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        version = policy_publish(layer=layer, actor=request.user, **wanted.validated_data)
        return Response(PolicyVersionSerializer(version).data, status.HTTP_201_CREATED)


@extend_schema(tags=["policy"])
class RepositoryPolicyView(ScopedView):
    """The policy that holds for a repository."""

    read_scope = TokenScope.POLICY_READ

    @extend_schema(operation_id="repository_policy", responses=RepositoryPolicySerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it, put together from the layers."""
        group = group_of(repository_get(user=request.user, slug=slug))
        book = policy_book()
        found = {
            "layers": [layer.key for layer in book.layers_of(group)],
            "content": msgspec.to_builtins(book.policy(group)),
            "terms": msgspec.to_builtins(book.terms(group)),
        }
        return Response(RepositoryPolicySerializer(found).data)
