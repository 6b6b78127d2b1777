"""What the demo remembers of its people between two days: their bills, texts and promises."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from contracts.complaints import Complaint
from contracts.loans import LoanDetail
from contracts.payments import Payment
from contracts.plans import Settlement
from domain.money import ZERO, quantize
from tenor.demo.people import Agreed, Bill, Person, Promise, Text, View, cast
from tenor.portfolio.importing import EnteredLoan

_PENALTY: Final = "penalty"
_LOOK_AHEAD: Final = timedelta(days=3)
"""How early a bill is known to its payer."""


@dataclass(slots=True)
class Instalment:
    """An instalment as agreed, and how much of it is unpaid; later fees are not counted."""

    due_on: date
    amount: Decimal
    left: Decimal


@dataclass(slots=True)
class Borrowing:
    """A loan as its borrower knows it from the papers and his receipts."""

    number: int
    loan_id: UUID
    currency: str
    instalments: dict[int, Instalment]
    is_closed: bool = False
    on_autopay: bool = False

    @property
    def left(self) -> Decimal:
        """All that is unpaid of the plan."""
        return sum((each.left for each in self.instalments.values()), ZERO)

    def share_of(self, instalment: int, share: Decimal) -> Decimal:
        """A share of one instalment as agreed, at most what is left of the plan.

        The whole of an instalment is what is left of it.
        """
        bill = self.instalments[instalment]
        wanted = bill.left if share == 1 else quantize(bill.amount * share, self.currency)
        return min(wanted, self.left)

    def receipt(self, payment: Payment) -> None:
        """Take note of what a payment paid."""
        for line in payment.allocations:
            if line.component != _PENALTY:
                self.instalments[line.instalment].left -= line.amount
        self.is_closed = payment.loan_closed


@dataclass(slots=True)
class Life:
    """A person, with what he owes, hears and says."""

    person: Person
    customer_id: UUID
    phone: str | None = field(repr=False)
    borrowings: dict[int, Borrowing]
    texts: list[Text] = field(default_factory=list)
    our_number: str | None = None
    promise: Promise | None = None
    promised: dict[int, Decimal] = field(default_factory=dict)
    """What was promised, by the loan it was reckoned from."""
    promises_made: int = 0
    has_stopped: bool = False
    disputed_on: date | None = None
    complaint: Complaint | None = None
    offer: Settlement | None = None
    """The part that would be taken for the whole."""
    agreed: tuple[Agreed, ...] = ()
    has_despaired: bool = False
    is_away: bool = False
    """He does nothing at all."""
    region: str | None = None
    """Where the person lives, ISO 3166-2."""

    def view(self, day: date) -> View:
        """What the person knows on a day."""
        bills = [
            Bill(loan.number, number, each.due_on)
            for loan in self.borrowings.values()
            if not loan.is_closed
            for number, each in loan.instalments.items()
            if each.left > 0 and each.due_on <= day + _LOOK_AHEAD
        ]
        return View(
            bills=tuple(sorted(bills, key=lambda bill: (bill.due_on, bill.loan, bill.instalment))),
            texts=tuple(self.texts),
            promise=self.promise,
            promises_made=self.promises_made,
            has_stopped=self.has_stopped,
            disputed_on=self.disputed_on,
            agreed=self.agreed,
            has_despaired=self.has_despaired,
        )

    def late_since(self, day: date) -> date | None:
        """When the oldest bill fell due that should have been paid before a day."""
        bills = self.view(day).bills
        return bills[0].due_on if bills and bills[0].due_on < day else None

    def hears(self, day: date, sender: str, body: str) -> None:
        """A text reaches the phone."""
        self.texts.append(Text(day, body))
        self.our_number = sender


def number_of(human: str) -> int:
    """The figure in a human number: 1001 of `CU-1001`."""
    return int(human.rpartition("-")[2])


def lives_of(seed: int, loans: Sequence[EnteredLoan]) -> dict[int, Life]:
    """Give each customer of an imported portfolio his part, by the figure in his number."""
    customers = {number_of(entered.customer.number): entered.customer for entered in loans}
    return {
        person.number: Life(
            person,
            customers[person.number].id,
            customers[person.number].phone,
            _borrowings(
                entered.loan for entered in loans if entered.customer == customers[person.number]
            ),
            region=customers[person.number].region,
        )
        for person in cast(seed, list(customers))
    }


def _borrowings(loans: Iterable[LoanDetail]) -> dict[int, Borrowing]:
    return {
        number_of(loan.number): Borrowing(
            number=number_of(loan.number),
            loan_id=loan.id,
            currency=loan.currency,
            instalments={
                row.number: Instalment(row.due_on, row.total, row.outstanding)
                for row in loan.schedule
            },
        )
        for loan in loans
    }
