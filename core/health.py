"""The health page: what must answer, and what somebody should look at."""

from http import HTTPStatus
from typing import Any

from health_check.exceptions import ServiceWarning
from health_check.views import HealthCheckView

from django.http import HttpResponse


class HealthView(HealthCheckView):  # type: ignore[misc]  # django-health-check has no types
    """Answers 500 when this process cannot serve; a warning is shown and leaves it at 200.

    A proxy or container that asks would gain nothing by giving up on a web server because a worker stands still.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as its base
        """Tell warnings from errors."""
        warnings = [result for result in self.results if _is_warning(result)]
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"errors": self._is_ill(), "warnings": warnings}

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Show a page."""
        response: HttpResponse = super().render_to_response(
            context, **kwargs | {"status": self._status()}
        )
        return response

    def render_to_response_json(self, _status: int) -> HttpResponse:
        """Give it to programs."""
        response: HttpResponse = super().render_to_response_json(self._status())
        return response

    def render_to_response_text(self, _status: int) -> HttpResponse:
        """Give it to a terminal."""
        response: HttpResponse = super().render_to_response_text(self._status())
        return response

    def _is_ill(self) -> bool:
        return any(result.error and not _is_warning(result) for result in self.results)

    def _status(self) -> int:
        return HTTPStatus.INTERNAL_SERVER_ERROR if self._is_ill() else HTTPStatus.OK


def _is_warning(result: Any) -> bool:  # noqa: ANN401
    return isinstance(result.error, ServiceWarning)
