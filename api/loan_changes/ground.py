"""A loan held for a change: what it stands on, its figures, and what every change ends with."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from api.arrears import closing, pauses
from api.clock import Clock, clock_for
from api.loan_changes import queries
from api.loans import lifecycle, reading
from api.loans import queries as loans
from api.loans.balances import refresh, shown, sum_owed
from api.loans.payoffs import payoff_of, standing_on
from api.loans.tables import InstalmentRow, LoanRow
from api.messages import withdrawing
from api.payments.early import early_of
from api.payments.planning import Ground
from api.payments.posting import after_money
from api.work import Work
from contracts.loan_changes import LoanStanding
from contracts.loans import Instalment
from domain.errors import DomainError, ErrorCode
from domain.lending.loan import ClosedReason, Lifecycle
from domain.lending.payoff import earned_part
from domain.lending.waterfall import Owed
from domain.lending.writeoff import WrittenOff
from domain.money import ZERO, quantize


@dataclass(frozen=True, slots=True)
class Held:
    """A locked loan with its book's days, its clock, and the change that is made to it."""

    ground: Ground
    clock: Clock
    change_id: UUID
    reason: str
    instalments: list[InstalmentRow]
    """The same rows as the ground's: one that is added stands in both."""

    @property
    def loan(self) -> LoanRow:
        """The loan."""
        return self.ground.book.loan

    @property
    def rows(self) -> Sequence[InstalmentRow]:
        """Its instalments, in order."""
        return self.instalments

    @property
    def natural_key(self) -> str:
        """Under which the change writes its movement."""
        return natural_key(self.change_id)

    @property
    def written_off(self) -> WrittenOff:
        """What is out of the books."""
        return WrittenOff(self.loan.written_off, self.loan.recovered)

    def earned(self) -> tuple[Owed, ...]:
        """What may be asked for today, by instalment."""
        today = self.ground.today
        left, plan = standing_on(self.rows, today, self.ground.book.product)
        return earned_part(left, plan, today, self.loan.currency)

    def earned_total(self) -> Decimal:
        """What may be asked for today; it is the payoff."""
        return sum((row.total for row in self.earned()), ZERO)

    def paid_ahead(self) -> Decimal:
        """Interest that was met for days to come; it is not in the books yet."""
        quote = payoff_of(self.rows, self.ground.today, self.ground.book.product)
        return quote.unearned_paid_interest

    def owed_in_books(self) -> Decimal:
        """What the accounts of the loan come to before anything is written off."""
        return self.earned_total() - self.paid_ahead()

    def add_row(self, row: InstalmentRow) -> None:
        """Take an instalment that was just made after the last one."""
        self.instalments.append(row)

    def require_active(self) -> None:
        """Refuse a loan on which nothing is owed any more, or not yet (`LOAN_NOT_ACTIVE`)."""
        if self.loan.lifecycle != Lifecycle.ACTIVE.value:
            raise DomainError(
                ErrorCode.LOAN_NOT_ACTIVE,
                f"The loan is {self.loan.lifecycle}; this change is for an active one.",
                {"lifecycle": self.loan.lifecycle},
            )


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change came to.

    Attributes:
        amount: What is held against the limit.
        absorbed: The part of a relief that had been written off before.
        made_loan_id: The loan that a refinancing made.
    """

    amount: Decimal
    absorbed: Decimal = ZERO
    made_loan_id: UUID | None = None


def natural_key(change_id: UUID) -> str:
    """Under which a change writes its movement."""
    return f"change:{change_id}"


async def hold(work: Work, loan_id: UUID, change_id: UUID, reason: str) -> Held:
    """Hold the book open, then the loan: no day of it is closed while it changes.

    Raises `NOT_FOUND`.
    """
    book = await loans.book_of(work, loan_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    days = await closing.enter_book(work, clock, book.creditor, loan_id)
    book = await loans.book_of(work, loan_id, lock=True)
    rows = list(await loans.instalments(work, loan_id))
    paused = await pauses.of_loan(work, loan_id)
    early = await early_of(work, book, rows)
    ground = Ground(book, rows, days, clock.today(book.creditor.zone), paused, early)
    return Held(ground, clock, change_id, reason, rows)


async def finish(work: Work, held: Held, closes_as: ClosedReason = ClosedReason.REPAID) -> None:
    """What follows from another balance: the loan's life, its bucket, who must hear of it."""
    loan, today = held.loan, held.ground.today
    refresh(loan, held.rows, today)
    loan.version += 1
    if sum_owed(held.rows).total == 0 and loan.lifecycle == Lifecycle.ACTIVE.value:
        await lifecycle.close(work, loan, held.clock, today, closes_as)
    await after_money(work, held.ground.book, held.rows, held.clock, today)
    met = [row.number for row in held.rows if row.met_on is not None]
    await withdrawing.instalments_met(work, loan.id, met)


def standing(held: Held) -> LoanStanding:
    """The loan's figures as they are now."""
    loan, currency = held.loan, held.loan.currency
    active = loan.lifecycle == Lifecycle.ACTIVE.value
    total = held.earned_total() if active else ZERO
    ahead = held.paid_ahead() if active else ZERO
    return LoanStanding(
        lifecycle=loan.lifecycle,
        closed_reason=loan.closed_reason,
        outstanding=shown(sum_owed(held.rows), currency),
        owed=quantize(total, currency),
        written_off=quantize(loan.written_off, currency),
        recovered=quantize(loan.recovered, currency),
        paid_ahead=quantize(ahead, currency),
        book=quantize(held.written_off.book(total - ahead), currency),
        credit=quantize(loan.credit, currency),
        next_due_on=loan.next_unmet_due_on,
    )


def schedule(held: Held) -> list[Instalment]:
    """The loan's schedule as it is now."""
    return reading.schedule(held.rows, held.loan.currency)


async def told_entries(work: Work, held: Held, last: UUID | None) -> list[str]:
    """The loan's journal entries since one, in words."""
    await work.session.flush()
    currency = held.loan.currency
    told = []
    for kind, lines in await queries.entries_since(work, held.loan.id, last):
        sides = ", ".join(
            f"{'debit' if line.amount > 0 else 'credit'} {line.account.replace('_', ' ')} "
            f"{quantize(abs(line.amount), currency)}"
            for line in lines
        )
        told.append(f"{kind.replace('_', ' ')}: {sides}")
    return told
