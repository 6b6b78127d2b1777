"""The demo's people in trouble: they assess their means, and ask for advice, on fixed days.

What they earn and spend follows from what they owe us, so a seed gives the same figures again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from contracts.advice import (
    AdviceRequest,
    AskForAdvice,
    Assessment,
    Debt,
    Expense,
    Income,
    NewAssessment,
)
from domain.money import ZERO, quantize
from tenor.client import RestClient
from tenor.demo.lives import Borrowing, Life
from tenor.demo.people import Behaviour

MOST: Final = 3
"""How many of them there are, at the most."""

FIRST_AFTER: Final = timedelta(days=7)
APART: Final = timedelta(days=4)
"""When the first of them sits down with his papers, and how long after him the next."""
ASKS_AFTER: Final = timedelta(days=1)

_WAGES: Final = (Decimal(4), Decimal("3.2"), Decimal("1.5"))
"""Income as a multiple of what falls due on his loans a month; the last cannot pay his debts."""
_SPENT: Final = (
    ("housing", Decimal("0.9")),
    ("food", Decimal("0.4")),
    ("transport", Decimal("0.2")),
    ("leisure", Decimal("0.1")),
)
_CARD, _CARD_RATE, _CARD_MINIMUM = Decimal(2), Decimal("24.9"), Decimal("0.1")
"""A card debt elsewhere: its balance and minimum payment as multiples, and its rate."""
_OUR_RATE: Final = Decimal(12)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody in trouble, with his own log-in."""

    life: Life
    place: int
    rest: RestClient


def in_trouble(lives: Mapping[int, Life]) -> tuple[Life, ...]:
    """Who of the customers sits down with his papers: the first part-payers, by number."""
    found = [
        lives[number]
        for number in sorted(lives)
        if lives[number].person.behaviour is Behaviour.PART_PAYER
    ]
    return tuple(found[:MOST])


async def act(clients: Sequence[Client], started_on: date, day: date) -> None:
    """What they do on a day: one fills in the form, and asks for advice the day after."""
    for client in clients:
        files_on = started_on + FIRST_AFTER + client.place * APART
        number = client.life.person.number
        if day == files_on:
            await client.rest.post(
                "/debt-assessments",
                Assessment,
                means_of(client.life, client.place),
                f"demo:assessment:{number}",
            )
        if day == files_on + ASKS_AFTER:
            await client.rest.post(
                f"/customers/{client.life.customer_id}/request-advice",
                AdviceRequest,
                AskForAdvice(note="I pay what I can each month, but never all of it."),
                f"demo:advice:{number}",
            )


def means_of(life: Life, place: int) -> NewAssessment:
    """What somebody earns, spends and owes, in the currency of his first loan."""
    first = life.borrowings[min(life.borrowings)]
    loans = [
        loan
        for _, loan in sorted(life.borrowings.items())
        if loan.currency == first.currency and loan.left > 0
    ]
    month = sum((_instalment(loan) for loan in loans), ZERO) or _instalment(first)

    def times(share: Decimal) -> Decimal:
        return quantize(month * share, first.currency)

    debts = [
        Debt(
            name=f"Loan {place + 1}",
            balance=quantize(loan.left, loan.currency),
            annual_rate_percent=_OUR_RATE,
            minimum_payment=min(_instalment(loan), loan.left),
        )
        for place, loan in enumerate(loans)
    ]
    card = Debt(
        name="Credit card",
        balance=times(_CARD),
        annual_rate_percent=_CARD_RATE,
        minimum_payment=times(_CARD_MINIMUM),
    )
    return NewAssessment(
        customer_id=life.customer_id,
        currency=first.currency,
        income=[Income(kind="wages", amount=times(_WAGES[place % len(_WAGES)]))],
        expenses=[
            Expense.model_validate({"kind": kind, "amount": times(share)}) for kind, share in _SPENT
        ],
        debts=[*debts, card],
    )


def _instalment(loan: Borrowing) -> Decimal:
    """What falls due a month, as agreed."""
    return loan.instalments[min(loan.instalments)].amount
