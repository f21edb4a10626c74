"""Errors of the API: always an object with `detail` and `code`."""

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from django.core.exceptions import PermissionDenied
from django.http import Http404


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a known error as `{"detail": …, "code": …}`; a bad field adds `fields`."""
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = {
            "detail": "The request is not valid.",
            "code": "invalid",
            "fields": response.data,
        }
        return response
    response.data = {"detail": str(_detail(error, response)), "code": _code(error)}
    return response


def _detail(error: Exception, response: Response) -> object:
    if isinstance(error, APIException):
        return error.detail
    return (response.data or {}).get("detail", "")


def _code(error: Exception) -> str:
    match error:
        case APIException():
            return str(error.get_codes())
        case Http404():
            return "not_found"
        case PermissionDenied():
            return "permission_denied"
        case _:
            return "error"
