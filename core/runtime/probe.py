"""Asking our own web server whether it is there."""

import http.client


def answers(port: int, path: str) -> bool:
    """Say whether a local web server answers with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost", "Accept": "text/plain"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
