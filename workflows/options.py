"""Time limits and retries of activities, one set per kind of work.

Each kind has a start-to-close limit (one attempt) and a schedule-to-close limit in days (all
attempts together), so that an outage of hours is waited out and one of weeks becomes visible. A
delay that a failure carries itself (`next_retry_delay`, from Retry-After) goes before the policy.
"""

from datetime import timedelta
from typing import Final, TypedDict

from temporalio.common import RetryPolicy


class ActivityOptions(TypedDict, total=False):
    """The keyword arguments of `workflow.execute_activity` that a kind of work fixes."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


_RETRY: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
)

SYSTEM_OF_RECORD: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(seconds=10),
    "schedule_to_close_timeout": timedelta(days=7),
    "retry_policy": _RETRY,
}
"""One convergent REST call."""

DELIVERY: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(hours=1),
    "schedule_to_close_timeout": timedelta(days=7),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": _RETRY,
}
"""A sweep of provider calls: as long as there are due messages, heard from every few seconds."""

SWEEPS_A_RUN: int = 200
"""Sweeps after which a delivery on a test clock starts afresh, some 2,200 events in."""

READING: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(minutes=10),
    "schedule_to_close_timeout": timedelta(days=7),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": _RETRY,
}
"""A look into one file: its reader has limits of its own, and much smaller ones."""

WALK: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(hours=6),
    "schedule_to_close_timeout": timedelta(days=7),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": _RETRY,
}
"""A walk over many instants; a new attempt goes on where the last one stopped."""

MONEY: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(seconds=60),
    "schedule_to_close_timeout": timedelta(days=7),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": _RETRY,
}
"""One call of a gateway or a bank, with its claim before and its outcome after."""

CLOSING: Final[ActivityOptions] = {
    "start_to_close_timeout": timedelta(minutes=15),
    "schedule_to_close_timeout": timedelta(days=2),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": _RETRY,
}
"""A set-based closing of many loans' days in one call."""
