"""Letters at the console: shown before they are written, listed, printed, and those of tasks."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of


async def test_a_letter_is_seen_written_and_printed(floor: Floor, staff: LogIn) -> None:
    loan = await floor.late_loan(language="fr")
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    path = f"/console/loans/{loan['id']}/letters"
    agent, advisor = await staff(Role.AGENT), await staff(Role.ADVISOR)
    assert path in (await agent.get(f"/console/cases/{case_id}")).text
    nothing = text_of(await advisor.get(path))
    assert "No letter was written about it yet." in nothing
    assert "Agents and managers write letters." in nothing

    page = await agent.get(path)
    untrue = await agent.submit(page, path, 422, code="no_dues", step="preview")
    assert "does not fit the state of the loan" in text_of(untrue)
    shown = await agent.submit(untrue, path, 200, code="arrears_notice", step="preview")
    assert "Nothing is written yet." in text_of(shown)
    assert "in en, as fr cannot be printed here" in text_of(shown)
    proof = await agent.post(f"{path}/proof", fields(shown, path), 200)
    assert proof.headers["content-type"] == "application/pdf"
    assert proof.content.startswith(b"%PDF")
    assert "No letter was written" in text_of(await agent.get(path))
    # What was changed since it was shown is shown again.
    again = await agent.submit(shown, path, 200, code="payoff", step="make")
    assert "Nothing is written yet." in text_of(again)
    await agent.submit(shown, path, step="make")
    await agent.submit(shown, path, step="make")  # sent twice, written once
    listed = await agent.get(path)
    file = listed.text.partition('href="/console/letters/')[2].partition('"')[0]
    printed = await agent.get(f"/console/letters/{file}")
    assert printed.content.startswith(b"%PDF")
    assert text_of(listed).count(", PDF") == 1
    assert f"/console/letters/{file}" in (await agent.get(f"/console/cases/{case_id}")).text
    assert f"/console/letters/{file}" in (await agent.get("/console/tasks?whose=all")).text
    about = await agent.get(f"/console/customers/{loan['customer_id']}")
    assert f"/console/letters/{file}" in about.text
