"""What the demo's staff agree with people who cannot pay at once: instalments, or a part for all.

Who has been late for a while is called; what he says he can pay is put into dates. Whoever keeps
to them and who does not is the people's own affair (`people.py`).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from contracts.plans import (
    AcceptSettlement,
    Arrangement,
    NewArrangement,
    NewPart,
    NewSettlement,
    Settlement,
)
from contracts.recovery import Case
from domain.money import quantize
from tenor.client import RestClient
from tenor.demo.lives import Life
from tenor.demo.people import Agreed, Behaviour
from tenor.demo.team import Team

CALLED_AT: Final = timedelta(days=10)
"""How late somebody is when he is called and agrees on instalments."""
PARTS_AFTER: Final = (timedelta(days=5), timedelta(days=12), timedelta(days=19))
"""When the parts of an arrangement are due, after the day on which it was made."""

OFFERED_AT: Final = timedelta(days=24)
"""How late somebody is when a part is offered for the whole."""
OFFERED_PERCENT: Final = Decimal(60)
_ACCEPTS_AFTER: Final = timedelta(days=2)
_PAYS_AFTER: Final = timedelta(days=4)
_VALID_FOR: Final = timedelta(days=10)

_BY_INSTALMENTS: Final = frozenset({Behaviour.ARRANGER, Behaviour.LAPSER})


async def act(team: Team, lives: Mapping[int, Life], day: date) -> None:
    """What is agreed on a day, with whom, by number; raises `RestError`."""
    for number in sorted(lives):
        life = lives[number]
        since = life.late_since(day)
        if life.agreed or since is None:
            continue
        if life.person.behaviour in _BY_INSTALMENTS and day >= since + CALLED_AT:
            case = await _working_on(team, life)
            if case is not None:
                await _arrange(team.agent, life, case, day)
        elif life.person.behaviour is Behaviour.SETTLER and day >= since + OFFERED_AT:
            case = await _working_on(team, life)
            if case is not None and life.offer is None:
                await _offer(team, life, case, day)
            elif case is not None and life.offer is not None:
                await _accept(team.agent, life, case, life.offer, day)


async def _working_on(team: Team, life: Life) -> Case | None:
    """The open case of somebody; null while it stands still."""
    case = await team.open_case(life.customer_id)
    return None if case is None or case.suspended_by is not None else case


async def _arrange(agent: RestClient, life: Life, case: Case, day: date) -> None:
    """Part what is overdue into dates; what does not divide is in the last of them."""
    third = quantize(case.overdue / len(PARTS_AFTER), case.currency)
    amounts = [third] * (len(PARTS_AFTER) - 1)
    amounts.append(case.overdue - sum(amounts))
    parts = [
        NewPart(due_on=day + after, amount=amount)
        for after, amount in zip(PARTS_AFTER, amounts, strict=True)
    ]
    await agent.post(
        f"/recovery-cases/{case.id}/arrangements",
        Arrangement,
        NewArrangement(parts=parts),
        f"demo:{life.person.number}:arrangement",
    )
    life.agreed = tuple(Agreed(part.due_on, part.amount) for part in parts)


async def _offer(team: Team, life: Life, case: Case, day: date) -> None:
    """An agent proposes what to take for the whole, and a manager approves it."""
    new = NewSettlement(
        percent=OFFERED_PERCENT, valid_until=day + _VALID_FOR, pay_by=day + _VALID_FOR
    )
    path, key = f"/recovery-cases/{case.id}/settlements", f"demo:{life.person.number}:settlement"
    offer = await team.agent.post(path, Settlement, new, key)
    if offer.needs_approval:
        offer = await team.manager.post(
            f"{path}/{offer.id}/approve", Settlement, None, f"{key}:approve"
        )
    life.offer = offer


async def _accept(agent: RestClient, life: Life, case: Case, offer: Settlement, day: date) -> None:
    """He has slept over it, and says yes."""
    if life.agreed or day < offer.made_at.date() + _ACCEPTS_AFTER:
        return
    await agent.post(
        f"/recovery-cases/{case.id}/settlements/{offer.id}/accept",
        Settlement,
        AcceptSettlement(),
        f"demo:{life.person.number}:settlement:accept",
    )
    life.agreed = (Agreed(day + _PAYS_AFTER, offer.amount),)
