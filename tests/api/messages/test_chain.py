"""Decisions about contact are a chain for each customer, and damage to it is found."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.messages import chain_queries
from api.messages.chain import damages
from domain.evidence.canonical import digest_of
from domain.evidence.chain import beginning, link
from tests.api.messages.arrange import Desk

pytestmark = pytest.mark.usefixtures("api")


async def _found(desk: Desk) -> list[tuple[UUID, int]]:
    async with desk.work() as work:
        return [(each.customer_id, each.place) async for each in damages(work)]


async def _three_decisions(desk: Desk) -> tuple[UUID, list[UUID]]:
    """Three messages to one person, decided in one group, and one to somebody else."""
    customer_id = await desk.customer()
    made = [await desk.queue(customer_id, template="help") for _ in range(3)]
    await desk.queue(await desk.customer(), template="help")
    await desk.lease()
    return customer_id, made


async def test_each_decision_follows_the_one_before_it(desk: Desk) -> None:
    customer_id, made = await _three_decisions(desk)
    rows = sorted(
        [row for message_id in made for row in await desk.decisions(message_id)],
        key=lambda row: row.place,
    )
    assert [row.place for row in rows] == [1, 2, 3]
    previous = beginning(customer_id)
    for row in rows:
        content = digest_of(
            {
                "id": str(row.id),
                "customer_id": str(customer_id),
                "message_id": str(row.message_id),
                "outcome": "allow",
                "reasons": row.reasons,
                "packs": row.packs,
                "inputs": row.inputs,
                "decided_at": "2028-03-01T17:00:00.000000Z",
                "defer_until": None,
                "valid_until": "2028-03-02T02:00:00.000000Z",
            }
        )
        assert row.link == link(previous, row.place, content).hash
        previous = row.link
    assert await _found(desk) == []


async def test_a_chain_goes_on_in_the_next_transaction(desk: Desk) -> None:
    customer_id, _ = await _three_decisions(desk)
    later = await desk.queue(customer_id, template="help")
    await desk.lease()
    (row,) = await desk.decisions(later)
    assert row.place == 4
    assert await _found(desk) == []


@pytest.mark.parametrize(
    ("damage", "places"),
    [
        ("update contact_decisions set outcome = 'deny' where place = 2", [2]),
        (
            """update contact_decisions set inputs = inputs || '{"country": "DE"}'"""
            " where place = 3",
            [3],
        ),
        ("delete from contact_decisions where place = 2", [2]),
        ("update contact_decisions set place = place + 5 where place = 2", [2, 4]),
    ],
    ids=["outcome", "inputs", "removed", "moved"],
)
async def test_damage_is_found_and_named(
    desk: Desk, superuser: AsyncEngine, damage: str, places: list[int]
) -> None:
    customer_id, _ = await _three_decisions(desk)
    async with superuser.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.execute(
            text(f"{damage} and customer_id = :customer"), {"customer": customer_id}
        )
    found = await _found(desk)
    assert found == [(customer_id, place) for place in places]


async def test_the_serving_role_cannot_change_a_decision(desk: Desk) -> None:
    await _three_decisions(desk)
    with pytest.raises(DBAPIError):
        async with desk.work() as work:
            await work.session.execute(text("update contact_decisions set outcome = 'deny'"))


async def test_senders_at_once_make_one_chain_without_gaps(desk: Desk) -> None:
    people = [await desk.customer() for _ in range(3)]
    for number in range(24):
        channel = ("sms", "email")[number % 2]
        await desk.queue(people[number % 3], template="help", channel=channel)
    await asyncio.gather(
        *(desk.lease(("sms", "email")[number % 2], limit=3) for number in range(16))
    )
    for channel in ("sms", "email"):  # what fell between two that were after the same
        while (await desk.lease(channel)).messages:
            pass
    async with desk.work() as work:
        chains = [
            [row.place for row in await chain_queries.decisions_of(work, customer_id)]
            for customer_id in people
        ]
    assert chains == [[1, 2, 3, 4, 5, 6, 7, 8]] * 3
    assert await _found(desk) == []
