"""Logs of worker processes: one JSON object a line, with workflow ids and never personal data."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Final

import structlog

_KEPT: Final = {
    "workflow_id",
    "workflow_run_id",
    "workflow_type",
    "activity_id",
    "activity_type",
    "attempt",
    "task_queue",
}


def configure(level: str) -> None:
    """Send structlog's and the standard library's records to standard error as JSON."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_temporal_ids, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_frames),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _frames(exc_info: structlog.typing.ExcInfo) -> str:
    """Where an exception came from, and its kind; its text may quote what it worked on.

    A failure of ours also has a type, which is a code.
    """
    kind, error, trace = exc_info
    code = getattr(error, "type", None)
    named = f"{kind.__name__}({code})" if isinstance(code, str) else kind.__name__
    return "".join([*traceback.format_tb(trace), named])


def _temporal_ids(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Lift the ids that the SDK attaches to its records into fields of their own."""
    record = event.get("_record")
    for name in ("temporal_workflow", "temporal_activity"):
        details = getattr(record, name, None)
        if isinstance(details, dict):
            event.update({key: value for key, value in details.items() if key in _KEPT})
    return event
