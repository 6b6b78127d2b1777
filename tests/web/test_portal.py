"""Customers come in by their link, see their own, promise, opt out, and start to pay."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from httpx2 import Response
from sqlalchemy import func, select, update

from api.collecting.tables import CollectionRow
from api.portal_links.service import MOST_FAILURES
from api.portal_links.tables import PortalLinkRow
from tests.api.recovery.floor import INSTALMENT, Floor, Json, WorkFactory, at
from tests.api.support import Api, key, ok
from tests.web.support import Browser, fields, open_browser, text_of

BORN = "1988-04-05"


async def link(floor: Floor, loan: Json) -> str:
    answer = await floor.api.client.post(
        f"/api/v1/customers/{loan['customer_id']}/portal-links", headers=floor.agent | key()
    )
    return urlsplit(str(ok(answer, 201)["url"])).path


async def enter(floor: Floor, browser: Browser, loan: Json, fact: str = BORN) -> Response:
    path = await link(floor, loan)
    page = await browser.get(path)
    answer = await browser.submit(page, path, fact=fact)
    assert answer.headers["location"] == "/portal"
    return answer


async def late(floor: Floor, **fields_: object) -> Json:
    loan = await floor.late_loan(born_on=BORN, **fields_)
    await floor.move(at(3, 2, 16))
    return loan


async def test_a_customer_sees_what_is_owed_and_why(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    answer = await enter(floor, stranger, loan)
    cookie = answer.headers["set-cookie"]
    assert "tenor-portal=" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/portal" in cookie
    said = text_of(await stranger.get("/portal"))
    assert f"{INSTALMENT} USD overdue" in said
    assert "I can’t pay this" in said
    assert "Money lent" in text_of(await stranger.get(f"/portal/loans/{loan['id']}"))


async def test_he_is_told_why_he_is_contacted(floor: Floor, stranger: Browser) -> None:
    await enter(floor, stranger, await late(floor))
    assert "/portal/why" in (await stranger.get("/portal")).text
    said = text_of(await stranger.get("/portal/why"))
    assert f"{INSTALMENT} USD should have been paid by now" in said
    assert f"Your payment of {INSTALMENT} USD today ends it." in said
    for internal in ("stage", "early", "strategy", "Maria Keller owes"):
        assert internal not in said


async def test_the_second_fact_is_needed_and_a_guesser_is_stopped(
    floor: Floor, stranger: Browser, work: WorkFactory
) -> None:
    loan = await late(floor)
    path = await link(floor, loan)
    page = await stranger.get(path)
    for _ in range(5):
        wrong = await stranger.submit(page, path, 422, fact="1990-01-01")
        assert "not what we have on record" in text_of(wrong)
    await stranger.submit(page, path, 429, fact=BORN)
    async with work() as unit:
        assert await unit.session.scalar(select(func.max(PortalLinkRow.failures))) == 5
        await unit.session.execute(update(PortalLinkRow).values(failures=MOST_FAILURES))
    closed = await stranger.get(path, 410)
    assert "This link is closed" in text_of(closed)


async def test_links_that_lead_nowhere(floor: Floor, stranger: Browser, work: WorkFactory) -> None:
    loan = await late(floor)
    path = await link(floor, loan)
    last = "A" if path[-10] != "A" else "B"
    forged = path[:-10] + last + path[-9:]
    assert "do not know this link" in text_of(await stranger.get(forged, 404))
    assert "do not know this link" in text_of(await stranger.get("/portal/in/é", 404))
    async with work() as unit:
        await unit.session.execute(
            update(PortalLinkRow).values(expires_at=unit.now - timedelta(seconds=1))
        )
    assert "has expired" in text_of(await stranger.get(path, 410))


async def test_nobody_sees_what_is_anothers(api: Api, floor: Floor, stranger: Browser) -> None:
    mine = await late(floor)
    theirs = await late(floor, phone="+12125550199", email="ot@x.example")
    await enter(floor, stranger, mine)
    foreign = await floor.case_id(theirs)
    csrf = fields(await stranger.get("/portal"), "/portal/log-out")["csrf"]
    missing = "019a0000-0000-7000-8000-000000000000"
    for form, case in (("loans/{}", theirs["id"]), ("loans/{}/pay", theirs["id"])):
        a = text_of(await stranger.get(f"/portal/{form.format(case)}", 404))
        b = text_of(await stranger.get(f"/portal/{form.format(missing)}", 404))
        assert a.partition("Request")[0] == b.partition("Request")[0]
    await stranger.get(f"/portal/promise/{foreign}", 404)
    sent = {"csrf": csrf, "key": "k1", "amount": "50", "due_on": "2028-03-09", "asks": "overdue"}
    await stranger.post(f"/portal/promise/{foreign}", sent, 404)
    await stranger.post(f"/portal/loans/{theirs['id']}/pay", sent, 404)
    assert (await floor.case(foreign))["promises"] == []
    # The session of the portal is none of the console, whoever carries it there.
    assert (await stranger.client.get("/console")).status_code == 303
    async with open_browser(api.app) as other:
        assert (await other.get("/portal")).headers["location"] == "/portal/log-in"


async def test_a_promise_within_policy(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    case_id = await floor.case_id(loan)
    await enter(floor, stranger, loan)
    path = f"/portal/promise/{case_id}"
    page = await stranger.get(path)
    refused = await stranger.submit(page, path, 422, due_on="2028-12-01")
    assert "The latest day we can agree here is" in text_of(refused)
    await stranger.submit(refused, path, due_on="2028-03-09", amount="60.00")
    made = (await floor.case(case_id))["promises"]
    assert [(each["amount"], each["source"]) for each in made] == [("60.00", "portal")]


async def test_he_agrees_on_dates_of_his_own_within_the_policy(
    floor: Floor, stranger: Browser
) -> None:
    loan = await late(floor)
    case_id = await floor.case_id(loan)
    await enter(floor, stranger, loan)
    path = f"/portal/plan/{case_id}"
    assert "Free and independent debt advice" in text_of(await stranger.get(path))
    for wish, said in (
        ("amount=1.00&first_on=2028-03-09&every=week", "We can agree on 24 dates at most"),
        ("amount=40.00&first_on=2028-05-01&every=week", "The first date can be 2 Apr 2028"),
        ("amount=40.00&first_on=2028-03-09&every=hour", "Choose one of these"),
        ("amount=0&first_on=2028-03-09&every=week", "above zero"),
    ):
        assert said in text_of(await stranger.get(f"{path}?{wish}", 422))
    page = await stranger.get(f"{path}?amount=40.00&first_on=2028-03-09&every=fortnight")
    said = text_of(page)
    for line in ("9 Mar 2028: 40.00 USD", "23 Mar 2028: 40.00 USD", "6 Apr 2028: 26.62 USD"):
        assert line in said.replace(" :", ":")
    assert (await floor.case(case_id))["arrangements"] == [], "looking agrees to nothing"
    await floor.pay(loan, "6.62")
    stale = await stranger.submit(page, f"{path}/agree", 422)
    assert "What is overdue has changed meanwhile" in text_of(stale)
    page = await stranger.get(f"{path}?amount=40.00&first_on=2028-03-09&every=fortnight")
    await stranger.submit(page, f"{path}/agree")
    (made,) = (await floor.case(case_id))["arrangements"]
    assert (made["status"], made["total"]) == ("open", "100.00")
    assert "The next is on 9 Mar 2028" in text_of(await stranger.get("/portal"))

    # What one person may not agree to waits for another, and changes nothing until then.
    page = await stranger.get(f"{path}?amount=20.00&first_on=2028-03-20&every=month")
    assert "Send this for approval" in text_of(page)

    other = await floor.late_loan(phone="+12125550199", email="jo@customers.example")
    await floor.move(at(3, 3, 16))
    strange = await floor.case_id(other)
    await stranger.get(f"/portal/plan/{strange}", 404)


async def test_he_accepts_an_offer(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    case_id = await floor.case_id(loan)
    offer = {"percent": "60", "valid_until": "2028-03-20", "pay_by": "2028-04-15"}
    made = await floor.act(floor.agent, case_id, "settlements", offer, 201)
    await enter(floor, stranger, loan)
    path = f"/portal/offers/{made['id']}"
    await stranger.get(path, 404)  # Nothing is offered before a second person agreed.
    await floor.act(floor.manager, case_id, f"settlements/{made['id']}/approve", None)
    assert "We have an offer for you" in text_of(await stranger.get("/portal"))
    assert "Look at the offer" in text_of(await stranger.get("/portal/help"))
    page = await stranger.get(path)
    assert "Free and independent debt advice" in text_of(page)
    await stranger.post(path, {"key": "a1"}, 403)
    await stranger.submit(page, path)
    (accepted,) = (await floor.case(case_id))["settlements"]
    assert accepted["status"] == "accepted"
    assert "You accepted" in text_of(await stranger.get(path))


async def test_out_and_in_again(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    await enter(floor, stranger, loan)
    for wish, opted_out in (("out", ["sms"]), ("in", [])):
        page = await stranger.get("/portal/preferences")
        csrf = fields(page, "/portal/preferences")["csrf"]
        sent = {"csrf": csrf, "medium": "sms", "wish": wish}
        await stranger.post("/portal/preferences", sent)
        customer = await floor.scene.get(f"/customers/{loan['customer_id']}")
        assert customer["opted_out"] == opted_out


async def test_a_double_tap_makes_one_link(
    floor: Floor, stranger: Browser, work: WorkFactory
) -> None:
    loan = await late(floor)
    await enter(floor, stranger, loan)
    path = f"/portal/loans/{loan['id']}/pay"
    page = await stranger.get(path)
    sent = fields(page, path) | {"asks": "overdue"}
    taps = await asyncio.gather(stranger.post(path, sent), stranger.post(path, sent))
    assert taps[0].headers["location"] == taps[1].headers["location"]
    on = await stranger.get(taps[0].headers["location"])
    url = on.headers["refresh"].partition("url=")[2]
    assert urlsplit(url).path.startswith("/pay/")
    async with work() as unit:
        count = select(func.count()).select_from(CollectionRow)
        rows = await unit.session.scalar(count.where(CollectionRow.from_portal))
        assert rows == 1
    # Back from the gateway the payer is led to his own page, which waits for word.
    token = urlsplit(url).path
    back = await stranger.get(f"{token}/done", 303)
    said = text_of(await stranger.get(back.headers["location"]))
    assert "waiting for word" in said


async def test_another_amount_shows_its_effect_first(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    await enter(floor, stranger, loan)
    path = f"/portal/loans/{loan['id']}/pay"
    page = await stranger.get(path)
    shown = await stranger.submit(page, path, 200, asks="overdue", amount="100.00", look="yes")
    assert "6.62 USD stay overdue" in text_of(shown)
    unclear = await stranger.submit(page, path, 422, asks="overdue", amount="100.00")
    assert "Choose “Another amount” too" in text_of(unclear)
    more = await stranger.submit(shown, path, 422, asks="other", amount="99999")
    assert "No more than" in text_of(more)


async def test_help_places_nothing_until_it_is_confirmed(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    await enter(floor, stranger, loan)
    page = await stranger.get("/portal/help")
    assert "Free and independent debt advice" in text_of(page)
    where = f"/customers/{loan['customer_id']}/advice-requests"
    assert (await floor.scene.get(where))["items"] == []
    await stranger.submit(page, "/portal/help")
    assert len((await floor.scene.get(where))["items"]) == 1


async def test_log_out_ends_the_session(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    await enter(floor, stranger, loan)
    token = stranger.client.cookies["tenor-portal"]
    await stranger.submit(await stranger.get("/portal"), "/portal/log-out")
    stranger.client.cookies.set("tenor-portal", token, path="/portal")
    assert (await stranger.get("/portal", 303)).headers["location"] == "/portal/log-in"


async def test_a_customer_says_that_he_has_paid(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    foreign = await late(floor, phone="+12125550177", email="foreign@customers.example")
    await enter(floor, stranger, loan)
    path = f"/portal/loans/{loan['id']}/paid-already"
    page = await stranger.get(path)
    assert fields(page, path)["amount"] == INSTALMENT
    refused = await stranger.submit(page, path, 422, paid_on="2028-04-01")
    assert "The value date lies between" in text_of(refused)
    done = await stranger.submit(page, path, reference="RF-18")
    assert done.headers["location"] == "/portal?done=report"
    said = text_of(await stranger.get("/portal"))
    assert f"on its way {INSTALMENT} USD" in said
    assert f"{INSTALMENT} USD overdue" in said
    (told,) = (await floor.scene.get("/payments?status=reported"))["items"]  # type: ignore[misc]
    assert (told["reference"], told["life"]["source"]) == ("RF-18", "customer")
    theirs = f"/portal/loans/{foreign['id']}/paid-already"
    await stranger.get(theirs, 404)
    await stranger.post(theirs, fields(page, path), 404)


async def test_he_finds_letters_and_notices_and_reads_them(floor: Floor, stranger: Browser) -> None:
    loan = await late(floor)
    letter = ok(
        await floor.api.client.post(
            f"/api/v1/loans/{loan['id']}/letters",
            json={"code": "default_notice"},
            headers=floor.agent | key(),
        ),
        201,
    )
    await enter(floor, stranger, loan)
    page = await stranger.get("/portal/notices")
    assert "Notice of default" in text_of(page)
    file = await stranger.get(f"/portal/letters/{letter['id']}")
    assert file.content.startswith(b"%PDF-")
    assert file.headers["cache-control"] == "private, no-store"
    await stranger.get(f"/portal/letters/{loan['id']}", 404)


async def test_a_party_is_told_his_own_role_and_nobody_elses(
    floor: Floor, stranger: Browser
) -> None:
    scene = floor.scene
    maria = await scene.customer()
    jo = await scene.customer(name="Jo Sutter", born_on=BORN)
    loan = await scene.loan(maria, parties=[{"customer_id": jo, "role": "guarantor"}])
    await enter(floor, stranger, loan | {"customer_id": jo})
    said = text_of(await stranger.get(f"/portal/loans/{loan['id']}"))
    assert "You guarantee this loan. You need not pay unless we give you notice" in said
    assert "Keller" not in said
