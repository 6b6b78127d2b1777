"""The connection to Temporal: how payloads are written, and waiting until the server is there."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError

from workers.settings import WorkerSettings

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0
_CONNECT_TIME: Final = timedelta(seconds=5)

_log = structlog.stdlib.get_logger(__name__)


def data_converter() -> DataConverter:
    """How payloads are written, by clients, workers and replays alike.

    A codec that encrypts them belongs here and nowhere else.
    """
    return pydantic_data_converter


async def connect(settings: WorkerSettings) -> Client:
    """A client, as soon as the server answers; until then it is tried again for ever."""
    runtime = _runtime(settings)
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


def _runtime(settings: WorkerSettings) -> Runtime | None:
    """A runtime of its own where metrics are asked for; else the SDK's."""
    if not settings.metrics_address:
        return None
    prometheus = PrometheusConfig(bind_address=settings.metrics_address)
    return Runtime(telemetry=TelemetryConfig(metrics=prometheus))
