"""What a process of the API counts and times, and how Prometheus reads it.

Names begin with `tenor_`. Labels are operation ids, codes and kinds: few, known, never personal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from contracts.names import WakeKind

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of durations: from a cached read to a long poll."""

_MESSAGES: Final = "message."
"""Audited acts on messages begin with it; what follows is the outcome."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Wakes of one kind that their workflows have not taken in yet.

    Attributes:
        count: workflows with something to take in.
        waiting: those among them that the relay has not poked yet.
        since: when the oldest of them was wanted.
    """

    count: int
    waiting: int
    since: datetime


class Metrics:
    """The measures of one process, in a registry of its own."""

    def __init__(self) -> None:
        """Begin at zero."""
        # A second series for each, of when it began, is of use to nobody here.
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library's own omission
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Histogram(
            "tenor_http_request_seconds",
            "Time from a request's head to the last byte of its answer.",
            ("operation", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge(
            "tenor_http_requests_in_flight", "Requests at work now.", registry=self.registry
        )
        self._in_flight.set_function(lambda: self.in_flight)
        self._problems = Counter(
            "tenor_problems", "Refusals and failures answered.", ("code",), registry=self.registry
        )
        self._acts = Counter(
            "tenor_acts",
            "Audited changes that were committed.",
            ("act",),
            registry=self.registry,
        )
        self._messages = Counter(
            "tenor_messages",
            "Messages by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self._postings = Counter(
            "tenor_postings",
            "Movements on loans that were committed.",
            ("kind",),
            registry=self.registry,
        )
        self._unsettled = Gauge(
            "tenor_wakes_unsettled",
            "Workflows that have not taken in all that was wanted.",
            ("kind",),
            registry=self.registry,
        )
        self._waiting = Gauge(
            "tenor_wakes_waiting",
            "Those among them that the relay has not poked yet.",
            ("kind",),
            registry=self.registry,
        )
        self._oldest = Gauge(
            "tenor_wakes_oldest_seconds",
            "Age of the oldest that is not settled.",
            ("kind",),
            registry=self.registry,
        )
        self._database_answers = Gauge(
            "tenor_database_answers",
            "1 when the database answered this scrape; the wakes are unknown otherwise.",
            registry=self.registry,
        )
        self._connections = Gauge(
            "tenor_database_connections_in_use",
            "Connections of the pool that hold a transaction.",
            registry=self.registry,
        )
        # Finding a child by its labels costs more than counting on it.
        self._by_operation: dict[tuple[str, int], Histogram] = {}
        self.in_flight = 0

    def watch_pool(self, in_use: Callable[[], int]) -> None:
        """Ask how many connections are in use whenever somebody reads."""
        self._connections.set_function(in_use)

    def request(self, operation: str, status: int, seconds: float, problem: str | None) -> None:
        """Count an answer; `problem` is its code when it was a refusal or failure."""
        status_class = status // 100
        key = operation, status_class
        child = self._by_operation.get(key)
        if child is None:
            child = self._requests.labels(operation, f"{status_class}xx")
            self._by_operation[key] = child
        child.observe(seconds)
        if problem is not None:
            self._problems.labels(problem).inc()

    def committed(self, acts: Mapping[str, int], postings: Mapping[str, int]) -> None:
        """Count what a unit of work did, after its commit."""
        for act, times in acts.items():
            self._acts.labels(act).inc(times)
            if act.startswith(_MESSAGES):
                self._messages.labels(act.removeprefix(_MESSAGES)).inc(times)
        for kind, times in postings.items():
            self._postings.labels(kind).inc(times)

    def wakes(self, found: Mapping[WakeKind, Unsettled] | None, now: datetime) -> None:
        """Take in how far the workflows are behind; None when the database did not say."""
        self._database_answers.set(0 if found is None else 1)
        for gauge in (self._unsettled, self._waiting, self._oldest):
            gauge.clear()
        if found is None:
            return
        for kind in WakeKind:
            behind = found.get(kind, Unsettled(0, 0, now))
            self._unsettled.labels(kind.value).set(behind.count)
            self._waiting.labels(kind.value).set(behind.waiting)
            self._oldest.labels(kind.value).set(max(0.0, (now - behind.since).total_seconds()))

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self.registry)
