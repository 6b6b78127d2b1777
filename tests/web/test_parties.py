"""The parties of a loan at the console: found, put on it, called, let go."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import text_of


async def test_a_guarantor_is_found_added_called_and_leaves(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    await floor.case_id(loan)
    await floor.scene.customer(name="Gustav Garant", phone="+12125550177", email="g@c.example")
    path = f"/console/loans/{loan['id']}/parties"
    manager, agent = await staff(Role.MANAGER), await staff(Role.AGENT)
    assert path in (await agent.get(f"/console/loans/{loan['id']}")).text
    empty = await agent.get(path)
    assert "Nobody else is on it" in text_of(empty)
    assert "Managers change the parties of a loan." in text_of(empty)

    page = await manager.get(path)
    nobody = await manager.submit(page, path, 422, step="find")
    assert "Fill in at least one of these." in text_of(nobody)
    nobody = await manager.submit(page, path, 422, step="find", sought_name="Nobody Atall")
    assert "Nobody fits." in text_of(nobody)
    found = await manager.submit(page, path, 200, step="find", sought_name="garant")
    assert "Gustav Garant, CU-" in text_of(found)
    wrong = await manager.submit(found, path, 422, step="add", role="guarantor", liability="full")
    assert "cannot have the liability full" in text_of(wrong)
    assert "Gustav Garant, CU-" in text_of(wrong)
    await manager.submit(wrong, path, step="add", role="guarantor", liability="")

    page = await manager.get(path)
    said = text_of(page)
    assert "guarantees it, not called yet" in said
    assert "a guarantor is not asked before he was given notice" in said
    assert "+12125550177" not in page.text
    assert "+12125550123" not in page.text
    action = next(
        part.partition('"')[0]
        for part in page.text.split('action="')
        if part.partition('"')[0].endswith("/call")
    )
    await manager.submit(page, action, 422, notice_on="2029-01-01", evidence_ref="N-1")
    await manager.submit(page, action, notice_on="2028-03-02", evidence_ref="N-1")
    page = await manager.get(path)
    assert "called 2 Mar 2028" in text_of(page)
    assert "may be called until" in text_of(page)
    leave = action.removesuffix("/call") + "/end"
    stale = await manager.submit(page, leave, 422, version="1", reason="released")
    assert "it is at 2 now" in text_of(stale)
    await manager.submit(page, leave, reason="released")
    ended = text_of(await manager.get(path))
    assert "Who has left" in ended
    assert "Nobody else is on it" in ended
