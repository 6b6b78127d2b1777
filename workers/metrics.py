"""What a worker process counts, and how Prometheus reads it with the SDK's own measures."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from time import perf_counter
from typing import Final

import aiohttp
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from temporalio import activity
from temporalio.exceptions import ApplicationError, is_cancelled_exception
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from activities.messaging.circuit import CircuitState
from activities.messaging.failover import Failover

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0)
_SDK_PATIENCE: Final = aiohttp.ClientTimeout(total=3.0)
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")

_log = structlog.stdlib.get_logger(__name__)


class WorkerMetrics:
    """The measures of one worker process, in a registry of its own."""

    def __init__(self) -> None:
        """Begin at zero."""
        # A second series for each, of when it began, is of use to nobody here.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library's own omission
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._results = Histogram(
            "tenor_activity_seconds",
            "Time of one attempt of an activity, by how it ended.",
            ("activity", "result"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._failures = Counter(
            "tenor_activity_failures",
            "Attempts that failed, by the code of their failure.",
            ("activity", "code"),
            registry=self.registry,
        )
        self._sends = Counter(
            "tenor_provider_sends",
            "Messages handed to a provider: accepted, refused (the message's fault), failed (its "
            "own fault), unknown.",
            ("channel", "provider", "outcome"),
            registry=self.registry,
        )
        self.sdk_address: str | None = None
        """Where the SDK serves its measures; they are left out while it is None."""

    def ended(self, name: str, seconds: float, error: BaseException | None) -> None:
        """Count an attempt of an activity; without an error it was completed."""
        self._results.labels(name, _result(error)).observe(seconds)
        if error is not None and not is_cancelled_exception(error):
            self._failures.labels(name, _code(error)).inc()

    def count_pokes(self, counts: Mapping[str, int]) -> None:
        """Tell the relay's own counts whenever somebody reads."""
        self.registry.register(_Pokes(counts))

    def sent(self, channel: str, provider: str, outcome: str) -> None:
        """Count what a provider said when it was asked to send."""
        self._sends.labels(channel, provider, outcome).inc()

    def show_providers(self, channels: Mapping[str, Failover]) -> None:
        """Tell how the providers are whenever somebody reads."""
        self.registry.register(_Circuits(channels))

    async def text(self) -> bytes:
        """All of it, the SDK's included, in the text format of Prometheus."""
        return generate_latest(self.registry) + await self._sdk()

    async def _sdk(self) -> bytes:
        if self.sdk_address is None:
            return b""
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with (
                aiohttp.ClientSession(timeout=_SDK_PATIENCE) as session,
                session.get(f"http://{self.sdk_address}/metrics") as answer,
            ):
                return await answer.read()
        _log.warning("the SDK's measures could not be read")
        return b""


class MeasuredActivities(Interceptor):
    """Counts every attempt, and gives the log lines of an activity the ids of its workflow."""

    def __init__(self, metrics: WorkerMetrics) -> None:
        """Keep where to count."""
        self._metrics = metrics

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap the way in."""
        return _Measured(next, self._metrics)


class _Measured(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, metrics: WorkerMetrics) -> None:
        super().__init__(inner)
        self._metrics = metrics

    async def execute_activity(self, input: ExecuteActivityInput) -> object:  # noqa: A002 - as above
        info = activity.info()
        ids = structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id,
            workflow_run_id=info.workflow_run_id,
            activity_id=info.activity_id,
            activity_type=info.activity_type,
            attempt=info.attempt,
        )
        began = perf_counter()
        error: BaseException | None = None
        with ids:
            try:
                return await super().execute_activity(input)
            except (Exception, asyncio.CancelledError) as raised:
                error = raised
                raise
            finally:
                seconds = perf_counter() - began
                self._metrics.ended(info.activity_type, seconds, error)
                _log.debug("activity ended", result=_result(error), ms=round(seconds * 1000, 1))


class _Pokes(Collector):
    """The relay's counts as a family of Prometheus."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(
            "tenor_relay_pokes", "Pokes of workflows by outcome.", labels=["outcome"]
        )
        for outcome in ("delivered", "failed", "left"):
            family.add_metric([outcome], self._counts.get(outcome, 0))
        yield family


class _Circuits(Collector):
    """How the providers of each channel are, as a family of Prometheus."""

    def __init__(self, channels: Mapping[str, Failover]) -> None:
        self._channels = channels

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(
            "tenor_provider_circuit",
            "1 for the state a provider's circuit is in, 0 for the others.",
            labels=["channel", "provider", "state"],
        )
        for channel, providers in self._channels.items():
            for provider, found in providers.states().items():
                for state in CircuitState:
                    family.add_metric([channel, provider, state.value], float(state is found))
        yield family


def _result(error: BaseException | None) -> str:
    if error is None:
        return "completed"
    if is_cancelled_exception(error):
        return "cancelled"
    if isinstance(error, ApplicationError) and error.non_retryable:
        return "refused"
    return "failed"


def _code(error: BaseException) -> str:
    """The failure's type, which is a problem's code or the name of an exception, never a text."""
    if isinstance(error, ApplicationError) and error.type and _CODE.fullmatch(error.type):
        return error.type
    return type(error).__name__
