"""Every act of a person on what matters is written down, in the transaction of the act itself."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from django.apps import apps
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.audit_words import ACTIONS
from apps.accounts.models import ApiToken, AuditEvent, Team, User
from apps.accounts.services import (
    member_put,
    member_remove,
    team_create,
    team_delete,
    team_update,
    token_create,
    token_revoke,
)
from apps.findings.models import Waiver
from apps.findings.services import (
    waiver_approve,
    waiver_decline,
    waiver_request,
    waiver_withdraw,
)
from apps.repositories.models import Repository
from apps.repositories.services import (
    credential_remove,
    credential_set,
    repository_delete,
    repository_register,
    repository_update,
    webhook_secret_reset,
)
from apps.rulebook.models import PolicyLayer
from apps.rulebook.services import draft_discard, draft_save, layer_ensure, policy_publish
from apps.scans.models import Backfill, Scan
from apps.scans.services import backfill_cancel, backfill_request, scan_cancel
from tests.apps.factories import RepositoryFactory, ScanFactory, UserFactory

APPS = Path(__file__).resolve().parents[2] / "apps"
WHO = {"actor", "requested_by"}

# Acts that need no event of their own, and why.
ELSEWHERE = {
    "audit_record": "writes it",
    "campaign_record": "writes it",
    "campaign_lock": "checks, and changes nothing",
    "backfill_again": "cancels and asks, both recorded",
    "repository_follow": "registers, which is recorded, or asks for a scan",
    "scan_request": "the scan itself says who asked for it",
    "scan_retry": "the scan itself says who asked for it",
    "scan_of_the_past_request": "the scan itself says for which backfill",
    "waivers_request": "asks for each waiver, which is recorded",
    "waivers_decide": "decides on each waiver, which is recorded",
}


def services() -> Iterator[tuple[ast.Module, ast.FunctionDef]]:
    """Every public function of the services that is told who acts."""
    for path in sorted(APPS.rglob("*.py")):
        if "services" not in path.parts and path.name != "services.py":
            continue
        tree = ast.parse(path.read_text())
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            if WHO & {one.arg for one in (*node.args.args, *node.args.kwonlyargs)}:
                yield tree, node


def called(node: ast.AST) -> set[str]:
    """The names of the functions that a piece of code calls."""
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    return {one.id for one in calls if isinstance(one, ast.Name)}


def actions(tree: ast.Module, node: ast.FunctionDef) -> set[str]:
    """The acts that a function names, itself or in the private functions that it calls."""
    private = {
        one.name: one
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and one.name.startswith("_")
    }
    parts, seen = [node], set()
    for part in parts:
        for name in called(part) & private.keys() - seen:
            seen.add(name)
            parts.append(private[name])
    return {
        one.value
        for part in parts
        for one in ast.walk(part)
        if isinstance(one, ast.Constant) and one.value in ACTIONS
    }


def test_each_service_that_is_told_who_acts_names_what_is_written_down():
    silent = {
        node.name
        for tree, node in services()
        if node.name not in ELSEWHERE and not actions(tree, node)
    }
    assert silent == set(), "record it with audit_record, or say in ELSEWHERE why not"
    assert ELSEWHERE.keys() <= {node.name for _, node in services()}


def test_each_act_that_is_written_down_has_words_for_people():
    written = {
        keyword.value.value
        for path in APPS.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "action"
        and isinstance(keyword.value, ast.Constant)
        and "." in str(keyword.value.value)
    }
    assert written <= ACTIONS.keys()
    of_admin = {
        f"{kind}.{act}" for kind in ("user", "group") for act in ("create", "update", "delete")
    }
    of_waivers = {action for action in ACTIONS if action.startswith("waiver.")}
    assert ACTIONS.keys() == written | of_admin | of_waivers


class Stage:
    """Something of each kind to act on, always as the database has it."""

    def __init__(self) -> None:
        self.ada, self.bob = UserFactory(is_staff=True), UserFactory()
        self.other = RepositoryFactory()
        member_put(team=team_create(name="Payments"), user=self.bob)
        token_create(user=self.bob, name="bot", scopes=["scan:read"])
        repository = repository_register(url="https://github.com/example/shop.git")
        credential_set(repository=repository, secret="once")
        waiver_request(repository=repository, actor=self.bob, reason="later", code="MOD08")
        layer = layer_ensure(scope="fleet")
        draft_save(layer=layer, content={"waiver_days": 30}, revision=0)
        backfill_request(repository=RepositoryFactory(), months=3)
        ScanFactory(repository=self.other)

    def __getattr__(self, name: str) -> object:
        models = {
            "team": Team, "token": ApiToken, "waiver": Waiver, "layer": PolicyLayer, "scan": Scan,
        }  # fmt: skip
        if name == "repository":
            return Repository.objects.get(slug="shop")
        if name == "backfill":
            return Backfill.objects.get(months=3)
        return models[name].objects.order_by("pk").last()

    @property
    def waiver_act(self) -> dict[str, object]:
        return {"waiver": self.waiver, "actor": self.ada, "version": self.waiver.version}

    @property
    def draft_act(self) -> dict[str, object]:
        return {"layer": self.layer, "revision": 1, "actor": self.ada}


ACTS = {
    "team.create": lambda on: team_create(name="Search", actor=on.ada),
    "team.update": lambda on: team_update(team=on.team, name="Money", actor=on.ada),
    "team.delete": lambda on: team_delete(team=on.team, actor=on.ada),
    "team.member_put": lambda on: member_put(team=on.team, user=on.ada, actor=on.ada),
    "team.member_remove": lambda on: member_remove(team=on.team, user=on.bob, actor=on.ada),
    "token.create": lambda on: token_create(user=on.ada, name="x", scopes=["scan:read"]),
    "token.revoke": lambda on: token_revoke(token=on.token, actor=on.ada),
    "repository.register": lambda on: repository_register(
        url="https://github.com/example/other.git", actor=on.ada
    ),
    "repository.update": lambda on: repository_update(
        repository=on.repository, tags=["old"], actor=on.ada
    ),
    "repository.delete": lambda on: repository_delete(repository=on.repository, actor=on.ada),
    "credential.set": lambda on: credential_set(
        repository=on.repository, secret="twice", actor=on.ada
    ),
    "credential.remove": lambda on: credential_remove(repository=on.repository, actor=on.ada),
    "webhook.secret_reset": lambda on: webhook_secret_reset(
        repository=on.repository, actor=on.ada
    ),
    "waiver.request": lambda on: waiver_request(
        repository=on.repository, actor=on.ada, reason="x", code="TYP01",
        until=timezone.localdate() + timedelta(days=3),
    ),
    "waiver.approve": lambda on: waiver_approve(**on.waiver_act),
    "waiver.decline": lambda on: waiver_decline(**on.waiver_act),
    "waiver.withdraw": lambda on: waiver_withdraw(**on.waiver_act),
    "policy.draft_save": lambda on: draft_save(content={"waiver_days": 7}, **on.draft_act),
    "policy.draft_discard": lambda on: draft_discard(**on.draft_act),
    "policy.publish": lambda on: policy_publish(reason="because", **on.draft_act),
    "scan.cancel": lambda on: scan_cancel(scan=on.scan, actor=on.ada),
    "backfill.request": lambda on: backfill_request(
        repository=on.other, months=2, requested_by=on.ada
    ),
    "backfill.cancel": lambda on: backfill_cancel(backfill=on.backfill, actor=on.ada),
}  # fmt: skip


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows of our own tables."""
    return {
        model._meta.label: list(model.objects.order_by("pk").values_list())
        for model in apps.get_models()
        if model.__module__.startswith("apps.") and model is not AuditEvent
    }


