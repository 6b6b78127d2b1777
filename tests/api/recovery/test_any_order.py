"""Whatever happens to a customer, in whatever order: the case and its messages stay right."""

import os

import pytest

from tests.api.ledger.tying import untied
from tests.api.recovery.floor import Floor
from tests.api.recovery.life import begin

LIVES = int(os.environ.get("TENOR_LIVES", "4"))
ACTS = 24


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(LIVES))
async def test_a_life_in_any_order_breaks_no_rule(floor: Floor, seed: int) -> None:
    life = await begin(floor, seed)
    await life.settle()
    for _ in range(ACTS):
        await life.chance.choice(life.acts())()
        await life.settle()
    assert life.log
    await floor.scene.trial_balance()
    assert await untied(floor.scene) == ()
