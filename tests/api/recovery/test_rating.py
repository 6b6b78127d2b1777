"""Risk and priority follow the days: rated as a day opens, as a plan would, and told once."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from api.arrears.sections import LAST_ID
from api.clock import clock_for
from api.notifications.tables import NotificationRow
from api.recovery import keeping, queries
from api.recovery.standing_queries import Part
from api.recovery.tables import RiskScoreRow
from tests.api.recovery.floor import Floor, at

RATED = ("risk_score", "risk_level", "priority", "priority_parts", "version")


async def rated(floor: Floor, case_id: str) -> list[object]:
    case = await floor.case(case_id)
    return [case[name] for name in RATED]


async def rate(floor: Floor, on: date) -> None:
    """Rate the whole book as if that day were just opening."""
    async with floor.work() as work:
        clock = await clock_for(work, UUID(floor.scene.clock_id))
        part = Part(UUID(floor.scene.creditor_id), clock.test_clock_id, UUID(int=0), LAST_ID)
        await keeping.rate_open(work, clock, part, on)


async def codes(floor: Floor, case_id: str) -> dict[str, int]:
    return {part["code"]: part["points"] for part in (await floor.case(case_id))["priority_parts"]}


async def alerts(floor: Floor) -> list[UUID | None]:
    async with floor.work() as work:
        found = await work.session.scalars(
            select(NotificationRow).where(NotificationRow.kind == "risk_high")
        )
        return [each.case_id for each in found]


async def test_days_alone_raise_risk_and_priority_and_alert_once(floor: Floor) -> None:
    loan, other = await floor.late_loan(), await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id, second = await floor.case_id(loan), await floor.case_id(other)
    # Who was never planned has his place already.
    assert (await floor.case(second))["risk_score"] == 5 + 15
    assert await codes(floor, second) == {"risk": 10, "amount": 3}

    await floor.run(case_id)
    for hold, review_on in (("vulnerable", "2028-03-20"), ("cease", "2028-09-01")):
        body = {"kind": hold, "review_on": review_on}
        await floor.act(floor.agent, case_id, "holds", body, 201)
    await floor.run(case_id)
    # What a plan has kept, the opening of a day finds as it is.
    kept = await rated(floor, case_id)
    await rate(floor, date(2028, 3, 2))
    assert await rated(floor, case_id) == kept
    assert await codes(floor, case_id) == {
        "suspended": -1000,
        "vulnerable": 25,
        "risk": 10,
        "amount": 3,
    }

    await floor.move(at(3, 20, 16))  # days in which nobody plans
    assert await codes(floor, case_id) == {
        "hold_review": 35,
        "vulnerable": 25,
        "risk": (12 + 15) // 2,
        "amount": 3,
    }
    days = await rated(floor, case_id)
    await floor.run(case_id)
    assert (await rated(floor, case_id))[:4] == days[:4]

    await floor.move(at(5, 2, 16))
    before = [await rated(floor, each) for each in (case_id, second)]
    assert [row[:2] for row in before] == [[28 + 10 + 4 + 15, "medium"]] * 2
    assert await alerts(floor) == []
    # A case that somebody holds is not waited for: it plans again.
    wanted, _, _ = await floor.wake(second)
    async with floor.work() as holding:
        assert await queries.lock(holding, UUID(second)) is not None
        await rate(floor, date(2028, 5, 30))
    assert (await floor.wake(second))[0] == wanted + 1
    assert (await rated(floor, second))[0] == 57

    await floor.move(at(5, 30, 16))
    assert [(await rated(floor, each))[:2] for each in (case_id, second)] == [
        [35 + 10 + 4 + 15, "high"]
    ] * 2
    told = await alerts(floor)
    assert set(told) == {UUID(case_id), UUID(second)}
    await floor.move(at(6, 2, 16))
    assert await alerts(floor) == told

    async with floor.work() as work:
        kept_scores = (
            await work.session.scalars(
                select(RiskScoreRow)
                .where(RiskScoreRow.case_id == UUID(second))
                .order_by(RiskScoreRow.id)
            )
        ).all()
    # One for each change, dated to the day on which it came about.
    assert [(row.on_date, row.score) for row in kept_scores] == [
        (date(2028, 3, 2), 20),
        (date(2028, 3, 16), 27),
        (date(2028, 3, 31), 35),
        (date(2028, 4, 2), 44),
        (date(2028, 4, 30), 52),
        (date(2028, 5, 2), 57),
        (date(2028, 5, 30), 64),
        (date(2028, 6, 2), 68),
    ]
