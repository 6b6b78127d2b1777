"""The demo's households: couples who share a phone, a guarantor far away, and a death.

Whoever texts STOP stops it for both of a couple. A guarantor lives in Arizona with a telephone of
New York: his hours are those of both. Who dies on day 70 leaves his loan to the one who owes it
with him; a third person stands for the estate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from contracts.base import Page
from contracts.loan_parties import (
    Bereavement,
    CallGuarantor,
    NewBereavement,
    VerifyBereavement,
)
from contracts.loans import NewParty, Party
from contracts.parties import ConsentTerms, Customer, NewCustomer
from tenor.client import RestClient
from tenor.demo.lives import Borrowing, Life
from tenor.demo.people import Behaviour
from tenor.demo.team import Team

CALLED_AFTER: Final = timedelta(days=40)
"""So long after its start the guarantor is given notice of the default."""
ILL_AFTER: Final = timedelta(days=62)
"""From then on nobody pays who is going to die: he is in hospital."""
DIED_AFTER: Final = timedelta(days=70)
PROVEN_AFTER: Final = timedelta(days=4)
"""How long after a death was told its certificate is there."""

GUARANTOR_PHONE: Final = "+12125550199"
"""In the guarantor's pocket in Arizona; its prefix is one of New York."""
_REPRESENTATIVE_PHONE: Final = "+13125550198"


@dataclass(slots=True)
class Household:
    """Who belongs together, by what befalls them.

    Attributes:
        stopped: The couple of which one texts STOP.
        bereaved: The couple of which one dies.
        guaranteed: Whose loan somebody else guarantees.
        guarantor: That guarantor's standing on the loan.
    """

    stopped: Life | None
    bereaved: Life | None
    guaranteed: Life | None
    partners: dict[int, UUID]
    """Of a couple, the customer who borrowed with the other, by the other's number."""
    guarantor: Party | None = None
    deceased: UUID | None = None
    """Who has died."""


def households_of(lives: Mapping[int, Life]) -> Household:
    """Who of the customers lives in a household: the first of a behaviour, by number."""
    return Household(
        stopped=_first(lives, Behaviour.STOPPER),
        bereaved=_first(lives, Behaviour.PAYDAY_SHIFTED),
        guaranteed=_first(lives, Behaviour.SILENT),
        partners={},
    )


def _first(lives: Mapping[int, Life], behaviour: Behaviour) -> Life | None:
    numbers = (each for each in sorted(lives) if lives[each].person.behaviour is behaviour)
    number = next(numbers, None)
    return None if number is None else lives[number]


async def join(manager: RestClient, clock_id: UUID, found: Household) -> None:
    """Enter those who owe a loan with somebody else, before the first day; raises `RestError`."""
    for place, life in enumerate((found.stopped, found.bereaved)):
        if life is None:
            continue
        who = await _shared(manager, clock_id, life, f"Partner {place + 1}")
        found.partners[life.person.number] = who.id
        for loan in life.borrowings.values():
            await _add(manager, loan, who, "co_borrower")
    if found.guaranteed is not None:
        new = NewCustomer(
            name="Guarantor",
            country="US",
            region="US-AZ",
            zone="America/Phoenix",
            phone=GUARANTOR_PHONE,
            test_clock_id=clock_id,
        )
        who = await manager.post("/customers", Customer, new, "demo:guarantor")
        loan = found.guaranteed.borrowings[min(found.guaranteed.borrowings)]
        found.guarantor = await _add(manager, loan, who, "guarantor")


async def _shared(manager: RestClient, clock_id: UUID, life: Life, name: str) -> Customer:
    """Somebody who lives where another does, and has no telephone but the other's."""
    home = await manager.get(f"/customers/{life.customer_id}", Customer)
    new = NewCustomer(
        name=name,
        country=home.country,
        region=home.region,
        zone=home.zone,
        phone=home.phone,
        test_clock_id=clock_id,
        consents=[ConsentTerms(medium="sms", granted=True)],
    )
    return await manager.post("/customers", Customer, new, f"demo:partner:{life.person.number}")


async def _add(manager: RestClient, loan: Borrowing, who: Customer, role: str) -> Party:
    new = NewParty.model_validate({"customer_id": who.id, "role": role})
    key = f"demo:party:{loan.number}:{role}"
    return await manager.post(f"/loans/{loan.loan_id}/parties", Party, new, key)


async def act(team: Team, clock_id: UUID, found: Household, started: date, day: date) -> None:
    """What befalls the households on a day; raises `RestError`."""
    if day == started + CALLED_AFTER:
        await _call_guarantor(team.manager, found, day)
    if found.bereaved is None:
        return
    if day == started + ILL_AFTER:
        found.bereaved.is_away = True
    number = found.bereaved.person.number
    path = f"/customers/{found.bereaved.customer_id}/bereavements"
    if day == started + DIED_AFTER:
        told = NewBereavement(source="call", died_on=day - timedelta(days=1))
        await team.agent.post(path, Bereavement, told, f"demo:death:{number}")
        found.deceased = found.bereaved.customer_id
    if day == started + DIED_AFTER + PROVEN_AFTER:
        told_of = await team.manager.get(path, Page[Bereavement])
        await _prove(team.manager, clock_id, found, told_of.items[0])


async def _call_guarantor(manager: RestClient, found: Household, day: date) -> None:
    party = found.guarantor
    if party is None:
        return
    await manager.post(
        f"/loans/{party.loan_id}/parties/{party.id}/call",
        Party,
        CallGuarantor(notice_on=day, evidence_ref="notice of default"),
        "demo:guarantor:call",
        seen=party.version,
    )


async def _prove(manager: RestClient, clock_id: UUID, found: Household, told: Bereavement) -> None:
    """The certificate is there: the estate has somebody to speak for it, the loan a new borrower.

    From now on it is the partner who answers the phone, and who pays.
    """
    life = found.bereaved
    if life is None or told.died_on is None:
        return
    estate = NewCustomer(
        name="Representative of the estate",
        country="US",
        region="US-IL",
        zone="America/Chicago",
        phone=_REPRESENTATIVE_PHONE,
        test_clock_id=clock_id,
    )
    who = await manager.post("/customers", Customer, estate, "demo:estate")
    await manager.post(
        f"/bereavements/{told.id}/verify",
        Bereavement,
        VerifyBereavement(
            died_on=told.died_on, evidence_ref="certificate", representative_id=who.id
        ),
        f"demo:death:{life.person.number}:proof",
        seen=told.version,
    )
    life.customer_id, life.is_away = found.partners[life.person.number], False
