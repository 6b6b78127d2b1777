"""Coming in and going out of the console."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from api.audit.tables import AuditRow
from api.identity.tables import UserRow
from api.web.sessions.tables import WebSessionRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Api
from tests.web.conftest import LogIn
from tests.web.support import PASSWORD, Browser, fields, hire, log_in, text_of

COOKIE = "tenor-console"


async def test_a_stranger_is_asked_to_log_in_and_led_back(api: Api, stranger: Browser) -> None:
    answer = await stranger.get("/console?tab=mine", 303)
    assert answer.headers["location"] == "/console/log-in?next=%2Fconsole%3Ftab%3Dmine"
    page = await stranger.get(answer.headers["location"])
    who = await hire(api, Role.AGENT)
    sent = await stranger.submit(page, "/console/log-in", email=who.email, password=PASSWORD)
    assert sent.headers["location"] == "/console?tab=mine"
    assert "Sam Staff" in text_of(await stranger.get("/console"))


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/console/../x\\y", "/api/v1/loans", "/consoles"],
)
async def test_nobody_is_led_elsewhere(api: Api, stranger: Browser, elsewhere: str) -> None:
    page = await stranger.get("/console/log-in")
    who = await hire(api, Role.AGENT)
    sent = await stranger.submit(
        page, "/console/log-in", email=who.email, password=PASSWORD, next=elsewhere
    )
    assert sent.headers["location"] == "/console"


async def test_a_wrong_password_keeps_the_address_but_not_the_password(
    api: Api, stranger: Browser
) -> None:
    who = await hire(api, Role.AGENT)
    page = await stranger.get("/console/log-in")
    sent = await stranger.submit(
        page, "/console/log-in", 422, email=who.email, password="something else"
    )
    assert fields(sent, "/console/log-in")["email"] == who.email
    assert "something else" not in sent.text
    assert "is not right" in text_of(sent)
    await stranger.get("/console", 303)


async def test_guessing_is_slowed_down(api: Api, stranger: Browser) -> None:
    who = await hire(api, Role.AGENT)
    page = await stranger.get("/console/log-in")
    for _ in range(5):
        await stranger.submit(page, "/console/log-in", 422, email=who.email, password="guess")
    await stranger.submit(page, "/console/log-in", 429, email=who.email, password=PASSWORD)


async def test_a_customer_does_not_get_in(api: Api, stranger: Browser) -> None:
    who = await hire(api, Role.CUSTOMER)
    page = await stranger.get("/console/log-in")
    sent = await stranger.submit(page, "/console/log-in", 422, email=who.email, password=PASSWORD)
    assert "for the staff" in text_of(sent)
    await stranger.get("/console", 303)


async def test_log_in_makes_a_new_token_and_ends_the_session_before(
    api: Api, stranger: Browser
) -> None:
    page = await stranger.get("/console/log-in")
    planted = stranger.client.cookies[COOKIE]
    who = await hire(api, Role.AGENT)
    await stranger.submit(page, "/console/log-in", email=who.email, password=PASSWORD)
    first = stranger.client.cookies[COOKIE]
    assert first != planted
    sent = fields(await stranger.get("/console"), "/console/log-out")
    await stranger.post("/console/log-in", sent | {"email": who.email, "password": PASSWORD})
    for gone in (planted, first):
        stranger.hold(COOKIE, gone)
        await stranger.get("/console", 303)


async def test_the_cookie_is_out_of_reach(api: Api, stranger: Browser) -> None:
    answer = await log_in(stranger, await hire(api, Role.AGENT))
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the tests' API is reached over plain HTTP


async def test_log_out_ends_the_session_itself(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    await log_in(stranger, await hire(api, Role.AGENT))
    kept = stranger.client.cookies[COOKIE]
    page = await stranger.get("/console")
    await stranger.submit(page, "/console/log-out")
    stranger.hold(COOKIE, kept)
    await stranger.get("/console", 303)
    async with work() as unit:
        actions = set(
            await unit.session.scalars(
                select(AuditRow.action).where(AuditRow.subject_kind == "session")
            )
        )
    assert actions == {"session.opened", "session.ended"}


async def test_a_session_ends_when_nobody_does_anything(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    await log_in(stranger, await hire(api, Role.AGENT))
    async with work() as unit:
        await unit.session.execute(
            update(WebSessionRow).values(seen_at=WebSessionRow.seen_at - timedelta(minutes=31))
        )
    await stranger.get("/console", 303)


async def test_a_session_ends_after_a_day_of_work(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    await log_in(stranger, await hire(api, Role.AGENT))
    async with work() as unit:
        await unit.session.execute(update(WebSessionRow).values(expires_at=WebSessionRow.seen_at))
    await stranger.get("/console", 303)


async def test_work_keeps_a_session_alive(api: Api, stranger: Browser, work: WorkFactory) -> None:
    await log_in(stranger, await hire(api, Role.AGENT))
    async with work() as unit:
        await unit.session.execute(
            update(WebSessionRow).values(seen_at=WebSessionRow.seen_at - timedelta(minutes=29))
        )
        before = await unit.session.scalar(select(WebSessionRow.seen_at))
    await stranger.get("/console")
    async with work() as unit:
        after = await unit.session.scalar(select(WebSessionRow.seen_at))
    assert before is not None
    assert after is not None
    assert after - before > timedelta(minutes=28)


async def test_who_is_disabled_is_out_at_once(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    async with work() as unit:
        await unit.session.execute(
            update(UserRow).where(UserRow.id == who.id).values(disabled_at=unit.now)
        )
    await stranger.get("/console", 303)


@pytest.mark.parametrize("forged", ["", "0" * 64])
async def test_a_form_that_is_not_ours_is_refused(staff: LogIn, forged: str) -> None:
    browser = await staff(Role.AGENT)
    answer = await browser.post("/console/log-out", {"csrf": forged}, 403)
    assert "Nothing was done" in text_of(answer)
    await browser.get("/console")


async def test_a_form_sent_by_another_site_is_refused(staff: LogIn) -> None:
    browser = await staff(Role.AGENT)
    sent = fields(await browser.get("/console"), "/console/log-out")
    answer = await browser.client.post(
        "/console/log-out", data=sent, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    await browser.get("/console")


async def test_the_cookie_is_no_token_and_a_token_no_cookie(api: Api, staff: LogIn) -> None:
    browser = await staff(Role.ADMIN)
    answer = await browser.client.get("/api/v1/users")
    assert answer.status_code == 401


async def test_what_a_page_fetches_by_itself_sends_the_whole_page_to_the_log_in(
    stranger: Browser,
) -> None:
    answer = await stranger.get("/console", 200, **{"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/console/log-in?ended=1"
    assert answer.text == ""
