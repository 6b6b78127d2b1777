"""Coming in and going out of the console."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from api.audit.tables import AuditRow
from api.identity.tables import RefreshTokenRow, SessionRow, UserRow
from api.web.sessions.tables import WebSessionRow
from contracts.names import Role
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, ok
from tests.web.conftest import LogIn
from tests.web.support import PASSWORD, Browser, Staff, fields, hire, log_in, text_of

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


async def test_a_log_in_opens_one_session_and_no_token(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    async with work() as unit:
        rows = (
            await unit.session.scalars(select(SessionRow).where(SessionRow.user_id == who.id))
        ).all()
        tokens = await unit.session.scalars(
            select(RefreshTokenRow).where(RefreshTokenRow.session_id.in_([row.id for row in rows]))
        )
        assert [row.kind for row in rows] == ["console"]
        assert tokens.all() == []
        (kept,) = await unit.session.scalars(
            select(WebSessionRow).where(WebSessionRow.user_id == who.id)
        )
        assert kept.id == rows[0].id


async def test_who_is_no_member_of_staff_leaves_no_session_behind(
    api: Api, stranger: Browser, work: WorkFactory
) -> None:
    who = await hire(api, Role.CUSTOMER)
    page = await stranger.get("/console/log-in")
    await stranger.submit(page, "/console/log-in", 422, email=who.email, password=PASSWORD)
    async with work() as unit:
        found = await unit.session.scalar(select(SessionRow).where(SessionRow.user_id == who.id))
    assert found is None


async def by_token(api: Api, who: Staff) -> Headers:
    """The headers of the same person, logged in by a program."""
    body = {"email": who.email, "password": PASSWORD}
    pair = ok(await api.client.post("/api/v1/auth/login", json=body))
    return {"Authorization": f"Bearer {pair['access_token']}"}


async def test_a_session_is_listed_and_ended_from_elsewhere(api: Api, stranger: Browser) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    headers = await by_token(api, who)
    listed = ok(await api.client.get("/api/v1/auth/sessions", headers=headers))["items"]
    assert isinstance(listed, list)
    assert [(one["kind"], one["current"]) for one in listed] == [("console", False), ("api", True)]
    await stranger.get("/console")
    ended = await api.client.delete(f"/api/v1/auth/sessions/{listed[0]['id']}", headers=headers)
    assert ended.status_code == 204
    await stranger.get("/console", 303)
    assert (await api.client.get("/api/v1/auth/me", headers=headers)).status_code == 200


async def test_log_out_everywhere_ends_the_console_too(api: Api, stranger: Browser) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    headers = await by_token(api, who)
    assert (await api.client.delete("/api/v1/auth/sessions", headers=headers)).status_code == 204
    await stranger.get("/console", 303)


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another long password"}])
async def test_an_administrators_change_ends_the_console_too(
    api: Api, actors: Actors, stranger: Browser, change: dict[str, object]
) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    headers = await actors.admin() | {"If-Match": '"1"'}
    ok(await api.client.patch(f"/api/v1/users/{who.id}", json=change, headers=headers))
    await stranger.get("/console", 303)
    # What was ended stays so when he may come in again.
    ok(
        await api.client.patch(
            f"/api/v1/users/{who.id}",
            json={"disabled": False},
            headers=headers | {"If-Match": '"2"'},
        )
    )
    await stranger.get("/console", 303)


async def test_log_out_takes_the_session_from_the_list(api: Api, stranger: Browser) -> None:
    who = await hire(api, Role.AGENT)
    await log_in(stranger, who)
    await stranger.submit(await stranger.get("/console"), "/console/log-out")
    headers = await by_token(api, who)
    listed = ok(await api.client.get("/api/v1/auth/sessions", headers=headers))["items"]
    assert isinstance(listed, list)
    assert [one["kind"] for one in listed] == ["api"]


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
        await unit.session.execute(
            update(SessionRow).values(expires_at=SessionRow.expires_at - timedelta(minutes=29))
        )
        before = await unit.session.scalar(select(WebSessionRow.seen_at))
        ends_before = await unit.session.scalar(select(SessionRow.expires_at))
    await stranger.get("/console")
    async with work() as unit:
        after = await unit.session.scalar(select(WebSessionRow.seen_at))
        ends_after = await unit.session.scalar(select(SessionRow.expires_at))
    assert before is not None
    assert after is not None
    assert after - before > timedelta(minutes=28)
    assert ends_before is not None
    assert ends_after is not None
    assert ends_after - ends_before > timedelta(minutes=28)


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
