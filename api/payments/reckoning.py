"""What a group of payments does to its loans: read under one lock, reckoned in memory.

The rules are those of a payment on its own (`api.payments.posting`): the same waterfall, the same
balances, the same ladder. A payment that would do more than move balances (close its loan, change
its bucket, correct the past, give interest back) is not taken here, nor is one that will be
refused: it takes the ordinary way, and so do those that come after it on the same loan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.db.base import new_id
from api.loans.balances import apply, counts_as_late, owed, refresh, sum_owed
from api.payments.asking import Ask
from api.products.tables import ProductRow
from api.products.terms import ladder_of, waterfall_of
from api.security.access import visible_customer
from api.work import Work
from domain.calendar import business_date
from domain.errors import DomainError
from domain.lending.arrears import Ladder, assess
from domain.lending.waterfall import Allocation, Waterfall, apply_waterfall
from domain.money import ZERO, positive


@dataclass(slots=True, eq=False)
class Line:
    """An instalment that is not wholly paid (`api.loans.balances.InstalmentState`)."""

    loan_id: UUID
    number: int
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    penalty: Decimal
    principal_paid: Decimal
    interest_paid: Decimal
    interest_rebated: Decimal
    fee_paid: Decimal
    penalty_paid: Decimal
    principal_relieved: Decimal
    interest_relieved: Decimal
    fee_relieved: Decimal
    penalty_relieved: Decimal
    met_on: date | None


@dataclass(slots=True, eq=False)
class Account:
    """A locked loan with what posting needs of it (`api.loans.balances.LoanState`)."""

    id: UUID
    creditor_id: UUID
    product_id: UUID
    test_clock_id: UUID | None
    case_id: UUID | None
    currency: str
    lifecycle: str
    disbursed_on: date | None
    principal_outstanding: Decimal
    interest_outstanding: Decimal
    fee_outstanding: Decimal
    penalty_outstanding: Decimal
    credit: Decimal
    written_off: Decimal
    next_unmet_due_on: date | None
    bucket: str
    version: int
    paused: bool
    """Some of its lateness does not count."""
    awaits_payment: bool
    zone: str
    clock_now: datetime
    lines: list[Line] = field(default_factory=list)
    spoiled: bool = False
    """A payment on it takes the ordinary way, and so do all that come after."""


@dataclass(frozen=True, slots=True, eq=False)
class Posting:
    """A payment that is posted: its movement, what it paid, and what that has met."""

    ask: Ask
    account: Account
    id: UUID
    number: int
    amount: Decimal
    value_on: date
    booked_at: datetime
    allocations: Sequence[Allocation]
    met: tuple[int, ...]
    principal_after: Decimal
    interest_after: Decimal
    fee_after: Decimal
    penalty_after: Decimal
    credited: Decimal = ZERO

    @property
    def loan_id(self) -> UUID:
        """The loan it is on."""
        return self.account.id

    @property
    def currency(self) -> str:
        """The loan's currency."""
        return self.account.currency

    @property
    def method(self) -> str:
        """How the money came."""
        return self.ask.new.method

    @property
    def reference(self) -> str | None:
        """The sender's reference."""
        return self.ask.new.reference


@dataclass(frozen=True, slots=True)
class Terms:
    """What a product version says about payments; versions never change."""

    waterfall: Waterfall
    ladder: Ladder
    grace_days: int
    tolerance: Decimal


_LOCK: Final = text(
    """
    select l.id, l.creditor_id, l.product_id, l.test_clock_id, l.case_id, l.currency, l.lifecycle,
        l.disbursed_on, l.principal_outstanding, l.interest_outstanding, l.fee_outstanding,
        l.penalty_outstanding, l.credit, l.written_off, l.next_unmet_due_on, l.bucket, l.version,
        exists (select from arrears_pauses p where p.loan_id = l.id),
        exists (select from payment_lives p
            where p.loan_id = l.id and p.state in ('reported', 'pending')),
        c.zone,
        coalesce(t.now_at, :now)
    from loans l
    join creditors c on c.id = l.creditor_id
    left join test_clocks t on t.id = l.test_clock_id
    where l.id = any(:ids)
    order by l.number
    for no key update of l
    """
)

