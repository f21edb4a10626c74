"""The style guide of the interface."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.scorecards.styleguide import samples
from core.templatetags.display import STANDINGS, STATES


@login_not_required
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every part with the template that pages use."""
    context = {
        **samples.tokens(),
        "standings": [*STANDINGS, ""],
        "states": list(STATES),
        "scores": samples.SCORES,
        "figure": samples.chart(),
        "page": samples.page(),
        "moment": timezone.now() - timedelta(hours=3),
    }
    return render(request, "styleguide/styleguide.html", context)
