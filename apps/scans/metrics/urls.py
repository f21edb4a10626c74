"""Where Prometheus looks by default."""

from django.urls import path

from apps.scans.metrics.views import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