_LINES: Final = text(
    """
    select loan_id, number, from_on, due_on, principal, interest, fee, penalty, principal_paid,
        interest_paid, interest_rebated, fee_paid, penalty_paid, principal_relieved,
        interest_relieved, fee_relieved, penalty_relieved, met_on
    from instalments
    where loan_id = any(:ids) and (met_on is null
        or principal_paid + principal_relieved < principal
        or interest_paid + interest_rebated + interest_relieved < interest
        or fee_paid + fee_relieved < fee or penalty_paid + penalty_relieved < penalty)
    order by loan_id, number
    """
)

_NUMBERS: Final = text("select nextval('transaction_numbers') from generate_series(1, :count)")


async def lock(work: Work, loan_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Lock loans in the order of their numbers, and read what is unpaid on them."""
    found = await work.session.execute(_LOCK, {"ids": list(loan_ids), "now": work.now})
    accounts = {row[0]: Account(*row) for row in found}
    for row in await work.session.execute(_LINES, {"ids": list(accounts)}):
        accounts[row[0]].lines.append(Line(*row))
    return accounts


async def terms_of(
    work: Work, accounts: Mapping[UUID, Account], known: dict[UUID, Terms]
) -> Mapping[UUID, Terms]:
    """The terms of all products concerned; `known` remembers them between groups."""
    for product_id in {account.product_id for account in accounts.values()} - known.keys():
        product = await work.session.get_one(ProductRow, product_id)
        known[product_id] = Terms(
            waterfall_of(product),
            ladder_of(product),
            product.arrears_grace_days,
            product.arrears_tolerance,
        )
    return known


async def numbers(work: Work, count: int) -> list[int]:
    """The next numbers of movements, in order."""
    return sorted((await work.session.scalars(_NUMBERS, {"count": count})).all())


def reckon(
    ask: Ask, account: Account | None, terms: Mapping[UUID, Terms], number: int, now: datetime
) -> Posting | None:
    """Move the balances of a locked loan by a payment; null leaves it to the ordinary way."""
    if account is None or account.spoiled:
        return None
    posted = _reckon(ask, account, terms[account.product_id], number, now)
    account.spoiled = posted is None
    return posted


def _reckon(ask: Ask, account: Account, terms: Terms, number: int, now: datetime) -> Posting | None:
    new, lines = ask.new, account.lines
    today = business_date(account.clock_now, account.zone)
    if (
        new.payoff
        or account.lifecycle != "active"
        or account.written_off  # a payment is a recovery too
        or account.paused
        or account.awaits_payment  # this may be the money that was announced
        or new.status != "cleared"
        or account.disbursed_on is None
        or account.disbursed_on > today
        or new.currency != account.currency
        or new.value_on not in {None, today}
        or visible_customer(ask.principal) is not None
    ):
        return None
    try:
        amount = positive(new.amount, account.currency)
    except DomainError:
        return None
    split = apply_waterfall(
        [owed(line) for line in lines], amount, terms.waterfall, today, account.currency
    )
    apply(lines, split.allocations)
    if _does_more(account, terms, today):
        apply(lines, [Allocation(p.instalment, p.component, -p.amount) for p in split.allocations])
        return None
    paid = {part.instalment for part in split.allocations}
    refresh(account, lines, today)
    account.version += 1
    return Posting(
        ask=ask,
        account=account,
        id=new_id(),
        number=number,
        amount=amount,
        value_on=today,
        booked_at=now,
        allocations=split.allocations,
        met=tuple(line.number for line in lines if line.met_on and line.number in paid),
        principal_after=account.principal_outstanding,
        interest_after=account.interest_outstanding,
        fee_after=account.fee_outstanding,
        penalty_after=account.penalty_outstanding,
    )


def _does_more(account: Account, terms: Terms, today: date) -> bool:
    """Whether the loan is repaid, or in another bucket, with its lines as they are now."""
    if sum_owed(account.lines).total == 0:
        return True
    late = [(line.due_on, counts_as_late(line)) for line in account.lines if line.due_on < today]
    arrears = assess(late, today, terms.grace_days, ladder=terms.ladder, tolerance=terms.tolerance)
    return arrears.bucket != account.bucket
