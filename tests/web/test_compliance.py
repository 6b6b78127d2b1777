"""Pages of compliance: the ledger with its file, the audit, and the chains verified now."""

import csv

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import text_of


async def test_contacts_audit_and_chains(floor: Floor, staff: LogIn) -> None:
    manager = await staff(Role.MANAGER)
    assert "Nobody was contacted yet" in text_of(await manager.get("/console/contacts"))
    case_id = await floor.case_id(await _late(floor))
    await floor.act(floor.agent, case_id, "calls", {}, 201)
    said = text_of(await manager.get("/console/contacts"))
    assert (await floor.case(case_id))["number"] in said
    assert "allowed" in said
    assert "America/New_York" in said
    assert "Nothing matches" in text_of(await manager.get("/console/contacts?outcome=deny"))
    wrong = await manager.get("/console/contacts?from_on=yesterday", 422)
    assert "The from on cannot be read." in text_of(wrong)
    lines = list(csv.DictReader((await manager.get("/console/contacts.csv")).text.splitlines()))
    assert [line["outcome"] for line in lines] == ["allow"]

    page = await manager.get("/console/audit")
    assert "never verified here" in text_of(page)
    after = await manager.submit(page, "/console/audit/verify")
    said = text_of(await manager.get(after.headers["location"]))
    assert "chain verified" in said
    assert "1 decision about contact were walked" in said
    only = text_of(await manager.get("/console/audit?action=evidence."))
    assert "evidence.checked" in only


async def _late(floor: Floor) -> dict[str, object]:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    return loan
