"""What the container files promise."""

import re

import pytest
import yaml

from core.runtime.stage import EXPRESS_QUEUES, QUEUES
from tests.servers import ROOT

OURS = ("web", "worker", "express", "beat", "migrate")


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def test_compose_runs_web_worker_beat_postgres_and_valkey(services):
    assert {"web", "worker", "express", "beat", "postgres", "valkey"} <= services.keys()


def test_a_worker_is_kept_free_for_pushes_and_another_takes_everything_in_order(services):
    def queues(name: str) -> str:
        command = services[name]["command"]
        return command[command.index("--queues") + 1]

    assert queues("express") == EXPRESS_QUEUES
    assert queues("worker") == QUEUES


def test_every_container_is_confined(services):
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["pids_limit"] > 0, name
        assert service["mem_limit"], name
        assert service["tmpfs"], name
        assert not service.get("privileged"), name


def test_our_containers_need_no_capability(services):
    for name in OURS:
        assert "cap_add" not in services[name]


def test_servers_and_edges_say_when_they_are_healthy(services):
    for name in ("web", "worker", "express", "postgres", "valkey"):
        assert services[name]["healthcheck"]["test"], name


def test_the_servers_are_not_reachable_from_outside(services):
    for name in ("postgres", "valkey"):
        assert "ports" not in services[name]
        assert services[name]["networks"] == ["inside"]


def test_no_secret_has_a_default(services):
    for name, value in services["web"]["environment"].items():
        if re.search("KEY|PASSWORD|DATABASE", name):
            assert ":?" in value, name
            assert ":-" not in value, name


def test_every_variable_of_compose_is_explained_in_the_example():
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / ".env.example").read_text()
    assert wanted <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_the_image_runs_as_an_ordinary_user_and_holds_no_secret():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    instructions = [line.split(maxsplit=1) for line in lines if re.match(r"[A-Z]+ ", line)]
    users = [rest for word, rest in instructions if word == "USER"]
    assert users == ["plumbline"]
    assert not re.search(r"(SECRET|KEY|PASSWORD)\w*=", (ROOT / "Dockerfile").read_text())
    assert "var" in (ROOT / ".dockerignore").read_text().splitlines()
    assert ".env" in (ROOT / ".dockerignore").read_text().splitlines()