@pytest.mark.django_db
def test_an_act_is_written_down_with_its_actor_or_does_not_happen(monkeypatch):
    def fail(**_columns: object) -> None:
        raise RuntimeError("the log cannot be written")

    stage = Stage()
    before = everything()
    for action, act in ACTS.items():
        with monkeypatch.context() as broken:
            broken.setattr(AuditEvent.objects, "create", fail)
            with pytest.raises(RuntimeError):
                act(stage)
        assert everything() == before, action
        with transaction.atomic():
            act(stage)
            event = AuditEvent.objects.filter(action=action).first()
            assert event.actor == stage.ada, action
            assert "once" not in str(event.detail)
            assert "twice" not in str(event.detail)
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_who_changes_an_account_in_the_admin_is_written_down(administrator, user):
    client = Client()
    client.force_login(administrator)
    form = {"email": user.email, "first_name": "Ada", "last_name": "", "is_active": "on"}
    form |= {"is_staff": "on", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    client.post(f"/admin/accounts/user/{user.pk}/change/", form)
    assert User.objects.get(pk=user.pk).is_staff
    event = AuditEvent.objects.get(action="user.update")
    assert (event.actor, event.target) == (administrator, f"user:{user.pk}")
    assert "Staff status" in event.detail["changes"]
    client.post("/admin/auth/group/add/", {"name": "Publishers"})
    client.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"})
    acts = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert acts[-2:] == ["group.create", "user.delete"]
