"""Strategies at the console: read, written with the linter, approved, assigned, taken over."""

from api.strategies.service import SHIPPED
from contracts.names import Role
from tests.api.recovery.floor import Floor, at
from tests.web.conftest import LogIn
from tests.web.support import fields, text_of

DEFAULT = next(file for file in SHIPPED if file.stem == "default").read_text("utf-8")


async def test_a_draft_is_checked_kept_approved_and_cases_are_taken_over(
    floor: Floor, staff: LogIn
) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 2, 16))
    case_id = await floor.case_id(loan)
    author, second = await staff(Role.MANAGER), await staff(Role.ADMIN)
    agent = await staff(Role.AGENT)
    listed = await agent.get("/console/strategies")
    assert "microfinance_weekly" in text_of(listed)
    assert "Write a strategy" not in text_of(listed)
    await agent.get("/console/strategies/draft", 403)
    case = await agent.get(f"/console/cases/{case_id}")
    assert 'href="/console/strategies/default/2"' in case.text
    shown = text_of(await agent.get("/console/strategies/default/2"))
    assert "came with the installation" in shown

    path = "/console/strategies/draft"
    page = await author.get(path)
    broken = DEFAULT.replace("version = 2", "version = 3").replace(
        "review_days = 7", "review_days = 0"
    )
    assert broken.count("review_days = 0") == 1
    wrong = await author.submit(page, path, 422, text=broken, step="keep")
    assert "1 mistake" in text_of(wrong)
    assert "review_days" in text_of(wrong)
    text = broken.replace("review_days = 0", "review_days = 5")
    checked = await author.submit(wrong, path, 200, text=text, step="check")
    assert "Nothing is wrong with it" in text_of(checked)
    await author.submit(checked, path, step="keep", text=text)
    one = "/console/strategies/default/3"
    page = await author.get(one)
    said = text_of(page)
    assert "You wrote it: somebody else approves it." in said
    assert "review_days 7 5" in said
    csrf = fields(page, "/console/log-out")["csrf"]
    own = {"csrf": csrf, "key": "k1", "from_on": "2028-01-01"}
    await author.post(f"{one}/approve", own, 422)
    await second.submit(await second.get(one), f"{one}/approve", from_on="2028-01-01")
    assert "new cases take it from 1 Jan 2028" in text_of(await agent.get(one))

    over = "/console/strategies/default/2/migrate"
    page = await author.get(over)
    preview = await author.submit(page, over, 200, to="default:3", step="preview")
    assert "1 case would go over" in text_of(preview)
    assert (await floor.case(case_id))["strategy_version"] == 2
    await author.submit(preview, over, step="make")
    assert (await floor.case(case_id))["strategy_version"] == 3
    gone = await author.submit(await author.get(over), over, 200, to="default:3", step="preview")
    assert "No running case is on default 2" in text_of(gone)

    page = await author.get("/console/strategies")
    await author.submit(
        page,
        "/console/strategies/assign",
        creditor_id=floor.scene.creditor_id,
        product_code=floor.scene.product,
        strategy="gentle",
    )
    assert f"{floor.scene.product} gentle" in text_of(await agent.get("/console/strategies"))
    unsure = await author.submit(await author.get(one), f"{one}/retire", 422)
    assert "Tick this" in text_of(unsure)
    await author.submit(unsure, f"{one}/retire", sure="yes")
    assert "retired" in text_of(await agent.get(one))


async def test_the_rules_say_how_sure_they_are(staff: LogIn) -> None:
    said = text_of(await (await staff(Role.AGENT)).get("/console/packs"))
    assert "us-reg-f@" in said
    assert "not verified" in said
    assert "8 weeks DISP 1.6.2R" in said
    assert "1 business day" in said
