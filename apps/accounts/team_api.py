"""Teams over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.models import Membership, MembershipRole, Team, TokenScope
from apps.accounts.permissions import ScopedView, SignedInApiRequest
from apps.accounts.selectors import (
    administrator_demand,
    member_list,
    team_get,
    team_get_for_change,
    team_list,
    user_get_by_email,
)
from apps.accounts.services import (
    member_put,
    member_remove,
    team_create,
    team_delete,
    team_update,
)


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A team, and the one that it is part of."""

    part_of: serializers.SlugRelatedField[Team] = serializers.SlugRelatedField(
        source="parent", slug_field="slug", read_only=True
    )

    class Meta:
        model = Team
        fields = ("slug", "name", "part_of", "handles", "description", "created_at")
        read_only_fields = fields


class TeamWriteSerializer(serializers.Serializer[Team]):
    """What a team is made of."""

    name = serializers.CharField(max_length=100)
    part_of = serializers.SlugField(
        max_length=100, required=False, allow_null=True, help_text="Null puts it at the top."
    )
    handles = serializers.ListField(
        child=serializers.CharField(max_length=120),
        required=False,
        max_length=20,
        help_text="What forges and CODEOWNERS call it, such as shop/payments.",
    )
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    """Somebody in a team."""

    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ("email", "role")
        read_only_fields = fields


class MemberWriteSerializer(serializers.Serializer[Membership]):
    """Who shall be in a team, and as what."""

    email = serializers.EmailField()
    role = serializers.ChoiceField(
        choices=MembershipRole.choices, required=False, default=MembershipRole.MEMBER
    )


@extend_schema(tags=["teams"])
class TeamListView(ScopedView, GenericAPIView[Team]):
    """The teams."""

    read_scope = TokenScope.TEAM_READ
    write_scope = TokenScope.TEAM_WRITE
    serializer_class = TeamSerializer

    def get_queryset(self) -> QuerySet[Team]:
        """All of them: one organisation shares one installation."""
        return team_list(user=self.request.user)

    @extend_schema(operation_id="team_list")
    def get(self, request: SignedInApiRequest) -> Response:
        """List them."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="team_create", request=TeamWriteSerializer, responses={201: TeamSerializer}
    )
    def post(self, request: SignedInApiRequest) -> Response:
        """Make one; for administrators."""
        administrator_demand(user=request.user, act="make a team")
        team = team_create(actor=request.user, **_wanted(request))
        location = reverse("api:team", args=[team.slug])
        return Response(
            TeamSerializer(team).data, status.HTTP_201_CREATED, headers={"Location": location}
        )


@extend_schema(tags=["teams"])
class TeamView(ScopedView):
    """One team."""

    read_scope = TokenScope.TEAM_READ
    write_scope = TokenScope.TEAM_WRITE

    @extend_schema(operation_id="team_get", responses=TeamSerializer)
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """Show it."""
        return Response(TeamSerializer(team_get(user=request.user, slug=slug)).data)

    @extend_schema(
        operation_id="team_update", request=TeamWriteSerializer, responses=TeamSerializer
    )
    def patch(self, request: SignedInApiRequest, slug: str) -> Response:
        """Change what is given."""
        team = team_get_for_change(user=request.user, slug=slug)
        team = team_update(team=team, actor=request.user, **_wanted(request, partial=True))
        return Response(TeamSerializer(team).data)

    @extend_schema(operation_id="team_delete", responses={204: None})
    def delete(self, request: SignedInApiRequest, slug: str) -> Response:
        """Remove it; for administrators. Its repositories stay."""
        administrator_demand(user=request.user, act="remove a team")
        team_delete(team=team_get(user=request.user, slug=slug), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["teams"])
class MemberView(ScopedView):
    """Who is in a team."""

    read_scope = TokenScope.TEAM_READ
    write_scope = TokenScope.TEAM_WRITE

    @extend_schema(operation_id="team_member_list", responses=MemberSerializer(many=True))
    def get(self, request: SignedInApiRequest, slug: str) -> Response:
        """List them."""
        team = team_get(user=request.user, slug=slug)
        return Response(MemberSerializer(member_list(team=team), many=True).data)

    @extend_schema(
        operation_id="team_member_put", request=MemberWriteSerializer, responses=MemberSerializer
    )
    def put(self, request: SignedInApiRequest, slug: str) -> Response:
        """Take somebody in, or give another role."""
        team = team_get_for_change(user=request.user, slug=slug)
        wanted = MemberWriteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        user = user_get_by_email(email=wanted.validated_data["email"])
        role = wanted.validated_data["role"]
        member = member_put(team=team, user=user, role=role, actor=request.user)
        return Response(MemberSerializer(member).data)

    @extend_schema(
        operation_id="team_member_remove",
        parameters=[MemberWriteSerializer],
        request=None,
        responses={204: None},
    )
    def delete(self, request: SignedInApiRequest, slug: str) -> Response:
        """Take somebody out, named by ``?email=``."""
        team = team_get_for_change(user=request.user, slug=slug)
        wanted = MemberWriteSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        user = user_get_by_email(email=wanted.validated_data["email"])
        member_remove(team=team, user=user, actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _wanted(request: SignedInApiRequest, *, partial: bool = False) -> dict[str, Any]:
    """What a request gives, with the team above it found by its slug."""
    wanted = TeamWriteSerializer(data=request.data, partial=partial)
    wanted.is_valid(raise_exception=True)
    values = dict(wanted.validated_data)
    if "part_of" in values:
        slug = values.pop("part_of")
        values["parent"] = team_get(user=request.user, slug=slug) if slug else None
    return values
