"""The page of a loan's changes: shown before they happen, made once, decided by another."""

import pytest

from contracts.names import Role
from tests.api.recovery.floor import Floor, Json, at
from tests.web.conftest import LogIn
from tests.web.support import text_of


@pytest.fixture
async def loan(floor: Floor) -> Json:
    """A loan that is late."""
    made = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    return made


async def test_a_change_is_shown_asked_for_and_decided_by_another(loan: Json, staff: LogIn) -> None:
    agent, manager = await staff(Role.AGENT), await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}/changes"
    assert path in (await agent.get(f"/console/loans/{loan['id']}")).text
    preview = await agent.submit(
        await agent.get(path),
        path,
        200,
        kind="charge",
        component="fee",
        amount="7.50",
        reason="service",
        step="preview",
    )
    said = text_of(preview)
    assert "Nothing has happened yet. A second person would be asked." in said
    assert "charge: debit fee receivable 7.50, credit fee income 7.50" in said
    asked = await agent.submit(preview, path, step="make")
    assert asked.headers["location"] == f"{path}?done=change"
    await agent.submit(preview, path, step="make")
    waiting = await manager.get(path)
    assert text_of(waiting).count("pending") == 1
    decide = next(part for part in waiting.text.split('"') if part.endswith("/decide"))
    await manager.submit(waiting, decide, verdict="approve")
    after = text_of(await manager.get(f"/console/loans/{loan['id']}"))
    assert "Fee 0.00 USD 7.50 USD" in after


async def test_who_asked_is_not_offered_the_decision(loan: Json, staff: LogIn) -> None:
    manager = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}/changes"
    preview = await manager.submit(
        await manager.get(path),
        path,
        200,
        kind="charge_off",
        component="penalty",
        reason="uncollectable",
        step="preview",
    )
    await manager.submit(preview, path, step="make")
    page = await manager.get(path)
    assert "Somebody else decides on it." in text_of(page)
    assert "/decide" not in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "write_off"}, "Give this, in the form expected here."),
        ({"kind": "write_off", "amount": "1.001"}, "USD has 2 decimals"),
        ({"kind": "waiver", "component": "principal"}, "Give this, in the form expected here."),
        ({"kind": "refund"}, "of the customer's money"),
    ],
)
async def test_what_cannot_be_is_said_where_it_was_typed(
    loan: Json, staff: LogIn, typed: dict[str, str], said: str
) -> None:
    manager = await staff(Role.MANAGER)
    path = f"/console/loans/{loan['id']}/changes"
    page = await manager.submit(await manager.get(path), path, 422, **typed, step="preview")
    assert said in text_of(page)
