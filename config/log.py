"""Logging: one line per event through structlog, with secrets masked."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

URL_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@")
API_TOKEN = re.compile(r"plb_(?P<prefix>[A-Za-z0-9]{8})_[A-Za-z0-9]+(?:_[A-Za-z0-9]+)?")


def mask(text: str) -> str:
    """Hide passwords inside URLs and the secret part of API tokens."""
    text = URL_CREDENTIALS.sub(r"\g<scheme>***@", text)
    return API_TOKEN.sub(r"plb_\g<prefix>_***", text)


def _masked(value: object) -> object:
    match value:
        case str():
            return mask(value)
        case Mapping():
            return {key: _masked(item) for key, item in value.items()}
        case list() | tuple():
            return [_masked(item) for item in value]
        case _:
            return value


def mask_event(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask every value of a log event, as a structlog processor."""
    for key, value in event.items():
        event[key] = _masked(value)
    return event


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """Give the LOGGING setting and set structlog up to feed it.

    Args:
        level: Lowest level of our own and Django's events.
        as_json: One JSON object a line for machines, otherwise text for people.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "events": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    # Tracebacks become text first, so that masking sees them too.
                    structlog.processors.format_exc_info,
                    mask_event,
                    renderer,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in ("apps", "config", "core", "django")},
            # Celery tells of each task, the one of every 15 seconds too; scans log for themselves.
            "celery": {"level": "WARNING"},
            "celery.apps.worker": {"level": level},
        },
    }
