import pytest

from django.core.management import CommandError, call_command

from apps.accounts.models import AuditEvent
from apps.repositories.exceptions import (
    CredentialUnfit,
    NameMissing,
    RefInvalid,
    RepositoryExists,
)
from apps.repositories.forms import RegisterForm
from apps.repositories.git.errors import HostKeyUnknown, SshKeyUnusable
from apps.repositories.models import Credential, Provider, Repository, WebhookEndpoint
from apps.repositories.refs import branch_valid
from apps.repositories.selectors import (
    credential_open,
    endpoint_secret,
    repository_get,
    repository_get_for_change,
    repository_list,
)
from apps.repositories.services import (
    credential_remove,
    credential_set,
    repository_delete,
    repository_register,
    repository_update,
    webhook_secret_reset,
)
from apps.scans.models import Scan, Trigger
from core.exceptions import DomainError, Forbidden, Invalid, NotFound
from tests.apps.factories import RepositoryFactory, ScanFactory, UserFactory
from tests.apps.repositories.git.test_ssh import HOST_KEY
from tests.apps.repositories.git.test_ssh import KEY as SSH_KEY

pytestmark = pytest.mark.django_db

URL = "https://github.com/example/shop.git"


def test_registering_asks_for_a_first_scan(repository, user):
    scan = Scan.objects.get(repository=repository)
    assert (scan.state, scan.trigger, scan.requested_by) == ("queued", Trigger.REGISTER, user)


def test_name_slug_and_host_come_from_the_address(repository):
    assert (repository.name, repository.slug, repository.provider) == (
        "shop",
        "shop",
        Provider.GITHUB,
    )


def test_each_repository_has_an_endpoint_with_its_own_secret(user):
    first = repository_register(url=URL, actor=user)
    second = repository_register(url="https://github.com/example/other.git", actor=user)
    secrets = {endpoint_secret(item.webhook) for item in (first, second)}
    assert len(secrets) == 2
    assert all(len(secret) > 30 for secret in secrets)


def test_the_same_branch_of_the_same_address_is_refused_with_a_remedy(repository, user):
    with pytest.raises(RepositoryExists) as refusal:
        repository_register(url=repository.url, actor=user)
    assert "/repositories/shop/" in refusal.value.remedy
    assert Repository.objects.count() == 1


def test_another_branch_of_the_same_address_is_another_repository(repository, user):
    other = repository_register(url=repository.url, branch="develop", actor=user)
    assert (other.branch, other.slug) == ("develop", "shop-2")


def test_no_repository_is_called_like_a_page(user):
    assert repository_register(url=URL, name="Register", actor=user).slug == "register-2"


@pytest.mark.parametrize("url", ["/srv/git/shop.git", "file:///srv/git/shop.git"])
def test_a_path_on_this_machine_is_refused_unless_allowed(user, url):
    with pytest.raises(DomainError):
        repository_register(url=url, actor=user)


def test_a_path_on_this_machine_is_accepted_from_the_command_line(user, source):
    repository = repository_register(url=source.url, actor=user, allow_local=True)
    assert (repository.name, repository.provider) == ("shop", Provider.OTHER)


@pytest.mark.parametrize(
    "branch", ["-x", "a..b", "a b", "a~1", "a:b", "/a", "a/", "a.lock", "a\x00b", "@", "x" * 256]
)
def test_what_git_would_not_accept_is_no_branch(branch):
    with pytest.raises(RefInvalid):
        branch_valid(branch)


@pytest.mark.parametrize("branch", ["main", "refs/heads/main", " main ", "feature/x-1", "ünïcode"])
def test_what_git_accepts_is_a_branch(branch):
    assert branch_valid(branch) == branch.strip().removeprefix("refs/heads/")


def test_an_unknown_host_word_is_refused(user):
    with pytest.raises(Invalid):
        repository_register(url=URL, provider="sourcehut", actor=user)


def test_a_credential_is_unreadable_in_the_database_and_readable_to_the_fetcher(repository, user):
    credential_set(repository=repository, username="bot", secret="t0psecret", actor=user)
    assert "t0psecret" not in Credential.objects.get().sealed_secret
    assert credential_open(repository) == ("bot", "t0psecret", "token")


def test_a_credential_copied_to_another_repository_does_not_open(repository, user):
    credential_set(repository=repository, username="bot", secret="t0psecret", actor=user)
    other = RepositoryFactory()
    Credential.objects.update(repository=other)
    with pytest.raises(DomainError, match="decrypted"):
        credential_open(other)


KNOWN_HOST = "github.com " + HOST_KEY


def test_an_ssh_address_needs_a_host_that_is_known(user, settings):
    with pytest.raises(HostKeyUnknown) as refusal:
        repository_register(url="git@github.com:example/shop.git", actor=user)
    assert "PLUMBLINE_SSH_KNOWN_HOSTS" in refusal.value.remedy
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = KNOWN_HOST
    repository = repository_register(
        url="git@github.com:example/shop.git", ssh_key=SSH_KEY, actor=user
    )
    assert repository.url == "ssh://git@github.com/example/shop.git"
    assert repository.provider == Provider.GITHUB
    assert repository.name == "shop"
    assert SSH_KEY.splitlines()[1] not in Credential.objects.get().sealed_secret
    assert credential_open(repository) == ("git", SSH_KEY, "ssh_key")


