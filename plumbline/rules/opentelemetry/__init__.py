"""Rules of the guide's section on observability with OpenTelemetry."""
