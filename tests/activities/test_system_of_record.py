"""The REST client against a server that speaks the wire: tokens, problems, outages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from aiohttp import web
from temporalio.exceptions import ApplicationError

from activities.system_of_record import Credentials, SystemOfRecord
from contracts.work import AckWakes, LeaseWakes, StepRef

LOAN = UUID("0192f0c1-2b3c-7def-8a90-000000000001")
ADVANCE = {
    "loan_id": str(LOAN),
    "number": "LN-1",
    "state": "active",
    "bucket": "current",
    "finished": False,
    "next_wake_at": "2028-03-01T06:00:00Z",
    "next_action": "remind",
}
SECRET = "not-to-be-seen-anywhere"


class Api:
    """A stand-in: tokens that can be revoked, and one scripted answer for each call."""

    def __init__(self) -> None:
        self.tokens = 0
        self.valid = ""
        self.lifetime = 900
        self.calls: list[tuple[str, str, str]] = []
        self.answers: list[web.Response] = []
        self.forms: list[dict[str, str]] = []

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.forms.append({key: str(value) for key, value in form.items()})
        if form["client_secret"] != SECRET:
            return problem(401, "unauthenticated")
        self.tokens += 1
        self.valid = f"token-{self.tokens}"
        return web.json_response(
            {"access_token": self.valid, "token_type": "bearer", "expires_in": self.lifetime}
        )

    async def call(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.calls.append((request.path, body, request.headers.get("Content-Type", "")))
        if request.headers["Authorization"] != f"Bearer {self.valid}":
            return problem(401, "unauthenticated")
        return self.answers.pop(0) if self.answers else web.json_response(ADVANCE)


def problem(status: int, code: str, **headers: str) -> web.Response:
    return web.json_response(
        {"type": f"/problems/{code}", "title": code, "status": status, "code": code, "detail": "d"},
        status=status,
        content_type="application/problem+json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/api/v1/auth/token", api.token)
    app.router.add_post("/{path:.*}", api.call)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
async def url(api: Api) -> AsyncIterator[str]:
    async with served(api) as address:
        yield address


@pytest.fixture
async def system(url: str) -> AsyncIterator[SystemOfRecord]:
    async with SystemOfRecord(url, Credentials("loans", SECRET)) as client:
        yield client


async def test_a_call_authenticates_once_and_answers_a_typed_model(
    api: Api, system: SystemOfRecord
) -> None:
    first = await system.advance_loan(LOAN)
    await system.advance_loan(LOAN)
    assert first.number == "LN-1"
    assert api.tokens == 1
    assert api.forms == [
        {"grant_type": "client_credentials", "client_id": "loans", "client_secret": SECRET}
    ]
    assert api.calls == [(f"/api/v1/loans/{LOAN}/advance", "", "")] * 2


async def test_many_first_calls_fetch_one_token(api: Api, system: SystemOfRecord) -> None:
    await asyncio.gather(*(system.advance_loan(LOAN) for _ in range(20)))
    assert api.tokens == 1


async def test_a_refused_token_is_renewed_once(api: Api, system: SystemOfRecord) -> None:
    await system.advance_loan(LOAN)
    api.valid = "another"
    await system.advance_loan(LOAN)
    assert api.tokens == 2
    api.answers = [problem(401, "unauthenticated"), problem(401, "unauthenticated")]
    with pytest.raises(ApplicationError) as refused:
        await system.advance_loan(LOAN)
    assert refused.value.type == "unauthenticated"
    assert not refused.value.non_retryable
    assert api.tokens == 3


async def test_a_token_is_renewed_shortly_before_it_expires(api: Api, url: str) -> None:
    now = 0.0
    async with SystemOfRecord(url, Credentials("loans", SECRET), clock=lambda: now) as system:
        await system.advance_loan(LOAN)
        now = 860.0
        await system.advance_loan(LOAN)
        assert api.tokens == 1
        now = 875.0
        await system.advance_loan(LOAN)
    assert api.tokens == 2


async def test_wrong_credentials_are_tried_again_and_never_told(api: Api, url: str) -> None:
    credentials = Credentials("loans", "wrong-" + SECRET)
    async with SystemOfRecord(url, credentials) as system:
        with pytest.raises(ApplicationError) as refused:
            await system.advance_loan(LOAN)
    assert refused.value.type == "unauthenticated"
    assert not refused.value.non_retryable
    assert SECRET not in repr(refused.value) + repr(credentials)


async def test_a_problem_becomes_a_failure_of_its_code(api: Api, system: SystemOfRecord) -> None:
    api.answers = [problem(409, "case-not-open")]
    step = StepRef(case_id=LOAN, step_key="day-1", anchor_on=date(2028, 2, 1))
    with pytest.raises(ApplicationError) as refused:
        await system.perform_step(step)
    assert refused.value.type == "case-not-open"
    assert refused.value.non_retryable
    assert api.calls == [
        (f"/api/v1/recovery-cases/{LOAN}/steps", step.model_dump_json(), "application/json")
    ]


@pytest.mark.parametrize(("status", "code"), [(503, "unavailable"), (429, "too-many-attempts")])
async def test_retry_after_says_when_to_try_again(
    api: Api, system: SystemOfRecord, status: int, code: str
) -> None:
    api.answers = [problem(status, code, Retry_After="7")]
    with pytest.raises(ApplicationError) as refused:
        await system.advance_loan(LOAN)
    assert refused.value.next_retry_delay == timedelta(seconds=7)
    assert not refused.value.non_retryable


@pytest.mark.parametrize(
    ("answer", "code", "final"),
    [
        (web.Response(status=502, text="<html>bad gateway</html>"), "unavailable", False),
        (web.Response(status=404, text="nothing here"), "http-404", True),
        (web.json_response({"loan_id": "canary@example.test"}), "internal-error", False),
        (web.Response(text="not JSON: canary@example.test"), "internal-error", False),
    ],
)
async def test_what_is_no_answer_is_a_failure_that_repeats_nothing(
    api: Api, system: SystemOfRecord, answer: web.Response, code: str, final: bool
) -> None:
    api.answers = [answer]
    with pytest.raises(ApplicationError) as refused:
        await system.advance_loan(LOAN)
    assert refused.value.type == code
    assert refused.value.non_retryable is final
    assert "canary" not in f"{refused.value!r}{refused.value.__cause__!r}"


async def test_an_api_that_is_away_is_tried_again(api: Api) -> None:
    async with served(api) as address:
        pass
    async with SystemOfRecord(address, Credentials("loans", SECRET)) as system:
        with pytest.raises(ApplicationError) as refused:
            await system.advance_loan(LOAN)
    assert refused.value.type == "unavailable"
    assert not refused.value.non_retryable


async def test_an_empty_answer_is_enough_where_nothing_is_told(
    api: Api, system: SystemOfRecord
) -> None:
    api.answers = [web.Response(status=204), web.json_response({"items": []})]
    await system.ack_wakes(AckWakes(failed=["loan:1"]))
    assert (await system.lease_wakes(LeaseWakes(wait_seconds=0))).items == []
    assert [path for path, _, _ in api.calls] == ["/api/v1/wakes/ack", "/api/v1/wakes/lease"]
