"""Strategies: the default one is kept once, versions never change."""

from typing import Any

import pytest
from sqlalchemy import func, select

from api.strategies import service as strategies
from api.strategies.tables import StrategyRow
from domain.errors import DomainError, ErrorCode
from domain.recovery.strategy import Action
from tests.api.recovery.floor import Floor
from tests.api.support import ok


async def test_the_default_strategy_is_kept_once(floor: Floor) -> None:
    async with floor.work() as work:
        await strategies.ensure_default(work)
        await strategies.ensure_default(work)
        count = await work.session.scalar(select(func.count()).select_from(StrategyRow))
        current = await strategies.current(work, "default")
        again = await strategies.by_id(work, current.id)
    assert count == 1
    assert again == current.strategy
    assert again.steps[0].action is Action.REMIND


async def test_a_changed_strategy_needs_a_new_version(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    changed = tmp_path / "default.toml"
    text = strategies.DEFAULT_FILE.read_text()
    changed.write_text(text.replace("review_days = 7", "review_days = 8"))
    monkeypatch.setattr(strategies, "DEFAULT_FILE", changed)
    async with floor.work() as work:
        with pytest.raises(DomainError) as refusal:
            await strategies.ensure_default(work)
    assert refusal.value.code is ErrorCode.INVALID_STRATEGY


async def test_strategies_are_read_over_http(floor: Floor) -> None:
    listed: Any = ok(await floor.api.client.get("/api/v1/strategies", headers=floor.agent))
    (shown,) = listed["items"]
    one: Any = ok(await floor.api.client.get("/api/v1/strategies/default", headers=floor.agent))
    assert one == shown
    assert one["stages"] == ["early", "firm", "advisor", "late"]
    assert one["steps"][0] == {
        "key": "upcoming_email",
        "day": -3,
        "action": "remind",
        "channel": "email",
        "template": "upcoming",
        "stage": "pre_due",
    }
    missing = await floor.api.client.get("/api/v1/strategies/nothing", headers=floor.agent)
    assert missing.status_code == 404
