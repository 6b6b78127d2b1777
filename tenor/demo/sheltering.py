"""The demo's breathing space: an adviser's notice for the first person who may have it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from contracts.plans import Moratorium, NewMoratorium
from tenor.demo.lives import Life
from tenor.demo.people import Behaviour
from tenor.demo.team import Team

SHELTERED_FROM: Final = timedelta(days=20)
"""So long after its start the notice comes in."""
ENGLAND_AND_WALES: Final = frozenset({"GB-ENG", "GB-WLS"})
"""Where breathing space is the law."""

_NOT_THESE: Final = frozenset({Behaviour.DISPUTER, Behaviour.SETTLER})
"""People of whom something else is shown."""


async def shelter(team: Team, lives: Mapping[int, Life], key: str, day: date) -> bool:
    """Note the breathing space of the first person whose case is open; whether there was one.

    Raises `RestError`.
    """
    for number in sorted(lives):
        life = lives[number]
        if (
            life.region not in ENGLAND_AND_WALES
            or life.person.behaviour in _NOT_THESE
            or life.late_since(day) is None
        ):
            continue
        case = await team.open_case(life.customer_id)
        if case is not None:
            await team.advisor.post(
                f"/recovery-cases/{case.id}/moratoria",
                Moratorium,
                NewMoratorium(scheme="standard", reference=f"BS-{number}"),
                f"{key}:{number}:moratorium",
            )
            return True
    return False
