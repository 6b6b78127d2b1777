"""Strategies: shipped ones are kept once; staff write, approve, assign, compare and retire."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api.strategies import service as strategies
from api.strategies.tables import StrategyRow
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import Action
from tests.api.recovery.floor import Floor, at
from tests.api.support import key, ok

DEFAULT = next(file for file in strategies.SHIPPED if file.stem == "default")
TODAY = date(2028, 2, 1)

SHIPPED = 2
"""The version of the default strategy that is shipped."""


async def test_the_shipped_strategies_are_kept_once(floor: Floor) -> None:
    async with floor.work() as work:
        await strategies.ensure_shipped(work)
        await strategies.ensure_shipped(work)
        count = await work.session.scalar(select(func.count()).select_from(StrategyRow))
        current = await strategies.current(work, "default", TODAY)
        again = await strategies.by_id(work, current.id)
    assert count == len(strategies.SHIPPED) == 3
    assert again == current.strategy
    assert again.steps[0].action is Action.REMIND


async def test_a_changed_strategy_needs_a_new_version(floor: Floor, tmp_path: Path) -> None:
    changed = tmp_path / "default.toml"
    changed.write_text(DEFAULT.read_text().replace("review_days = 7", "review_days = 8"))
    async with floor.work() as work:
        with pytest.raises(DomainError) as refusal:
            await strategies.ensure_shipped(work, [changed])
    assert refusal.value.code is ErrorCode.INVALID_STRATEGY
    # A version of the house that has the number of a later shipped one stands.
    await post(floor, "/strategies", text(review="review_days = 5"), status=201)
    changed.write_text(text()["text"])
    async with floor.work() as work:
        await strategies.ensure_shipped(work, [changed])
        kept = await strategies.version(work, "default", SHIPPED + 1)
    assert kept.strategy.review_days == 5


async def test_strategies_are_read_over_http(floor: Floor) -> None:
    listed: Any = ok(await floor.api.client.get("/api/v1/strategies", headers=floor.agent))
    assert [each["code"] for each in listed["items"]] == [
        "default",
        "gentle",
        "microfinance_weekly",
    ]
    one: Any = ok(await floor.api.client.get("/api/v1/strategies/default", headers=floor.agent))
    assert one == listed["items"][0]
    assert one["stages"] == ["early", "firm", "advisor", "late"]
    assert one["steps"][0] == {
        "key": "upcoming_email",
        "day": -3,
        "action": "remind",
        "channel": "email",
        "template": "upcoming",
        "stage": "pre_due",
        "to": "primary",
        "letter": None,
    }
    missing = await floor.api.client.get("/api/v1/strategies/nothing", headers=floor.agent)
    assert missing.status_code == 404


# -- written by staff --------------------------------------------------------------------------


def text(version: int = SHIPPED + 1, *, code: str = "default", **changes: str) -> dict[str, str]:
    """The default strategy as a new version, with lines of it replaced."""
    written = DEFAULT.read_text().replace(f"version = {SHIPPED}", f"version = {version}")
    written = written.replace('code = "default"', f'code = "{code}"')
    for before, after in changes.items():
        old = {"review": "review_days = 7", "call": "\nday = 15\n"}[before]
        assert old in written
        written = written.replace(old, after, 1)
    return {"notation": "toml", "text": written}


async def post(floor: Floor, path: str, body: object, who: Any = None, status: int = 200) -> Any:
    answer = await floor.api.client.post(
        f"/api/v1{path}", json=body, headers=(who or floor.manager) | key()
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def approve(
    floor: Floor, code: str = "default", version: int = SHIPPED + 1, **body: str
) -> Any:
    """The administrator approves: the manager wrote it."""
    body = {"from_on": "2028-01-01"} | body
    return await post(
        floor, f"/strategies/{code}/versions/{version}/approve", body, floor.scene.admin
    )


async def in_use(floor: Floor, on: date) -> int:
    async with floor.work() as work:
        return (await strategies.current(work, "default", on)).strategy.version


async def test_a_draft_is_used_from_its_day_on_once_a_second_person_approves(floor: Floor) -> None:
    drafted = await post(floor, "/strategies", text(review="review_days = 5"), status=201)
    assert (drafted["status"], drafted["from_on"]) == ("draft", None)
    assert "review_days = 5" in drafted["text"]
    assert await in_use(floor, TODAY) == SHIPPED
    own = await post(
        floor,
        f"/strategies/default/versions/{SHIPPED + 1}/approve",
        {"from_on": "2028-02-10"},
        status=403,
    )
    assert own["code"] == "own-request"
    approved = await approve(floor, from_on="2028-02-10")
    assert (approved["status"], approved["from_on"]) == ("approved", "2028-02-10")
    assert [await in_use(floor, date(2028, 2, day)) for day in (9, 10)] == [SHIPPED, SHIPPED + 1]
    again = await floor.api.client.post(
        f"/api/v1/strategies/default/versions/{SHIPPED + 1}/approve",
        json={"from_on": "2028-02-10"},
        headers=floor.scene.admin | key(),
    )
    assert again.json()["code"] == "illegal-transition"


async def test_a_retired_version_gives_way_to_the_one_before(floor: Floor) -> None:
    await post(floor, "/strategies", text(), status=201)
    await approve(floor)
    assert await in_use(floor, TODAY) == SHIPPED + 1
    await post(floor, f"/strategies/default/versions/{SHIPPED + 1}/retire", {})
    assert await in_use(floor, TODAY) == SHIPPED
    shipped = await post(floor, f"/strategies/default/versions/{SHIPPED}/retire", {}, status=409)
    assert shipped["code"] == "illegal-transition"


async def test_a_text_with_mistakes_is_refused_with_all_of_them(floor: Floor) -> None:
    broken = text(review="review_days = 0", call='\nday = "x"\n')
    checked = await post(floor, "/strategies/lint", broken)
    assert not checked["ok"]
    lines = broken["text"].splitlines()
    assert {each["path"]: lines[each["line"] - 1] for each in checked["mistakes"]} == {
        "review_days": "review_days = 0",
        "steps[3].day": 'day = "x"',
    }
    refused = await post(floor, "/strategies", broken, status=422)
    assert refused["code"] == "invalid-strategy"
    told = " ".join(str(value) for value in refused.values())
    assert "review_days must be a whole number" in told
    assert "steps[3].day must be a whole number" in told


async def test_a_version_rises(floor: Floor) -> None:
    refused = await post(floor, "/strategies", text(version=SHIPPED), status=409)
    assert refused["code"] == "conflict"


async def test_only_managers_write(floor: Floor) -> None:
    await post(floor, "/strategies", text(), floor.agent, status=403)


async def test_versions_are_listed_and_compared(floor: Floor) -> None:
    await post(floor, "/strategies", text(review="review_days = 5"), status=201)
    listed: Any = ok(
        await floor.api.client.get(
            "/api/v1/strategies/default/versions?limit=1", headers=floor.agent
        )
    )
    assert [each["version"] for each in listed["items"]] == [SHIPPED + 1]
    rest: Any = ok(
        await floor.api.client.get(
            f"/api/v1/strategies/default/versions?limit=1&cursor={listed['next_cursor']}",
            headers=floor.agent,
        )
    )
    assert [(each["version"], each["status"]) for each in rest["items"]] == [(SHIPPED, "shipped")]
    diff: Any = ok(
        await floor.api.client.get(
            f"/api/v1/strategies/default/versions/{SHIPPED + 1}/diff?against={SHIPPED}",
            headers=floor.agent,
        )
    )
    assert diff["differences"] == [{"path": "review_days", "before": "7", "after": "5"}]


async def test_a_product_goes_before_its_creditor(floor: Floor) -> None:
    by = strategies.Follower(UUID(floor.scene.creditor_id), floor.scene.product, "default")

    async def followed() -> str:
        async with floor.work() as work:
            return (await strategies.followed(work, by, TODAY)).strategy.code

    async def assign(strategy: str | None, product_code: str | None = None) -> None:
        body = {
            "creditor_id": str(by.creditor_id),
            "product_code": product_code,
            "strategy": strategy,
        }
        await post(floor, "/strategy-assignments", body, status=201)

    assert await followed() == "default"
    await assign("gentle")
    assert await followed() == "gentle"
    await assign("microfinance_weekly", by.product_code)
    assert await followed() == "microfinance_weekly"
    await assign(None, by.product_code)
    assert await followed() == "gentle"
    listed: Any = ok(
        await floor.api.client.get("/api/v1/strategy-assignments", headers=floor.agent)
    )
    assert [each["strategy"] for each in listed["items"]] == ["gentle", "microfinance_weekly", None]


async def test_cases_go_over_to_another_version_as_the_preview_said(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 3))
    case_id = await floor.case_id(loan)
    assert (await floor.run(case_id))[1] == ["gentle_sms"]
    later = text(call="\nday = 17\n")
    await post(floor, "/strategies", later, status=201)
    move = {
        "from_strategy": "default",
        "from_version": SHIPPED,
        "to_strategy": "default",
        "to_version": SHIPPED + 1,
    }
    early = await post(floor, "/recovery-cases/migrations?dry_run=true", move, status=409)
    assert early["code"] == "illegal-transition"
    await approve(floor)
    shown = await post(floor, "/recovery-cases/migrations?dry_run=true", move)
    assert not shown["applied"]
    (one,) = shown["cases"]
    assert (one["stage_before"], one["next_before"], one["next_after"]) == (
        "early",
        "details_email",
        "details_email",
    )
    assert (await floor.case(case_id))["strategy_version"] == SHIPPED
    wanted = (await floor.wake(case_id))[0]
    applied = await post(floor, "/recovery-cases/migrations", move)
    assert applied["cases"] == shown["cases"]
    assert applied["next_after_number"] is None
    assert (await floor.case(case_id))["strategy_version"] == SHIPPED + 1
    assert (await floor.wake(case_id))[0] == wanted + 1
    assert f"Strategy default {SHIPPED} → default {SHIPPED + 1}" in await floor.story(case_id)
    plan, done = await floor.run(case_id)
    assert done == []
    assert plan["next_step"]["key"] == "details_email"
    nobody = await post(floor, "/recovery-cases/migrations?dry_run=true", move)
    assert nobody["cases"] == []


async def test_what_another_strategy_has_behind_is_left_out(floor: Floor) -> None:
    loan = await floor.late_loan()
    await floor.move(at(3, 10))
    case_id = await floor.case_id(loan)
    await floor.run(case_id)
    move = {
        "from_strategy": "default",
        "from_version": SHIPPED,
        "to_strategy": "gentle",
        "to_version": 2,
    }
    applied = await post(floor, "/recovery-cases/migrations", move)
    (one,) = applied["cases"]
    assert one["left_out"] == ["soft_sms"]
    assert (one["stage_after"], one["next_after"]) == ("reminder", "how_to_pay")
    plan, done = await floor.run(case_id)
    assert done == []
    assert plan["stage"] == "reminder"
