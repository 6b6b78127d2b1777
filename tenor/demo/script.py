"""What befalls the demo's people and staff by script, beside what each of them does by himself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tenor.demo import advice, agreeing, complaining, floor, households, sheltering
from tenor.demo.floor import Caseworkers
from tenor.demo.households import Household
from tenor.demo.lives import Life
from tenor.demo.team import Team


@dataclass(slots=True)
class Script:
    """The scenes of one run, each on its days.

    Attributes:
        seed: Of the run.
        started_on: Its first day.
        team: As whom the staff call.
        lives: Everybody, by number.
        clock_id: On which they live.
        people: Who works cases; where nobody was set up there is no hand-over.
        in_trouble: Who asks for advice, each with a log-in.
        household: Who belongs together; without it nobody is joined to anybody.
    """

    seed: int
    started_on: date
    team: Team
    lives: Mapping[int, Life]
    clock_id: UUID
    people: Caseworkers | None = None
    in_trouble: Sequence[advice.Client] = ()
    household: Household | None = None
    is_sheltered: bool = False

    async def begin(self) -> None:
        """Before the first day; raises `RestError`."""
        if self.household is not None:
            await households.join(self.team.manager, self.clock_id, self.household)

    async def act(self, day: date) -> None:
        """What befalls them on a day; raises `RestError`."""
        team, started = self.team, self.started_on
        if self.people is not None:
            await floor.act(team.manager, self.people, started, day)
        if not self.is_sheltered and day >= started + sheltering.SHELTERED_FROM:
            self.is_sheltered = await sheltering.shelter(team, self.lives, f"demo:{self.seed}", day)
        await agreeing.act(team, self.lives, day)
        await complaining.act(team, self.lives, day)
        if self.household is not None:
            await households.act(team, self.clock_id, self.household, started, day)
        await advice.act(self.in_trouble, started, day)
