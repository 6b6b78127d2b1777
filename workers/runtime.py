"""The connection to Temporal: how payloads are written, and waiting until the server is there."""

import asyncio
import logging
import socket
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError

from workers.settings import WorkerSettings

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
_CONNECT_TIME: Final = timedelta(seconds=5)
_PORTS_TRIED: Final = 5

_log = structlog.stdlib.get_logger(__name__)


def data_converter() -> DataConverter:
    """How payloads are written, by clients, workers and replays alike.

    A codec that encrypts them belongs here and nowhere else.
    """
    return pydantic_data_converter


async def connect(settings: WorkerSettings, runtime: Runtime | None = None) -> Client:
    """A client, as soon as the server answers; until then it is tried again for ever."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=data_converter(),
                connect_timeout=_CONNECT_TIME,
                runtime=runtime,
            )
        except (RPCError, RuntimeError) as error:
            # The SDK says a refused connection with a RuntimeError.
            _log.warning(
                "temporal is not there yet",
                address=settings.temporal_address,
                error=type(error).__name__,
            )
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def make_runtime(settings: WorkerSettings) -> tuple[Runtime | None, str | None]:
    """A runtime that measures, and where its measures are read; the SDK's own when nobody asks.

    Whoever reads a process's health reads its measures there too, the SDK's among them: these are
    served on a free port of this machine unless the settings name an address.
    """
    if settings.metrics_address:
        return _measuring(settings.metrics_address), settings.metrics_address
    if settings.health_port is None:
        return None, None
    for _ in range(_PORTS_TRIED - 1):
        address = _free_address()
        with suppress(RuntimeError, ValueError, OSError):  # somebody else was faster
            return _measuring(address), address
    address = _free_address()
    return _measuring(address), address


def _measuring(address: str) -> Runtime:
    prometheus = PrometheusConfig(
        bind_address=address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    # What the SDK's core has to say goes the way of all other lines, as JSON.
    logging_of_core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
    )
    return Runtime(telemetry=TelemetryConfig(metrics=prometheus, logging=logging_of_core))


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
