"""Logs as JSON lines on standard error, with the request id, without personal data."""

import logging
import sys
import traceback
from typing import Final

import orjson
import structlog

_QUIET: Final = "WARNING"
"""What libraries say below it is about their own doings."""


def _frames(exc_info: structlog.typing.ExcInfo) -> str:
    """Where an exception came from, and its type; its text may quote personal data."""
    kind, _, trace = exc_info
    return "".join([*traceback.format_tb(trace), kind.__name__])


def _text(event: object, **_: object) -> str:
    """One line of JSON; what JSON does not know becomes text."""
    return orjson.dumps(event, default=str).decode()


def configure_logs(level: str) -> None:
    """Send structlog and the standard library's logging through one JSON renderer.

    Args:
        level: DEBUG, INFO, WARNING or ERROR; of libraries only warnings and worse are kept.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_frames),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(orjson.dumps, default=str)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processor=structlog.processors.JSONRenderer(_text)
        )
    )
    logging.basicConfig(handlers=[handler], level=max(_QUIET, level, key=_weight), force=True)


def _weight(level: str) -> int:
    return logging.getLevelNamesMapping()[level]
