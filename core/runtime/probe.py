"""Asking our own web server whether it is there; also what a container's health check runs."""

import http.client
import os
import sys


def answers(port: int, path: str, *, host: str = "localhost") -> bool:
    """Say whether a local web server answers with 200.

    Args:
        port: Where it listens.
        path: What to ask for.
        host: Under which of its names.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host, "Accept": "text/plain"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    first_host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    sys.exit(not answers(int(sys.argv[1]), "/health/", host=first_host))
