"""Letters at the console: shown before they are written, listed, printed, and those of tasks."""

from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.api.recovery.trial import follow, step
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


async def test_tasks_lead_to_their_letter_and_ask_who_was_told(floor: Floor, staff: LogIn) -> None:
    await follow(
        floor,
        step("write", 1, "letter", 'template = "overdue_late"'),
        step("call", 1, "call_task"),
    )
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 20))
    case_id = await floor.case_id(loan)
    assert (await floor.run(case_id))[1] == ["write", "call"]
    tasks = {each["kind"]: each["id"] for each in (await floor.case(case_id))["tasks"]}
    path = f"/console/cases/{case_id}/tasks/{tasks['letter']}/letter"
    agent, advisor = await staff(Role.AGENT), await staff(Role.ADVISOR)
    assert path in (await agent.get("/console/tasks?whose=all")).text
    page = await agent.get(path)
    assert "Hello Maria" in text_of(page)
    assert "Agents and managers make it." in text_of(await advisor.get(path))
    await agent.submit(page, path)
    made = await agent.get(path)
    assert "Print the PDF" in text_of(made)
    file = made.text.partition('href="/console/letters/')[2].partition('"')[0]
    assert (await agent.get(f"/console/letters/{file}")).content.startswith(b"%PDF")
    await agent.get(f"/console/cases/{case_id}/tasks/{tasks['call']}/letter", 404)

    case = f"/console/cases/{case_id}"
    csrf = fields(made, "/console/log-out")["csrf"]
    told = {"csrf": csrf, "task_id": tasks["call"], "outcome": "right_party", "disclosed": "yes"}
    refused = await agent.post(f"{case}/task", told | {"key": "k1"}, 422)
    assert "before it is confirmed who he is" in text_of(refused)
    odd = await agent.post(f"{case}/task", told | {"key": "k2", "outcome": "voicemail"}, 422)
    assert "Only whoever was spoken with" in text_of(odd)
    asked = {"fact-password": "yes", "fact-full_name": "yes", "outcome": "confirmed"}
    # Whoever told him has to have asked him.
    other = await staff(Role.AGENT)
    await other.submit(await other.get(case), f"{case}/right-party", **asked)
    await agent.post(f"{case}/task", told | {"key": "k3"}, 422)
    await agent.submit(await agent.get(case), f"{case}/right-party", **asked)
    await agent.post(f"{case}/task", told | {"key": "k4"})
    done = {each["kind"]: each["status"] for each in (await floor.case(case_id))["tasks"]}
    assert done["call"] == "done"
