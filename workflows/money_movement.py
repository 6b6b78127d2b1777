"""The loop that collections and payouts share: plan, wait, perform, until it is over.

The API decides what is due; a poke means "plan again". What is due is performed by one activity
that claims the call, makes it, and records its outcome; it is repeated until it has an answer.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from temporalio import workflow

from contracts.base import Wire
from contracts.money_work import MoneyPlan
from workflows import attributes
from workflows.hop import LINE, back_off, hop

UPDATES_A_RUN: Final = 200
"""Pokes after which a run starts afresh; the server refuses more than 2,000."""

LONG_WAIT: Final = timedelta(hours=1)
"""A wait of this length or more is slept through without a history."""

Call = Callable[[str], Awaitable[MoneyPlan]]
"""Runs an activity under the title given, and answers the plan that follows."""


class MoneyMovement:
    """What is known between two steps of one movement of money."""

    def __init__(self) -> None:
        """Nothing is shown yet, and no poke was taken."""
        self.poked = False
        self.updates = 0
        self._line = ""

    def take_poke(self) -> None:
        """Take note that a fact arrived."""
        self.poked = True
        self.updates += 1

    async def run(self, run: Wire, plan: Call, perform: Call) -> MoneyPlan:
        """Plan, wait and perform until the movement is over; answer where it ended."""
        now = await self._planned(plan)
        while now.open or not await self._is_quiet():
            self._show(now)
            if now.open and now.due:
                self.poked = False
                now = await perform(now.title)
            elif self.poked:
                now = await self._planned(plan)
            elif self._sleeps(now):
                await self._sleep(run, now)
            else:
                await self._wait(now)
                now = await self._planned(plan)
        self._show(now)
        return now

    async def _is_quiet(self) -> bool:
        """Whether no fact arrived since the last plan: one that did must be taken in, even now."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        return not self.poked

    async def _planned(self, plan: Call) -> MoneyPlan:
        self.poked = False
        return await plan("Plan what is next")

    def _sleeps(self, now: MoneyPlan) -> bool:
        """Whether to wait without a history: on a live clock and for long, or after many pokes."""
        if self.updates >= UPDATES_A_RUN:
            return True
        if now.clock_id is not None:
            return False
        return now.at is None or now.at - workflow.now() >= LONG_WAIT

    async def _sleep(self, run: Wire, now: MoneyPlan) -> None:
        """Hop to the next instant, unless a fact arrives while the handlers finish."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self.poked:
            hop(
                run,
                after=back_off(now.at, workflow.now(), on_test_clock=now.clock_id is not None),
                shown=attributes.of_money(now),
                line=now.line,
            )

    async def _wait(self, now: MoneyPlan) -> None:
        """Wait for the next instant or a fact; on a test clock pokes are the only time."""
        limit = None
        if now.clock_id is None and now.at is not None:
            limit = max(now.at - workflow.now(), timedelta(seconds=1))
        try:
            await workflow.wait_condition(
                lambda: self.poked, timeout=limit, timeout_summary=now.title
            )
        except TimeoutError:
            return

    def _show(self, now: MoneyPlan) -> None:
        """Tell people where it stands; only what changed is written to the history."""
        workflow.set_current_details(f"{now.line}\n\n**Next** {now.title}")
        if now.line and now.line != self._line:
            workflow.upsert_memo({LINE: now.line})
            self._line = now.line
