"""What djangorestframework-simplejwt is told."""

from plumbline.project.setting_values import UNKNOWN
from tests.plumbline.project.projects import project_of

HEAD = "import os\nfrom datetime import timedelta\nINSTALLED_APPS = []\n"


def jwt_of(text, requirements="django\ndjangorestframework-simplejwt\n"):
    project = project_of({"config/settings.py": HEAD + text, "requirements.txt": requirements})
    return project, project.jwt


def test_what_is_not_said_is_the_packages_default():
    _, (jwt,) = jwt_of("")
    assert jwt.value("ACCESS_TOKEN_LIFETIME") == 300
    assert jwt.is_symmetric
    assert not jwt.gives("SIGNING_KEY")
    assert (jwt.located("ALGORITHM").path, jwt.located("ALGORITHM").line) == (
        "config/settings.py",
        1,
    )


def test_what_is_said_is_known_and_the_rest_is_not_where_parts_are_computed():
    text = 'SIMPLE_JWT = {**BASE, "ACCESS_TOKEN_LIFETIME": timedelta(hours=1)}\n'
    _, (jwt,) = jwt_of(text)
    assert jwt.value("ACCESS_TOKEN_LIFETIME") == 3600
    assert jwt.value("ALGORITHM") is UNKNOWN
    assert jwt.is_symmetric is None
    assert jwt.located("ALGORITHM").line == 4


def test_a_key_is_seen_as_it_is_written():
    project, (jwt,) = jwt_of('SIMPLE_JWT = {"SIGNING_KEY": SECRET_KEY}\n')
    assert jwt.written(project, "SIGNING_KEY").name == "SECRET_KEY"
    assert jwt.written(project, "ALGORITHM") is None


def test_a_service_that_gives_only_keys_to_verify_makes_no_tokens():
    _, (jwt,) = jwt_of('SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": "https://a.example"}\n')
    assert jwt.only_verifies
    assert jwt.is_symmetric is False


def test_nothing_is_told_where_the_package_is_not_used():
    assert jwt_of("SIMPLE_JWT = {}\n", "django\n")[1] == []
