"""Sleeping without a history: end this run and let the next one begin when it is wanted.

A hop is a continue-as-new whose next run starts only after a back-off. Until then that run is a
single event, holds no place in a worker's cache, and will begin on whatever code is current then,
even if the workers that knew it are long gone. An update (a poke) or a cancel starts it early; a
plain signal or a query would wait for the back-off, so neither is ever sent to these workflows.

It rests on two options of continue-as-new: `backoff_start_interval` (needs server 1.32 or newer;
older ones add the back-offs of successive pokes up) and `initial_versioning_behavior`
(experimental). Both are named only here. Should either have to go, the fallback is to wait in the
run itself, `workflow.wait_condition(poked, timeout=...)`, and to continue as new at each waking
when `workflow.info().is_target_worker_deployment_version_changed()`; the price is that the workers
of every version stay up for as long as the longest wait.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final, NoReturn

from temporalio import workflow

from contracts.base import Wire
from workflows import attributes

LINE: Final = "line"
"""The memo's only key: one plain line about the workflow."""

UNTIL_POKED: Final = timedelta(days=3650)
"""The back-off of a workflow that waits for a poke: on a test clock, or with no date to come."""

SHORTEST: Final = timedelta(seconds=1)
"""No shorter back-off than this: clocks of two machines differ, and a tie must not spin."""

_SPREAD_LIMIT: Final = timedelta(minutes=10)
_SPREAD_SHARE: Final = 100


def back_off(
    until: datetime | None, now: datetime, *, on_test_clock: bool, spread_by: str = ""
) -> timedelta:
    """How long the next run waits: to `until`, or for a poke when nothing but a fact can wake it.

    With `spread_by` (a workflow id) up to a hundredth of the wait, at most ten minutes, is added,
    always the same for the same id: many decisions share one instant, the server need not.
    """
    if until is None or on_test_clock:
        return UNTIL_POKED
    wait = max(until - now, SHORTEST)
    if not spread_by:
        return wait
    digest = hashlib.sha256(spread_by.encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return wait + min(wait / _SPREAD_SHARE, _SPREAD_LIMIT) * share


def hop(
    run: Wire,
    *,
    after: timedelta | None = None,
    shown: attributes.Shown | None = None,
    line: str | None = None,
) -> NoReturn:
    """End this run; the next one gets `run` and begins after `after`, or at once.

    Search attributes and memo travel with it and cost no event of their own; those not given are
    carried over. Call it only when all handlers have finished.
    """
    workflow.continue_as_new(
        run,
        backoff_start_interval=after,
        search_attributes=None if shown is None else attributes.typed(shown),
        memo=None if line is None else {LINE: line},
        initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
    )
