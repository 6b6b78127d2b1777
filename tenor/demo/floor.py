"""The demo's collections floor: when its lenders work, who is in its team, and one hand-over.

Cases are given to people by rule. The second agent goes on holiday, and the rules share out what
she had; what opens meanwhile goes to her colleagues.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final
from uuid import UUID

from contracts.base import Page
from contracts.casework import Caseworker, HandOver, HandOverPage, NewTeam, Workload
from contracts.casework import Team as CaseTeam
from contracts.parties import BusinessHours, Creditor, OpeningHours, SetBusinessHours
from tenor.client import RestClient
from tenor.demo.team import Team

DESK: Final = "desk"
AGENT_CAPACITY: Final = 40
COLLEAGUE_CAPACITY: Final = 20
ADVISOR_CAPACITY: Final = 15

AWAY_AFTER: Final = timedelta(days=24)
"""So long after its start the second agent goes on holiday."""
AWAY_FOR: Final = timedelta(days=9)

_WEEKDAYS: Final = 5
_SATURDAY: Final = {"IN": OpeningHours(opens=time(10), closes=time(14))}
"""Where Saturday mornings are worked."""
_HOLIDAYS: Final = {
    "US": (date(2028, 2, 21), date(2028, 5, 29)),
    "GB": (date(2028, 4, 14), date(2028, 4, 17), date(2028, 5, 1)),
    "DE": (date(2028, 4, 14), date(2028, 4, 17), date(2028, 5, 1)),
    "JP": (date(2028, 2, 11), date(2028, 2, 23), date(2028, 3, 20)),
    "IN": (date(2028, 1, 26), date(2028, 4, 14)),
}
"""Days of the first months on which nobody works, by country."""


@dataclass(frozen=True, slots=True)
class Caseworkers:
    """Who works the cases, by user."""

    agent: UUID
    colleague: UUID
    advisor: UUID


async def open_floor(team: Team, people: Caseworkers) -> None:
    """Set up the hours of every creditor, and the team; raises `RestError`."""
    manager = team.manager
    async for creditor in manager.pages("/creditors", Page[Creditor]):
        await team.admin.put(
            f"/creditors/{creditor.id}/business-hours",
            Creditor,
            SetBusinessHours(business_hours=hours_in(creditor.country)),
            seen=creditor.version,
        )
    await manager.post("/teams", CaseTeam, NewTeam(code=DESK, name="Desk"), "demo:team")
    for user_id, capacity, skills in (
        (people.agent, AGENT_CAPACITY, []),
        (people.colleague, COLLEAGUE_CAPACITY, ["microfinance"]),
        (people.advisor, ADVISOR_CAPACITY, ["vulnerable"]),
    ):
        await manager.put(
            f"/caseworkers/{user_id}",
            Workload,
            Caseworker(team=DESK, capacity=capacity, skills=skills),
        )


def hours_in(country: str) -> BusinessHours:
    """When the lenders of a country work: on weekdays from nine to five, but for holidays."""
    day = OpeningHours(opens=time(9), closes=time(17))
    week = [day] * _WEEKDAYS + [_SATURDAY.get(country), None]
    return BusinessHours(week=week, closed_on=list(_HOLIDAYS.get(country, ())))


async def act(manager: RestClient, people: Caseworkers, started_on: date, day: date) -> None:
    """Share out the cases of whoever goes on holiday on this day; raises `RestError`."""
    if day != started_on + AWAY_AFTER:
        return
    after: int | None = 0
    while after is not None:
        handed = await manager.post(
            "/hand-overs",
            HandOverPage,
            HandOver(
                from_user_id=people.colleague,
                reason="absence",
                away_until=day + AWAY_FOR,
                after_number=after,
            ),
            f"demo:hand-over:{day}:{after}",
        )
        after = handed.next_after_number