def test_a_credential_must_go_with_the_address(repository, user, settings):
    with pytest.raises(CredentialUnfit):
        credential_set(repository=repository, ssh_key=SSH_KEY, actor=user)
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = KNOWN_HOST
    with pytest.raises(CredentialUnfit):
        repository_register(url="git@github.com:example/b.git", secret="t0psecret", actor=user)
    with pytest.raises(Invalid, match="two credentials"):
        credential_set(repository=repository, ssh_key=SSH_KEY, secret="t0psecret", actor=user)
    with pytest.raises(SshKeyUnusable):
        repository_register(url="git@github.com:example/b.git", ssh_key="x", actor=user)
    assert not Credential.objects.exists()


@pytest.mark.parametrize("url", ["https://evil.example/a.git", "https://github.com.evil.example/a"])
def test_a_credential_is_forgotten_when_the_address_leads_to_another_host(repository, user, url):
    credential_set(repository=repository, secret="t0psecret", actor=user)
    repository_update(repository=repository, url="https://github.com/example/b.git", actor=user)
    assert credential_open(repository) == ("git", "t0psecret", "token")
    repository_update(repository=repository, url=url, actor=user)
    assert credential_open(repository) is None
    assert AuditEvent.objects.filter(action="credential.remove").exists()


def test_the_form_offers_an_ssh_key_only_where_a_host_is_known(settings):
    assert "ssh_key" not in RegisterForm().fields
    settings.PLUMBLINE_SSH_KNOWN_HOSTS = KNOWN_HOST
    form = RegisterForm()
    assert "ssh_key" in form.fields
    assert form.field_of("ssh_key_invalid") == "ssh_key"
    assert form.field_of("private_address") == "url"


def test_a_removed_credential_is_gone(repository, user):
    credential_set(repository=repository, username="", secret="t0psecret", actor=user)
    credential_remove(repository=repository, actor=user)
    assert credential_open(repository) is None


def test_the_audit_log_knows_no_secret(user):
    repository_register(url=URL, secret="t0psecret", actor=user)
    events = str(list(AuditEvent.objects.values()))
    assert "credential.set" in events
    assert "t0psecret" not in events


def test_a_new_webhook_secret_replaces_the_old_one(repository, user):
    old = endpoint_secret(repository.webhook)
    new = webhook_secret_reset(repository=repository, actor=user)
    repository.webhook.refresh_from_db()
    assert endpoint_secret(repository.webhook) == new != old


def test_the_command_prints_where_to_call_and_a_secret_that_works(repository, capsys):
    call_command("webhook_secret", "shop")
    path, secret = capsys.readouterr().out.split()
    repository.webhook.refresh_from_db()
    assert path == f"/webhooks/github/{repository.webhook.public_id}/"
    assert secret == endpoint_secret(repository.webhook)
    with pytest.raises(CommandError, match="no repository nothing"):
        call_command("webhook_secret", "nothing")


def test_an_update_changes_what_is_given_and_records_before_and_after(repository, user):
    repository_update(repository=repository, name="Shop", enabled=False, actor=user)
    repository.refresh_from_db()
    assert (repository.name, repository.enabled, repository.slug) == ("Shop", False, "shop")
    detail = AuditEvent.objects.get(action="repository.update").detail
    assert detail["before"] == {"name": "shop", "enabled": True}


def test_an_update_without_a_difference_is_not_recorded(repository, user):
    repository_update(repository=repository, name="shop", actor=user)
    assert not AuditEvent.objects.filter(action="repository.update").exists()


def test_another_branch_is_scanned_at_once(repository, user):
    Scan.objects.all().delete()
    repository_update(repository=repository, branch="develop", actor=user)
    assert Scan.objects.get().trigger == Trigger.MANUAL


def test_an_update_cannot_take_the_address_of_another_repository(repository, user):
    other = RepositoryFactory(url="https://github.com/example/other.git")
    with pytest.raises(RepositoryExists):
        repository_update(repository=other, url=repository.url, actor=user)


def test_an_empty_name_is_refused(repository, user):
    with pytest.raises(NameMissing):
        repository_update(repository=repository, name=" ", actor=user)


def test_a_repository_whose_commit_was_scanned_twice_can_be_deleted(repository, user):
    first = ScanFactory(repository=repository, finished=True)
    for same in (first, first):
        ScanFactory(repository=repository, finished=True, commit=first.commit, same_as=same)
    repository_delete(repository=repository, actor=user)
    assert not Scan.objects.filter(pk=first.pk).exists()


def test_deleting_forgets_scans_and_endpoint_and_is_recorded(repository, user):
    repository_delete(repository=repository, actor=user)
    assert not Scan.objects.exists()
    assert not WebhookEndpoint.objects.exists()
    assert AuditEvent.objects.filter(action="repository.delete", target="repository:shop").exists()


def test_only_administrators_and_who_registered_it_may_change_a_repository(
    repository, user, administrator
):
    assert repository_get_for_change(user=user, slug="shop") == repository
    assert repository_get_for_change(user=administrator, slug="shop") == repository
    stranger = UserFactory()
    assert repository_get(user=stranger, slug="shop") == repository
    with pytest.raises(Forbidden):
        repository_get_for_change(user=stranger, slug="shop")


def test_who_is_not_signed_in_sees_nothing(repository):
    from django.contrib.auth.models import AnonymousUser

    assert list(repository_list(user=AnonymousUser())) == []
    with pytest.raises(NotFound):
        repository_get(user=AnonymousUser(), slug="shop")
