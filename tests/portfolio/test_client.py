"""The REST client: tokens, keys, retries, problems, pages."""

from uuid import UUID

import httpx2
import pytest

from contracts.base import Page, Reference
from contracts.clocks import AdvanceClock, WakeCounts
from tenor.client import LogInData, RestClient, RestError
from tests.portfolio.fake_api import FakeApi, answer, problem, sent

COUNTS = {"active_loans": 1, "open_cases": 2, "unsettled": 0, "oldest_unsettled_seconds": 0}


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> FakeApi:
    fake = FakeApi()
    fake.on("GET", "/work-counts", lambda _: answer(COUNTS))
    return fake


def client_of(api: FakeApi, clock: Clock) -> RestClient:
    return RestClient(
        "http://api.example/",
        LogInData("admin@mail.example", "a secret"),
        clock=clock,
        pause=clock.pause,
        transport=api.transport(),
    )


async def test_it_logs_in_once_and_says_who_it_is(api: FakeApi, clock: Clock) -> None:
    async with client_of(api, clock) as client:
        await client.get("/work-counts", WakeCounts)
        assert (await client.get("/work-counts", WakeCounts)).open_cases == 2
    assert sent(api.asked("/auth/login")[0]) == {
        "email": "admin@mail.example",
        "password": "a secret",
    }
    assert api.log_ins == 1
    assert api.asked("/work-counts")[1].headers["Authorization"] == "Bearer token-1"


async def test_the_token_is_renewed_before_it_expires(api: FakeApi, clock: Clock) -> None:
    async with client_of(api, clock) as client:
        await client.get("/work-counts", WakeCounts)
        clock.now = 800.0
        await client.get("/work-counts", WakeCounts)
        assert api.log_ins == 1
        clock.now = 820.0
        await client.get("/work-counts", WakeCounts)
    assert api.log_ins == 2


async def test_a_refused_token_is_renewed_once(api: FakeApi, clock: Clock) -> None:
    api.on(
        "GET",
        "/work-counts",
        lambda request: (
            answer(COUNTS)
            if request.headers["Authorization"] == "Bearer token-2"
            else problem(401, "unauthenticated")
        ),
    )
    async with client_of(api, clock) as client:
        await client.get("/work-counts", WakeCounts)
    assert api.log_ins == 2


async def test_a_call_is_repeated_with_its_key_until_there_is_an_answer(
    api: FakeApi, clock: Clock
) -> None:
    troubles = iter(["broken", "503", "409", "fine"])

    def post(request: httpx2.Request) -> httpx2.Response:
        match next(troubles):
            case "broken":
                raise httpx2.ReadError("the server was killed")
            case "503":
                return problem(503, "unavailable")
            case "409":
                return problem(409, "idempotency-in-progress")
            case _:
                return answer(COUNTS, **{"Idempotent-Replayed": "true"})

    api.on("POST", "/payments", post)
    async with client_of(api, clock) as client:
        posted = await client.post_once("/payments", WakeCounts, AdvanceClock(days=1), "key-7")
    assert posted.replayed
    tries = api.asked("/payments")
    assert [each.headers["Idempotency-Key"] for each in tries] == ["key-7"] * 4
    assert {each.content for each in tries} == {b'{"days":1}'}
    assert clock.pauses == sorted(clock.pauses)


async def test_a_log_in_waits_as_long_as_it_is_asked_to(api: FakeApi, clock: Clock) -> None:
    answers = iter(
        [
            answer({"code": "too-many-attempts"}, 429, **{"Retry-After": "60"}),
            answer({"access_token": "late", "expires_in": 900}),
        ]
    )
    api.on("POST", "/auth/login", lambda _: next(answers))
    async with client_of(api, clock) as client:
        await client.get("/work-counts", WakeCounts)
    assert clock.pauses == [60.0]


async def test_patience_ends(api: FakeApi, clock: Clock) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody listens")

    api.on("GET", "/work-counts", broken)
    async with client_of(api, clock) as client:
        with pytest.raises(RestError) as gone:
            await client.get("/work-counts", WakeCounts)
    assert (gone.value.status, gone.value.code) == (0, "unavailable")
    assert 60 < clock.now < 91


async def test_a_refusal_comes_at_once_with_its_parts(api: FakeApi, clock: Clock) -> None:
    api.on(
        "POST",
        "/loans",
        lambda _: problem(
            422,
            "invalid-request",
            facts={"field": "principal"},
            errors=[{"at": ["body", "principal"], "message": "is no amount", "type": "x"}],
        ),
    )
    async with client_of(api, clock) as client:
        with pytest.raises(RestError) as refused:
            await client.post("/loans", WakeCounts, None, "k")
    assert refused.value.code == "invalid-request"
    assert refused.value.facts == {"field": "principal"}
    assert [(fault.at, fault.message) for fault in refused.value.fields] == [
        ("body.principal", "is no amount")
    ]
    assert clock.pauses == []


async def test_a_conflict_that_is_none_of_timing_is_a_refusal(api: FakeApi, clock: Clock) -> None:
    api.on("POST", "/loans", lambda _: problem(409, "conflict", facts={"loan_id": "x"}))
    async with client_of(api, clock) as client:
        with pytest.raises(RestError, match="conflict"):
            await client.post("/loans", WakeCounts, None, "k")
    assert clock.pauses == []


async def test_what_is_no_problem_goes_by_its_status(api: FakeApi, clock: Clock) -> None:
    api.on("GET", "/work-counts", lambda _: httpx2.Response(418, text="<html>"))
    async with client_of(api, clock) as client:
        with pytest.raises(RestError, match="http-418"):
            await client.get("/work-counts", WakeCounts)


async def test_an_answer_of_another_shape_is_told_without_its_content(
    api: FakeApi, clock: Clock
) -> None:
    api.on("GET", "/work-counts", lambda _: answer({"name": "Ada Example"}))
    async with client_of(api, clock) as client:
        with pytest.raises(RestError) as refused:
            await client.get("/work-counts", WakeCounts)
    assert "Ada" not in str(refused.value)
    assert refused.value.__cause__ is None


async def test_a_list_is_walked_page_by_page(api: FakeApi, clock: Clock) -> None:
    row = {"id": str(UUID(int=1))}

    def page(request: httpx2.Request) -> httpx2.Response:
        assert request.url.params["limit"] == "200"
        assert request.url.params["status"] == "open"
        is_first = "cursor" not in request.url.params
        return answer({"items": [row], "next_cursor": "two" if is_first else None})

    api.on("GET", "/rows", page)
    async with client_of(api, clock) as client:
        query = {"status": "open"}
        rows = [each async for each in client.pages("/rows", Page[Reference], query)]
    assert len(rows) == 2


def test_a_password_does_not_show() -> None:
    assert "secret" not in repr(LogInData("a@mail.example", "secret"))
