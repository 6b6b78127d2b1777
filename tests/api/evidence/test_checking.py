"""What was recorded about contact is checked in the database, as `python -m api verify` does."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.evidence import checking
from api.main import main
from api.settings import Settings
from contracts.names import Role
from tests.api.messages.arrange import Desk
from tests.api.support import Actors

pytestmark = pytest.mark.usefixtures("api")


async def _damages(desk: Desk) -> list[str]:
    async with desk.work() as work:
        return [each async for each in checking.damages(work)]


async def _sent(desk: Desk) -> tuple[UUID, UUID, UUID]:
    """A case with a message that went and a pack that was handed out; customer, case, message."""
    customer_id, loan_id, case_id = await desk.overdue()
    message_id = await desk.queue(customer_id, loan_id=loan_id, case_id=case_id)
    await desk.sent()
    who = await Actors(desk.api).user(Role.MANAGER)
    answer = await desk.api.client.get(f"/api/v1/recovery-cases/{case_id}/evidence", headers=who)
    assert answer.status_code == 200
    return customer_id, case_id, message_id


async def _forge(superuser: AsyncEngine, statement: str) -> None:
    async with superuser.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        await connection.execute(text(statement))


async def test_what_was_recorded_is_whole(desk: Desk) -> None:
    await _sent(desk)
    assert await _damages(desk) == []


async def test_an_end_that_was_cut_off_shows_in_the_packs_handed_out(
    desk: Desk, superuser: AsyncEngine
) -> None:
    _, case_id, message_id = await _sent(desk)
    await _forge(superuser, "delete from contact_decisions")
    assert await _damages(desk) == [
        f"decision 1, the last in a pack of case {case_id}: it is not there any more",
        f"message {message_id}: it went, and no decision allowed it",
    ]


async def test_the_command_says_so_by_its_exit_code(
    desk: Desk,
    superuser: AsyncEngine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    customer_id, _, _ = await _sent(desk)
    monkeypatch.setattr("api.main._settings", lambda: settings)
    monkeypatch.setattr("api.main.configure_logs", lambda _: None)
    with pytest.raises(SystemExit) as whole:
        await asyncio.to_thread(main, ["verify"])
    assert whole.value.code == 0
    assert "no damage" in capsys.readouterr().out
    await _forge(superuser, "update contact_decisions set outcome = 'deny'")
    with pytest.raises(SystemExit) as damaged:
        await asyncio.to_thread(main, ["verify"])
    assert damaged.value.code == 1
    assert f"decision 1 about customer {customer_id}" in capsys.readouterr().out
