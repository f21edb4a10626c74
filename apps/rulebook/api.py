"""The rules over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import ScopedView
from apps.rulebook.choices import Level
from apps.rulebook.selectors import rule_get, rule_list, statement_list
from plumbline.guide import Coverage


class RuleSerializer(serializers.Serializer[Any]):
    """A rule: a check of one statement of the guide."""

    code = serializers.CharField()
    slug = serializers.CharField()
    statement = serializers.CharField(help_text="The statement's key in the catalogue.")
    title = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    basis = serializers.CharField()
    section = serializers.CharField()
    preview = serializers.BooleanField(help_text="Reports, and never scores.")
    effort = serializers.CharField(help_text="What one violation usually costs to put right.")


class RuleExampleSerializer(serializers.Serializer[dict[str, object]]):
    """A tiny project, path to text, that shows a rule at work."""

    title = serializers.CharField()
    files = serializers.DictField(child=serializers.CharField())


class RuleDetailSerializer(RuleSerializer):
    """A rule with its prose and examples."""

    what = serializers.CharField()
    why = serializers.CharField()
    how = serializers.CharField()
    applies_when = serializers.CharField()
    errata = serializers.CharField()
    guide_lines = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2
    )
    examples = RuleExampleSerializer(many=True)


@extend_schema(tags=["rules"])
class RuleListView(ScopedView):
    """Every rule."""

    @extend_schema(
        operation_id="rule_list",
        responses=inline_serializer(
            "RuleList",
            {
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": RuleSerializer(many=True),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        """List them in the order of the guide, all on one page."""
        rules = RuleSerializer(rule_list(), many=True).data
        return Response({"next": None, "previous": None, "results": rules})


class StatementSerializer(serializers.Serializer[Any]):
    """A statement of the guide and what is done about it."""

    statement = serializers.CharField(source="key")
    section = serializers.CharField()
    level = serializers.CharField(help_text="The guide's own word for how strongly it asks.")
    text = serializers.CharField()
    coverage = serializers.ChoiceField(choices=[kind.value for kind in Coverage])
    rule = serializers.CharField(
        source="rule.code", allow_null=True, default=None, help_text="The rule that checks it."
    )
    reason = serializers.CharField(help_text="Why no rule checks it; blank where one does.")


@extend_schema(tags=["rules"])
class GuideView(ScopedView):
    """The guide, statement by statement."""

    @extend_schema(
        operation_id="guide_list",
        responses=inline_serializer(
            "StatementList",
            {
                "next": serializers.URLField(allow_null=True),
                "previous": serializers.URLField(allow_null=True),
                "results": StatementSerializer(many=True),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        """List every statement with its coverage, all on one page."""
        rows = StatementSerializer(statement_list(), many=True).data
        return Response({"next": None, "previous": None, "results": rows})


@extend_schema(tags=["rules"])
class RuleView(ScopedView):
    """One rule."""

    @extend_schema(operation_id="rule_get", responses=RuleDetailSerializer)
    def get(self, request: Request, code: str) -> Response:
        """Show it with its prose and examples."""
        return Response(RuleDetailSerializer(rule_get(code)).data)
