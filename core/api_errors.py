"""Errors of the API: always an object with `detail` and `code`."""

from http import HTTPStatus
from typing import Any

from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from django.core.exceptions import PermissionDenied
from django.http import Http404

from core.exceptions import DomainError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a known error as `{"detail": …, "code": …}`.

    A failure of ours adds its `remedy`, a bad request the `fields` that are wrong.
    """
    if isinstance(error, DomainError):
        return _domain_problem(error)
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = {
            "detail": _first_message(response.data),
            "code": "invalid",
            "fields": response.data,
        }
        return response
    response.data = {"detail": str(_detail(error, response)), "code": _code(error)}
    return response


def _domain_problem(error: DomainError) -> Response:
    body = {"detail": error.text, "code": error.code}
    if error.remedy:
        body["remedy"] = error.remedy
    headers = {"WWW-Authenticate": "Bearer"} if error.status is HTTPStatus.UNAUTHORIZED else None
    return Response(body, status=error.status, headers=headers)


def _first_message(given: Any) -> str:  # noqa: ANN401 - nested lists and objects of any depth
    if isinstance(given, dict) and given:
        name, inner = next(iter(given.items()))
        message = _first_message(inner)
        return message if name == "non_field_errors" else f"{name}: {message}"
    if isinstance(given, list) and given:
        return _first_message(given[0])
    return str(given) if given else "The request is not valid."


def _detail(error: Exception, response: Response) -> object:
    if isinstance(error, APIException) and isinstance(error.detail, ErrorDetail):
        return error.detail
    return (response.data or {}).get("detail", "")


def _code(error: Exception) -> str:
    match error:
        case APIException(detail=ErrorDetail(code=code)):
            return str(code)
        case APIException():
            return error.default_code
        case Http404():
            return "not_found"
        case PermissionDenied():
            return "permission_denied"
        case _:
            return "error"
