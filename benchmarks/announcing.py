"""A push as the host of a repository announces it."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.request
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.repositories.models import Repository


def push_announce(repository: Repository, commit: str, *, port: int) -> str:
    """Deliver a signed webhook for a commit on main to a web server on this machine; the scan's public id.

    ``repository`` comes with its ``webhook``.
    """
    from apps.repositories.selectors import endpoint_path, endpoint_secret

    body = json.dumps(
        {"ref": "refs/heads/main", "after": commit, "repository": {"default_branch": "main"}}
    ).encode()
    secret = endpoint_secret(repository.webhook).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{endpoint_path(repository)}",
        data=body,
        headers={
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        assert response.status == 202, response.status  # noqa: S101
        answer: dict[str, str] = json.loads(response.read())
    return answer["id"]
