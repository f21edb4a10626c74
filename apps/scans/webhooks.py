"""Where hosts announce pushes. Everything here is hostile until its signature is checked."""

import hashlib
import logging
from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.repositories.models import Provider, WebhookEndpoint
from apps.repositories.selectors import endpoint_get, endpoint_secret
from apps.scans.models import DeliveryOutcome
from apps.scans.providers import PROVIDERS
from apps.scans.services import Acceptance, delivery_accept, delivery_refuse
from core.exceptions import DomainError
from core.pace import client_address, pace_exceeded, pace_spent

logger = logging.getLogger(__name__)

BODY_LIMIT = 5 * 1024 * 1024
# A host announces what happens in each of its repositories from few addresses, in bursts, and many never announce it
# again: so signed deliveries are limited for each endpoint alone, and those that are not signed for each address.
PER_ENDPOINT = 1200
REFUSED_PER_ADDRESS = 600
MINUTE = 60
# Checked against when there is no such endpoint, so that the answer takes as long.
_NOBODY = "no endpoint has this secret"


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, provider: str, public_id: UUID) -> HttpResponse:
    """Take a delivery: 202 with the scan to watch, 200 for a repeat or ping, 204 for the rest."""
    if provider not in PROVIDERS:
        raise Http404
    if pace_spent(_sender(request), limit=REFUSED_PER_ADDRESS):
        return _too_many()
    body = request.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        return _answer(request, provider, public_id, body)
    except DomainError as error:
        return JsonResponse({"detail": error.text, "code": error.code}, status=error.status)
    except (OperationalError, InterfaceError) as error:
        logger.warning("a delivery was refused without the database: %s", error)
        # Never 2xx before it is written down; the host or its owner can send it again.
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "10"})


def _answer(request: HttpRequest, provider: str, public_id: UUID, body: bytes) -> HttpResponse:
    host = PROVIDERS[provider]
    endpoint = endpoint_get(public_id=public_id)
    secret = endpoint_secret(endpoint) if endpoint else _NOBODY
    fits = host.signature_fits(request.headers, body, secret)
    if endpoint is None or not fits or not _is_host_of(endpoint, provider):
        pace_exceeded(_sender(request), limit=REFUSED_PER_ADDRESS, seconds=MINUTE)
        if endpoint is not None:
            delivery_refuse()
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    if pace_exceeded(f"webhook:{public_id}", limit=PER_ENDPOINT, seconds=MINUTE):
        return _too_many()
    accepted = delivery_accept(
        endpoint=endpoint,
        delivery=host.delivery_parse(request.headers, body),
        body_digest=hashlib.sha256(body).hexdigest(),
    )
    return _spell(accepted)


def _sender(request: HttpRequest) -> str:
    return f"webhook:{client_address(request)}"


def _too_many() -> HttpResponse:
    return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(MINUTE)})


def _is_host_of(endpoint: WebhookEndpoint, provider: str) -> bool:
    return endpoint.repository.provider in {provider, Provider.OTHER}


def _spell(accepted: Acceptance) -> HttpResponse:
    if accepted.outcome is DeliveryOutcome.VERIFIED:
        return JsonResponse({"verified": True})
    if accepted.outcome is DeliveryOutcome.IGNORED or accepted.scan is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    scan = str(accepted.scan.public_id)
    url = reverse("api:scan", args=[accepted.scan.public_id])
    status = HTTPStatus.OK if accepted.repeated else HTTPStatus.ACCEPTED
    return JsonResponse({"scan": url, "id": scan}, status=status)
