"""The environment that `manage.py up` makes for itself."""

import stat
import subprocess

import pytest

from core.runtime import environment
from core.runtime.environment import child_environment, installed, prepare


@pytest.fixture
def environ(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "PROJECT", tmp_path)
    return {"PLUMBLINE_VAR": str(tmp_path / "var")}


def test_secrets_are_made_once_and_for_the_owner_only(environ, tmp_path):
    first, second = dict(environ), dict(environ)
    prepare(first, local_repositories=True)
    prepare(second, local_repositories=True)
    assert first == second
    folder = tmp_path / "var" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "FIELD_ENCRYPTION_KEYS"):
        path = folder / name.lower()
        assert path.read_text() == first[name]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_of_the_environment_is_used_and_not_written(environ, tmp_path):
    environ["SECRET_KEY"] = "given"
    prepare(environ, local_repositories=True)
    assert environ["SECRET_KEY"] == "given"
    assert not (tmp_path / "var" / "secrets" / "secret_key").exists()


def test_a_file_meant_for_production_does_not_change_where_up_listens(environ):
    environ |= {"ALLOWED_HOSTS": "plumbline.example.org", "DATABASE_URL": "postgresql://far/away"}
    prepare(environ, local_repositories=True)
    assert "localhost" in environ["ALLOWED_HOSTS"].split(",")
    assert environ["DATABASE_URL"].startswith("postgresql://postgres@/plumbline?host=")


def test_other_commands_find_what_up_set_up(environ):
    assert not installed(environ)
    prepare(dict(environ), local_repositories=True)
    assert installed(environ)


def test_other_commands_leave_an_explicit_database_alone(environ, tmp_path):
    prepare(dict(environ), local_repositories=True)
    assert not installed(environ | {"DATABASE_URL": "postgresql://db/plumbline"})
    assert not installed(environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"})
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://db/plumbline\n")
    assert not installed(environ)


def test_only_up_itself_accepts_local_paths(environ):
    ours, others = dict(environ), dict(environ)
    prepare(ours, local_repositories=True)
    prepare(others, local_repositories=False)
    assert ours["PLUMBLINE_ALLOW_LOCAL_REPOSITORIES"] == "1"
    assert others["PLUMBLINE_ALLOW_LOCAL_REPOSITORIES"] == "0"
    assert child_environment(port=8000)["PLUMBLINE_ALLOW_LOCAL_REPOSITORIES"] == "0"


def make_uv(folder, name, status):
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(("status", "expected"), [(0, "on the path"), (1, "elsewhere")])
def test_a_broken_uv_on_the_path_is_passed_over(tmp_path, status, expected):
    project, path = tmp_path / "project", tmp_path / "path"
    for folder in (project / "bin", project / ".tools" / "bin", path):
        folder.mkdir(parents=True)
    script = project / "bin" / "find-uv"
    script.write_text((environment.PROJECT / "bin" / "find-uv").read_text())
    make_uv(path, "uv", status)
    make_uv(project / ".tools" / "bin", "uv", 0)
    result = subprocess.run(
        ["/bin/bash", str(script)],
        env={"PATH": f"{path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = {"on the path": str(path / "uv"), "elsewhere": ".tools/bin/uv"}[expected]
    assert result.stdout.strip() == found
