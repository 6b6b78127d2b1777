"""Pauses of arrears, added late too, and the history of buckets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.arrears import closing
from api.clocks.tables import TestClockRow
from api.security.principal import SYSTEM
from contracts.names import Role
from tests.api.support import Actors, Api, Scene, key, make_scene


@pytest.fixture
async def scene(api: Api) -> Scene:
    return await make_scene(api)


async def close_until(scene: Scene, now: datetime) -> None:
    books = 1
    while books:
        async with scene.api.services.room.begin(SYSTEM, "test") as work:
            clock = await work.session.get_one(TestClockRow, scene.clock_id)
            clock.now_at = now
            books, _ = await closing.close_due_books(work, clock.id, now)


async def test_a_pause_of_the_past_takes_its_days_back_and_the_history_tells(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 4, 5, 12, tzinfo=UTC))
    late: Any = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["past_due_days"], late["bucket"]) == (35, "30-59")
    pause = {"starts_on": "2028-03-10", "ends_on": "2028-03-20", "reason": "flood relief"}
    await scene.post(f"/loans/{loan['id']}/arrears-pauses", pause)
    # An overlap counts once: 10 days and two more.
    await scene.post(f"/loans/{loan['id']}/arrears-pauses", pause | {"ends_on": "2028-03-22"})
    late = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["past_due_days"], late["delinquent_days"], late["bucket"]) == (35, 23, "1-29")
    await close_until(scene, datetime(2028, 4, 12, 12, tzinfo=UTC))
    late = await scene.get(f"/loans/{loan['id']}/delinquent")
    assert (late["past_due_days"], late["bucket"]) == (42, "30-59")
    first: Any = await scene.get(f"/loans/{loan['id']}/bucket-changes?limit=3")
    rest: Any = await scene.get(
        f"/loans/{loan['id']}/bucket-changes?limit=3&cursor={first['next_cursor']}"
    )
    told = [
        (one["as_of"], one["from_bucket"], one["to_bucket"])
        for one in first["items"] + rest["items"]
    ]
    assert told == [
        ("2028-03-02", "current", "1-29"),
        ("2028-03-31", "1-29", "30-59"),
        ("2028-04-05", "30-59", "1-29"),
        ("2028-04-12", "1-29", "30-59"),
    ]
    assert rest["next_cursor"] is None


async def test_a_payment_of_a_paused_loan_is_aged_with_its_pauses(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    await close_until(scene, datetime(2028, 4, 5, 12, tzinfo=UTC))
    pause = {"starts_on": "2028-03-10", "ends_on": "2028-03-20", "reason": "flood relief"}
    await scene.post(f"/loans/{loan['id']}/arrears-pauses", pause)
    for value_on in (None, "2028-03-15"):
        await scene.post(
            f"/loans/{loan['id']}/payments",
            {"amount": "1.00", "currency": "USD"} | ({"value_on": value_on} if value_on else {}),
        )
        late: Any = await scene.get(f"/loans/{loan['id']}/delinquent")
        assert (late["past_due_days"], late["delinquent_days"]) == (35, 25)
        assert late["bucket"] == "1-29"
    changes: Any = await scene.get(f"/loans/{loan['id']}/bucket-changes")
    assert changes["items"][-1]["to_bucket"] == "1-29"


@pytest.mark.parametrize(
    ("starts_on", "ends_on"), [("2028-03-10", "2028-03-09"), ("2028-01-01", "2028-01-31")]
)
async def test_a_pause_that_cannot_be_is_refused(
    scene: Scene, starts_on: str, ends_on: str
) -> None:
    loan = await scene.loan(await scene.customer())
    body = {"starts_on": starts_on, "ends_on": ends_on, "reason": "no reason"}
    answer = await scene.post(f"/loans/{loan['id']}/arrears-pauses", body, 422)
    assert answer["code"] == "invalid-date"


async def test_pauses_are_for_managers(scene: Scene) -> None:
    loan = await scene.loan(await scene.customer())
    agent = await Actors(scene.api).user(Role.AGENT)
    answer = await scene.api.client.post(
        f"/api/v1/loans/{loan['id']}/arrears-pauses",
        json={"starts_on": "2028-03-01", "ends_on": "2028-03-09", "reason": "kind"},
        headers=agent | key(),
    )
    assert answer.status_code == 403
