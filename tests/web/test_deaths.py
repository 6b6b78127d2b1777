"""Deaths at the console: told, shown with what was owed, taken as proven, taken back."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import text_of


async def test_a_death_is_told_proven_and_taken_back(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    await floor.scene.customer(name="Erna Erbin", phone="+12125550177", email="e@c.example")
    agent, advisor = await staff(Role.AGENT), await staff(Role.ADVISOR)
    about = f"/console/customers/{loan['customer_id']}"
    tell = f"{about}/death"
    page = await agent.get(about)
    wrong = await agent.submit(page, tell, 422, died_on="2029-01-01")
    assert "Nobody dies on a day to come." in text_of(wrong)
    sent = await agent.submit(wrong, tell, died_on="2028-02-20")
    path = sent.headers["location"].partition("?")[0]
    told = text_of(await agent.get(sent.headers["location"]))
    assert "Contact with him has stopped" in told
    assert "Advisors and managers take a death as proven." in told
    assert "He is said to have died." in text_of(await agent.get(about))
    assert "Maria Keller" in text_of(await agent.get("/console/deaths"))

    page = await advisor.get(path)
    found = await advisor.submit(
        page, f"{path}/verify", 200, step="find", sought_name="Erbin", evidence_ref="C-17"
    )
    assert "Erna Erbin, CU-" in text_of(found)
    shown = await advisor.submit(found, f"{path}/verify", 200, step="preview")
    said = text_of(shown)
    assert "Nothing has happened yet." in said
    assert "1,200.00 USD 7.86 USD" in said
    assert "the estate" in said
    assert "It is stated once" in text_of(await advisor.get(path))
    # What was changed since it was shown is shown again.
    again = await advisor.submit(shown, f"{path}/verify", 200, step="make", died_on="2028-02-21")
    assert "Nothing has happened yet." in text_of(again)
    await advisor.submit(again, f"{path}/verify", step="make")
    assert "None waits for proof" in text_of(await advisor.get("/console/deaths"))
    proven = await advisor.get(path)
    assert "Erna Erbin" in text_of(proven)
    assert "proof C-17" in text_of(proven)
    unsure = await advisor.submit(proven, f"{path}/reverse", 422, reason="Wrong man")
    await advisor.submit(unsure, f"{path}/reverse", sure="yes")
    assert "taken back" in text_of(await advisor.get("/console/deaths?show=all"))
    assert "He is said to have died." not in text_of(await agent.get(about))
