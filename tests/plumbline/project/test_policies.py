"""Content Security Policies, as settings give them to Django."""

from plumbline.project.policies import MIDDLEWARE, NONCE, active_policies
from tests.plumbline.project.projects import project_of

HEAD = (
    "from django.utils.csp import CSP\n"
    f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'
    "SELF = [CSP.SELF]\n"
)


def policies_of(text, requirements="django>=6.0\n"):
    return project_of({"config/settings.py": HEAD + text, "requirements.txt": requirements})


def test_a_policy_tells_its_sources_as_text():
    text = 'SECURE_CSP = {"default-src": SELF, "script-src": [CSP.NONCE, *EXTRA], "img-src": "https:"}\n'
    (policy,) = policies_of(text).policies
    assert policy.is_enforced
    assert policy.is_sent
    assert policy.sources("default-src") == ["'self'"]
    assert policy.sources("script-src") == [NONCE, None]
    assert policy.sources("style-src", "default-src") == ["'self'"]
    assert policy.sources("font-src") is None
    assert policy.holds(NONCE)
    assert not policy.is_open


def test_a_policy_with_unknown_parts_is_open():
    (policy,) = policies_of('SECURE_CSP = {**OTHER, "img-src": SELF}\n').policies
    assert policy.is_open
    assert policy.sources("font-src") == [None]


def test_an_empty_policy_is_none():
    assert policies_of("SECURE_CSP = {}\n").policies == []


def test_a_django_that_is_too_old_knows_no_policy():
    assert policies_of("SECURE_CSP = {'img-src': SELF}\n", "django==5.2\n").policies == []


def test_a_policy_without_the_middleware_is_not_active():
    project = policies_of("MIDDLEWARE = []\nSECURE_CSP_REPORT_ONLY = {'img-src': SELF}\n")
    (policy,) = project.policies
    assert not policy.is_enforced
    assert policy.is_sent is False
    assert active_policies(project) == []
