"""Logs never show a secret."""

import json
import subprocess
import sys

import pytest

from config.log import mask
from tests.servers import ROOT

SECRETS = ("hunter2", "AAAAAAAAAAAAAAAA")
TEXTS = (
    "fetching https://bot:hunter2@git.example.org/a.git",
    "redis://:hunter2@valkey:6379/0 is gone",
    "Authorization: Bearer plb_abcdefgh_AAAAAAAAAAAAAAAA_1a2b3c",
)


@pytest.mark.parametrize("text", TEXTS)
def test_passwords_in_addresses_and_tokens_are_masked(text):
    masked = mask(text)
    assert not [secret for secret in SECRETS if secret in masked]
    assert "***" in masked


def test_the_host_and_the_prefix_of_a_token_stay_readable():
    assert mask(TEXTS[0]) == "fetching https://***@git.example.org/a.git"
    assert "plb_abcdefgh_***" in mask(TEXTS[2])


def test_an_event_is_one_line_of_json_without_secrets():
    code = f"""
import logging, logging.config, structlog
from config.log import logging_config
logging.config.dictConfig(logging_config(level="INFO", as_json=True))
for text in {TEXTS!r}:
    structlog.get_logger("apps.test").info("event", url=text, nested={{"deep": [text]}})
    logging.getLogger("apps.test").warning("plain %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("apps.test").exception("failed")
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert len(events) == 3 * len(TEXTS)
    assert not [secret for secret in SECRETS if secret in result.stderr]
