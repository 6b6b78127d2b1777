"""A collections floor for tests: loans fall late on a test clock, cases are worked by hand.

The tests do here what workflows do elsewhere: move the clock, ask for the plan, perform the step.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select

from api.arrears import closing
from api.clocks.tables import TestClockRow
from api.messages.tables import MessageRow
from api.recovery.tables import CaseEventRow, CaseRow, CaseStepRow
from api.wakes.tables import WakeRow
from api.work import Work
from contracts.names import Role
from domain.ids import case_workflow_id
from tests.api.support import Actors, Api, Headers, Scene, key, make_scene, ok

Json = dict[str, Any]
WorkFactory = Callable[..., AbstractAsyncContextManager[Work]]

INSTALMENT = "106.62"
"""What falls due every month of a loan of 1,200 at 12 % over 12 months."""


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """An instant of 2028, UTC."""
    return datetime(2028, month, day, hour, minute, tzinfo=UTC)


@dataclass(slots=True)
class Floor:
    """One creditor in New York on a test clock, with everybody who works there."""

    scene: Scene
    work: WorkFactory
    worker: Headers
    agent: Headers
    advisor: Headers
    manager: Headers

    @property
    def api(self) -> Api:
        return self.scene.api

    # -- time ----------------------------------------------------------------------------------

    async def set_clock(self, now: datetime) -> None:
        async with self.work() as work:
            clock = await work.session.get_one(TestClockRow, UUID(self.scene.clock_id))
            clock.now_at = now

    async def move(self, now: datetime) -> None:
        """Set the clock and close the days that are over."""
        while True:
            async with self.work() as work:
                clock = await work.session.get_one(TestClockRow, UUID(self.scene.clock_id))
                clock.now_at = now
                books, _ = await closing.close_due_books(work, clock.id, now)
            if not books:
                return

    # -- loans and cases -----------------------------------------------------------------------

    async def late_loan(self, **fields: object) -> Json:
        """A loan of somebody new, disbursed on 1 February; first due on 1 March."""
        return cast(Json, await self.scene.loan(await self.scene.customer(**fields)))

    async def case_id(self, loan: Json) -> str:
        found = cast(Json, await self.scene.get(f"/loans/{loan['id']}/delinquent"))
        assert found["case_id"] is not None
        return str(found["case_id"])

    async def case(self, case_id: str) -> Json:
        return cast(Json, await self.scene.get(f"/recovery-cases/{case_id}"))

    async def cases_of(self, customer_id: str) -> list[Json]:
        """The open cases of a person."""
        found = await self.scene.get(f"/recovery-cases?customer_id={customer_id}&status=open")
        return cast(list[Json], found["items"])

    async def story(self, case_id: str) -> list[str]:
        return [line["text"] for line in (await self.case(case_id))["timeline"]]

    # -- what the workflow does ----------------------------------------------------------------

    async def plan(self, case_id: str) -> Json:
        answer = await self.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/plan", headers=self.worker
        )
        return cast(Json, ok(answer))

    async def perform(self, case_id: str, step_key: str, anchor_on: str) -> Json:
        answer = await self.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/steps",
            json={"case_id": case_id, "step_key": step_key, "anchor_on": anchor_on},
            headers=self.worker,
        )
        return cast(Json, ok(answer))

    async def run(self, case_id: str) -> tuple[Json, list[str]]:
        """Plan and perform until nothing is due; the last plan and the steps performed."""
        plan, done = await self.plan(case_id), []
        while plan["next_step"] is not None and plan["next_step"]["due"]:
            step = plan["next_step"]
            done.append(step["key"])
            plan = await self.perform(case_id, step["key"], step["anchor_on"])
            assert len(done) < 20
        return plan, done

    async def live(self, case_id: str, start: datetime, end: datetime) -> list[str]:
        """Work a case from instant to instant as its plans ask for; the steps performed."""
        done: list[str] = []
        now = start
        while True:
            await self.move(now)
            plan, steps = await self.run(case_id)
            done += steps
            if not plan["open"]:
                return done
            coming = datetime.fromisoformat(plan["wait_until"])
            assert coming > now, plan
            if coming > end:
                await self.move(end)
                return done
            now = coming

    # -- what people do ------------------------------------------------------------------------

    async def act(
        self, who: Headers, case_id: str, what: str, body: object, status: int = 200
    ) -> Json:
        answer = await self.api.client.post(
            f"/api/v1/recovery-cases/{case_id}/{what}", json=body, headers=who | key()
        )
        return cast(Json, ok(answer, status))

    async def promise(self, case_id: str, amount: str, due_on: str, status: int = 201) -> Json:
        body = {"amount": amount, "due_on": due_on}
        return await self.act(self.agent, case_id, "promises", body, status)

    async def pay(self, loan: Json, amount: str, **fields: object) -> Json:
        return cast(Json, await self.scene.pay(loan["id"], amount, **fields))

    async def change(self, loan: Json, change: Json, suffix: str = "", status: int = 201) -> Json:
        """Change a loan as an administrator."""
        path = f"/api/v1/loans/{loan['id']}"
        seen = await self.api.client.get(path, headers=self.scene.admin)
        answer = await self.api.client.post(
            f"{path}/changes{suffix}",
            json={"change": change, "reason": "service"},
            headers=self.scene.admin | key() | {"If-Match": seen.headers["ETag"]},
        )
        return cast(Json, ok(answer, status))

    async def join(self, loan: Json, customer_id: str, **fields: object) -> Json:
        """Make somebody a co-borrower of a loan who owes all of it."""
        body = {"customer_id": customer_id, "role": "co_borrower"} | fields
        return cast(Json, await self.scene.post(f"/loans/{loan['id']}/parties", body))

    # -- looking -------------------------------------------------------------------------------

    async def messages(self, case_id: str) -> list[MessageRow]:
        async with self.work() as work:
            return list(
                await work.session.scalars(
                    select(MessageRow)
                    .where(MessageRow.case_id == UUID(case_id))
                    .order_by(MessageRow.sequence)
                )
            )

    async def steps(self, case_id: str) -> list[tuple[str, str, str]]:
        """Anchor, key and outcome of every step noted, oldest first."""
        async with self.work() as work:
            rows = await work.session.scalars(
                select(CaseStepRow)
                .where(CaseStepRow.case_id == UUID(case_id))
                .order_by(CaseStepRow.id)
            )
            return [(row.anchor_on.isoformat(), row.step_key, row.outcome) for row in rows]

    async def wake(self, case_id: str) -> tuple[int, int, datetime | None]:
        """How often the case is wanted, what of that is done, and when it falls due."""
        async with self.work() as work:
            row = await work.session.get_one(WakeRow, case_workflow_id(UUID(case_id)))
            return row.wanted, row.done, row.due_at

    async def count_events(self, case_id: str) -> int:
        async with self.work() as work:
            count = await work.session.scalar(
                select(func.count())
                .select_from(CaseEventRow)
                .where(CaseEventRow.case_id == UUID(case_id))
            )
            return int(count or 0)

    async def count_cases(self) -> int:
        async with self.work() as work:
            count = await work.session.scalar(select(func.count()).select_from(CaseRow))
            return int(count or 0)


async def make_floor(api: Api, work: WorkFactory, **product: object) -> Floor:
    """Open the floor."""
    actors = Actors(api)
    terms: Json = {"penalty": {"kind": "none", "amount": "0", "grace_days": 0}} | product
    return Floor(
        scene=await make_scene(api, **terms),
        work=work,
        worker=await actors.service("cases"),
        agent=await actors.user(Role.AGENT),
        advisor=await actors.user(Role.ADVISOR),
        manager=await actors.user(Role.MANAGER),
    )
