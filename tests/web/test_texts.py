"""Texts at the console: read, tried on sample customers, drafted, approved, rolled back."""

from contracts.names import Role
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of

PATH = "/console/texts/overdue_gentle/sms/en"
GOOD = "{{ first_name }}, {{ amount }} is unpaid, {{ creditor_name }}. STOP to opt out."


async def test_a_text_is_drafted_tried_approved_and_rolled_back(staff: LogIn) -> None:
    author, second = await staff(Role.MANAGER), await staff(Role.ADMIN)
    agent = await staff(Role.AGENT)
    listed = await agent.get("/console/texts?medium=sms&language=en")
    assert PATH in listed.text
    assert "/overdue_gentle/email/en" not in listed.text
    assert "No such text" in text_of(await agent.get("/console/texts?language=xx"))
    page = await agent.get(PATH)
    said = text_of(page)
    assert "Versions of the house None yet" in said
    assert "Wolfeschlegelsteinhausenbergerdorff" in said
    assert "عبد الرحمن" in said
    assert "$0.00" in said
    assert "Texts are written and approved by managers." in said

    draft = f"{PATH}/draft"
    form = await author.get(draft)
    wrong = await author.submit(form, draft, 422, body="{{ iban }} is open", step="keep")
    assert "unknown-variable: iban" in text_of(wrong)
    assert "locked-words: opt-out" in text_of(wrong)
    checked = await author.submit(wrong, draft, 200, body=GOOD, step="check")
    assert "Nothing is kept yet." in text_of(checked)
    assert "<ins>" in checked.text
    assert "<del>" in checked.text
    assert "Drafts that wait" not in text_of(await author.get("/console/texts"))
    await author.submit(checked, draft, body=GOOD, step="keep")
    page = await author.get(PATH)
    assert "You wrote it: somebody else approves it." in text_of(page)
    editor = page.text.partition(f'href="{draft}?version=')[2].partition('"')[0]
    form = await author.get(f"{draft}?version={editor}")
    await author.submit(form, draft, body=GOOD.replace("unpaid", "open"), step="keep")
    assert "Drafts that wait" in text_of(await author.get("/console/texts"))

    approve = f"/console/text-versions/{editor}/approve"
    csrf = fields(page, "/console/log-out")["csrf"]
    own = {"csrf": csrf, "key": "k1", "version": "2", "from_on": "2020-01-01"}
    assert "Another person than its author" in text_of(await author.post(approve, own, 422))
    page = await second.get(PATH)
    await second.submit(page, approve, from_on="2020-01-01")
    page = await second.get(PATH)
    assert "in use: 2" in text_of(page)
    retire = f"/console/text-versions/{editor}/retire"
    unsure = await second.submit(page, retire, 422)
    await second.submit(unsure, retire, sure="yes")
    assert "in use: shipped-1" in text_of(await agent.get(PATH))


async def test_letters_and_missing_texts(staff: LogIn) -> None:
    manager = await staff(Role.MANAGER)
    said = text_of(await manager.get("/console/texts/arrears_notice/letter/es"))
    assert "They are printed beside every version." in said
    await manager.get("/console/texts/nothing/sms/en", 404)
    form = await manager.get("/console/texts/arrears_notice/letter/en/draft")
    sent = fields(form, "/console/texts/arrears_notice/letter/en/draft")
    assert sent["subject"]
