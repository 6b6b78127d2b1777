"""A strategy of a few steps, which the floor's creditor follows."""

from typing import Any

from tests.api.recovery.floor import Floor
from tests.api.support import Headers, key

HEAD = """
code = "trial"
version = 1
name = "Trial"
opens_after_days = 1
review_days = 7
repeat_after_days = 28
[escalation]
advisor_hours = 48
manager_hours = 48
[promises]
grace_days = 2
threshold_percent = 90
max_days_ahead = 31
min_percent_of_overdue = 10
max_broken = 2
max_promises = 12
[[stages]]
name = "only"
from_day = 1
"""


def step(key: str, day: int, action: str, more: str = "") -> str:
    return (
        f'[[steps]]\nkey = "{key}"\nday = {day}\nstage = "only"\naction = "{action}"\n'
        f"at = 10:00:00\n{more}\n"
    )


async def send(floor: Floor, path: str, body: object, who: Headers, status: int) -> Any:
    answer = await floor.api.client.post(f"/api/v1{path}", json=body, headers=who | key())
    assert answer.status_code == status, answer.text
    return answer.json()


async def follow(floor: Floor, *steps: str) -> None:
    """Let the floor's creditor follow a strategy of these steps."""
    text = {"notation": "toml", "text": HEAD + "".join(steps)}
    await send(floor, "/strategies", text, floor.manager, 201)
    approval = {"from_on": "2028-01-01"}
    await send(floor, "/strategies/trial/versions/1/approve", approval, floor.scene.admin, 200)
    body = {"creditor_id": floor.scene.creditor_id, "strategy": "trial"}
    await send(floor, "/strategy-assignments", body, floor.manager, 201)
