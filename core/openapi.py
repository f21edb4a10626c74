"""What every operation of the API has in common, for its schema."""

from typing import Any

_PROBLEM = {
    "type": "object",
    "description": "Why the request was refused. A bad request adds `fields`.",
    "properties": {
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {}},
    },
    "required": ["detail", "code"],
}
_METHODS = {"get", "post", "put", "patch", "delete"}


def problems_document(
    result: dict[str, Any], generator: object, request: object, public: bool
) -> dict[str, Any]:
    """Say of each operation that anything but success is a problem."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    problem = {
        "description": "Refused.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                operation["responses"]["default"] = problem
    return result
